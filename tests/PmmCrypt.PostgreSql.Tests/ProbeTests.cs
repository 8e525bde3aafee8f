using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>What would stop a sweep halfway is found before a key is made.</summary>
public sealed class ProbeTests : PostgresTest
{
    [SkippableTheory]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey", "no unique index")]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey; CREATE UNIQUE INDEX ON t (id) WHERE id <> ''", "no unique index")]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey; CREATE UNIQUE INDEX ON t (lower(id))", "no unique index")]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (id, password)", "no unique index")]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD UNIQUE (id) DEFERRABLE", "no unique index")]
    [InlineData("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ALTER id DROP NOT NULL; CREATE UNIQUE INDEX ON t (id)", "may be NULL")]
    [InlineData("CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING", "rule ON UPDATE")]
    [InlineData(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        + "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "a trigger suppresses it")]
    [InlineData("CREATE TABLE child () INHERITS (t)", "inherit from")]
    [InlineData("ALTER TABLE t REPLICA IDENTITY NOTHING; CREATE PUBLICATION p FOR TABLE t", "replica identity")]
    [InlineData("ALTER TABLE t DROP COLUMN password; ALTER TABLE t ADD password text GENERATED ALWAYS AS (other) STORED",
        "generated column")]
    [InlineData("ALTER TABLE t DROP COLUMN password; ALTER TABLE t ADD password bytea", "is of type bytea")]
    [InlineData("ALTER TABLE t DROP COLUMN password; ALTER TABLE t ADD password char(4)", "is of type character(4)")]
    public async Task An_obstacle_is_named_with_its_table(string ddl, string expected)
    {
        await CreateAsync(2);
        await Database.ExecuteAsync(ddl);

        var probe = await Store.ProbeAsync([await DescribeAsync(Table())], default);

        Assert.Contains(expected, Assert.Single(probe.Obstacles), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("t", probe.Obstacles[0], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_trigger_that_lets_the_update_happen_is_a_warning()
    {
        var layout = await CreateAsync(2);
        await Database.ExecuteAsync(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
            + "CREATE TRIGGER stamp BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()");

        var probe = await Store.ProbeAsync([layout], default);

        Assert.Empty(probe.Obstacles);
        Assert.Contains("stamp", Assert.Single(probe.Warnings), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task It_leaves_every_row_the_version_that_it_was()
    {
        var layout = await CreateAsync(5);
        const string Versions = "SELECT string_agg(xmin::text || ' ' || ctid::text, ',' ORDER BY id) FROM t";
        var before = await Database.ScalarAsync<string>(Versions);

        await Store.ProbeAsync([layout], default);

        Assert.Equal(before, await Database.ScalarAsync<string>(Versions));
        Assert.Equal(5L, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'old'"));
    }

    [SkippableTheory]
    [InlineData("GRANT SELECT ON t TO {0}; GRANT UPDATE (password) ON t TO {0}", "options (UPDATE)")]
    [InlineData("GRANT SELECT (id, password), UPDATE (password, options) ON t TO {0}", "options (SELECT)")]
    [InlineData("GRANT SELECT (password, options), UPDATE ON t TO {0}", "id (SELECT)")]
    public async Task A_right_that_is_missing_on_one_column_is_named(string grant, string expected)
    {
        await CreateAsync(1);
        var role = await CreateRoleAsync();
        await Database.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, grant, role));
        await using var store = await OpenAsync(role);
        var layout = await DescribeAsync(Table(), store);

        var failure = await Assert.ThrowsAsync<StoreException>(() => store.ProbeAsync([layout], default));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Rows_that_row_security_hides_are_an_obstacle_and_reading_them_is_an_error()
    {
        await CreateAsync(2);
        var role = await CreateRoleAsync();
        await Database.ExecuteAsync(
            $"GRANT ALL ON t TO {role}; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (id = '1')");
        await using var store = await OpenAsync(role);
        var layout = await DescribeAsync(Table(), store);

        Assert.Contains("row security", Assert.Single((await store.ProbeAsync([layout], default)).Obstacles), StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreException>(() => store.ReadPageAsync(layout, null, PageSize.Default, null, default));
    }

    [SkippableFact]
    public async Task A_role_whose_transactions_are_read_only_is_told_so()
    {
        await CreateAsync(1);
        var role = await CreateRoleAsync();
        await Database.ExecuteAsync($"GRANT ALL ON t TO {role}; ALTER ROLE {role} SET default_transaction_read_only = on");
        await using var store = await OpenAsync(role);
        var layout = await DescribeAsync(Table(), store);

        var failure = await Assert.ThrowsAsync<StoreException>(() => store.ProbeAsync([layout], default));

        Assert.Contains("read-only", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
    }
}
