using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>What begins as a ciphertext, and stands where no field of the model is.</summary>
public sealed class StrayTests : PostgresTest
{
    private readonly HandKeyset _keys = HandKeyset.Generate().WithId(0x0FBF1234);       // begins "AQ+/": all that JSON may escape

    [SkippableTheory]
    [InlineData("text", "$1")]
    [InlineData("varchar(400)", "$1")]
    [InlineData("json", "json_build_object('a', json_build_array($1::text))")]
    [InlineData("jsonb", "jsonb_build_object('a', $1::text)")]
    [InlineData("text[]", "ARRAY['first', $1]")]
    [InlineData("secretive", "$1")]
    [InlineData("secretive[]", "ARRAY[$1]::secretive[]")]
    [InlineData("text", "'pmm1$' || $1")]
    [InlineData("text", "'password=' || $1 || ';'")]
    [InlineData("json", """('{"a": "' || replace($1, '/', '\/') || '"}')::json""")]
    [InlineData("json", """('{"a": "' || replace($1, '+', '\u002B') || '"}')::json""")]
    [InlineData("text", """'{"a": "' || replace(replace($1, '+', '\u002b'), '/', '\u002f') || '"}'""")]
    [InlineData("json", """('{"a": "first\n' || $1 || '"}')::json""")]
    [InlineData("json", """('{"a": "\u00e9' || $1 || '"}')::json""")]
    public async Task It_is_found_in_whatever_holds_text_or_JSON(string type, string value)
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync("CREATE SCHEMA \"Other one\"; CREATE DOMAIN secretive AS varchar(500)");
        await Database.ExecuteAsync($"CREATE TABLE \"Other one\".\"T\" (i int, \"the value\" {type})");
        for (var i = 0; i < 40; i++)        // each of the four beginnings that the nonce leaves open
            await Database.ExecuteAsync($"INSERT INTO \"Other one\".\"T\" VALUES (1, {value})", _keys.Seal("secret"));

        var strays = await Store.FindStraysAsync([layout], [17, _keys.Primary], inJsonOfTables: true, default);

        Assert.Equal(new StrayReference("Other one.T", "the value", _keys.Primary, 40), Assert.Single(strays.Found));
        Assert.Empty(strays.NotSearched);
    }

    [SkippableFact]
    public async Task It_is_found_under_many_keys_in_a_table_of_many_columns()
    {
        var layout = await CreateAsync(1);
        var columns = Enumerable.Range(1, 60).Select(i => $"c{i}").ToArray();
        await Database.ExecuteAsync($"CREATE TABLE wide ({string.Join(", ", columns.Select(column => $"{column} text"))})");
        await Database.ExecuteAsync("INSERT INTO wide (c1, c60) VALUES ($1, $1)", _keys.Seal("secret"));

        // More results than PostgreSQL has columns for in one.
        var strays = await Store.FindStraysAsync(
            [layout], [.. Enumerable.Range(1, 31).Select(id => (uint)id), _keys.Primary], inJsonOfTables: true, default);

        Assert.Equal(["c1", "c60"], strays.Found.Select(stray => stray.Column).Order());
        Assert.All(strays.Found, stray => Assert.Equal(_keys.Primary, stray.KeyId));
    }

    [SkippableFact]
    public async Task It_is_found_in_members_and_columns_of_the_models_own_tables_and_not_in_its_text_fields()
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync("ALTER TABLE t ADD COLUMN note text");
        await Database.ExecuteAsync("UPDATE t SET password = $1, options = jsonb_build_object('other', $1::text), note = $1", _keys.Seal("s"));

        var strays = await Store.FindStraysAsync([layout], [_keys.Primary], inJsonOfTables: true, default);

        Assert.Equal(["public.t.note", "public.t.options"], strays.Found.Select(stray => $"{stray.Table}.{stray.Column}").Order());
    }

    [SkippableFact]
    public async Task A_partition_of_a_table_of_the_model_is_that_table_and_another_is_looked_into_once()
    {
        await Database.ExecuteAsync(
            """
            CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb) PARTITION BY LIST (id);
            CREATE TABLE t_1 PARTITION OF t FOR VALUES IN ('1');
            CREATE TABLE other (id text, v text) PARTITION BY LIST (id);
            CREATE TABLE other_1 PARTITION OF other FOR VALUES IN ('1');
            """);
        var layout = await DescribeAsync(Table());
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', $1)", _keys.Seal("s"));
        await Database.ExecuteAsync("INSERT INTO other VALUES ('1', $1)", _keys.Seal("s"));

        var strays = await Store.FindStraysAsync([layout], [_keys.Primary], inJsonOfTables: true, default);

        Assert.Equal(["public.other_1.v"], strays.Found.Select(stray => $"{stray.Table}.{stray.Column}"));
    }

    [SkippableFact]
    public async Task What_is_no_such_ciphertext_is_not_found()
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync("CREATE TABLE other (v text)");
        await Database.ExecuteAsync("INSERT INTO other VALUES ($1), ('x' || $2), (substr($2, 1, 6)), (lower($2)), (NULL), ('')",
            HandKeyset.Generate().Seal("s"), _keys.Seal("s"));

        Assert.Empty((await Store.FindStraysAsync([layout], [_keys.Primary], inJsonOfTables: true, default)).Found);
    }

    [SkippableFact]
    public async Task Where_the_role_may_not_look_is_said()
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync(
            """
            CREATE TABLE shut (v text);
            CREATE TABLE half (open text, shut text);
            CREATE TABLE closed (v text, w json);
            CREATE TABLE hidden (v text);
            ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
            """);
        var role = await CreateRoleAsync();
        await Database.ExecuteAsync($"GRANT SELECT ON hidden TO {role}; GRANT SELECT (open) ON half TO {role}; GRANT SELECT ON t TO {role}");
        await Database.ExecuteAsync("INSERT INTO half VALUES ($1, $1)", _keys.Seal("s"));
        await using var store = await OpenAsync(role);

        var strays = await store.FindStraysAsync([layout], [_keys.Primary], inJsonOfTables: true, default);

        Assert.Equal(["public.half.open"], strays.Found.Select(stray => $"{stray.Table}.{stray.Column}"));
        Assert.Equal(
            [
                "public.closed: the role may not read it", "public.half.shut: the role may not read it",
                "public.hidden.v: row security hides rows of it", "public.shut.v: the role may not read it",
            ],
            strays.NotSearched);
    }
}
