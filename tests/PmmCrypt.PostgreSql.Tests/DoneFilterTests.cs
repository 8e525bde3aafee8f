using System.Text.Json;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>The server may leave out only rows in which nothing is left to do.</summary>
public sealed class DoneFilterTests : PostgresTest
{
    [SkippableFact]
    public async Task It_leaves_out_no_row_that_has_something_left_and_every_row_that_plainly_has_not()
    {
        using var older = KeysetManager.Generate();
        using var manager = new KeysetManager(older);
        var primary = manager.Add();
        manager.Promote(primary);
        using var keyset = manager.ToKeyset();
        using var oldCipher = new FieldCipher(older, StoredFormat.Legacy);
        using var legacy = new FieldCipher(keyset, StoredFormat.Legacy);
        using var envelope = new FieldCipher(keyset, StoredFormat.Envelope);
        // A value as it is stored, and whether that alone shows that nothing is left to do.
        Func<(string? Value, bool IsDone)>[] values =
        [
            () => (null, true), () => ("", true), () => ("clear", false), () => (oldCipher.Encrypt("s"), false),
            () => (legacy.Encrypt("s"), true), () => (envelope.Encrypt("s"), true),
            () => ("pmm1$" + oldCipher.Encrypt("s"), false), () => ("pmm1$", false),
        ];
        string[] oddMembers = ["17", "{}", "[]", "true"];
        var rows = Gen.Select(Gen.Int[0, values.Length - 1], Gen.Int[-2, values.Length + oddMembers.Length - 1]).Array[200].Single();
        await Database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, password text, options jsonb)");
        var expected = new HashSet<string>();
        for (var i = 0; i < rows.Length; i++)
        {
            var (text, textDone) = values[rows[i].Item1]();
            var (json, jsonDone) = Document(rows[i].Item2);
            await Database.ExecuteAsync(
                "INSERT INTO t VALUES ($1, $2, $3::jsonb)", i, (object?)text ?? DBNull.Value, (object?)json ?? DBNull.Value);
            if (!(textDone && jsonDone))
                expected.Add(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var layout = await DescribeAsync(Table(key: KeyColumnType.Integer));
        using var page = await Store.ReadPageAsync(layout, null, new PageSize(1000, 1 << 20), primary, default);

        Assert.True(page.IsLast);
        Assert.Equal(expected.Order(), Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString()).Order());

        (string? Json, bool IsDone) Document(int kind)
        {
            if (kind == -2)
                return (null, true);
            if (kind == -1)
                return ("\"{}\"", false);       // a JSON string: the client opens it
            if (kind >= values.Length)
                return ($$"""{"secret": {{oddMembers[kind - values.Length]}}}""", false);
            var (value, isDone) = values[kind]();
            return (JsonSerializer.Serialize(new { secret = value, other = "clear" }), isDone);
        }
    }

    [SkippableFact]
    public async Task Of_a_list_or_a_dictionary_it_knows_nothing_but_that_it_is_not_there()
    {
        await Database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY, list jsonb, options jsonb)");
        await Database.ExecuteAsync(
            """
            INSERT INTO t VALUES ('none', NULL, NULL), ('list', '[]', NULL), ('both', '[{"token": "x"}]', '{"[]": 1}'),
              ('options', NULL, '{"headers": {"a": "x"}}')
            """);
        var table = new EncryptedTable(null, "t", [new KeyColumn("id", KeyColumnType.Text)],
        [
            EncryptedColumn.JsonArray("list", Nothing, new EncryptedField("list", StoredFormats.All, "[]", "token")),
            EncryptedColumn.Json(
                "options", Nothing, new EncryptedField("options", StoredFormats.All, "plain"),
                new EncryptedField("options", StoredFormats.All, "headers", "*")),
        ]);
        var layout = await DescribeAsync(table);

        using var page = await Store.ReadPageAsync(layout, null, PageSize.Default, 1, default);
        await using var counted = await Store.CountAsync([layout], [1], default);

        Assert.Equal(["both", "list", "options"], Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString()).Order());
        Assert.Equal((1, 0), (counted.Rows, counted.Counts.Count));

        static void Nothing(ref JsonSplice json)
        {
            while (json.NextMember())
                json.Skip();
        }
    }
}
