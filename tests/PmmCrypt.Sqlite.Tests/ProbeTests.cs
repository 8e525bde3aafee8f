using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite.Tests;

public sealed class ProbeTests : SqliteTest
{
    private const string Table =
        "CREATE TABLE t (id text PRIMARY KEY, password text, n integer DEFAULT 0); INSERT INTO t (id, password) VALUES ('1', 'old');";

    [Theory]
    [InlineData("CREATE TRIGGER x BEFORE UPDATE ON t BEGIN SELECT RAISE(IGNORE); END", "silently keeps")]
    [InlineData(
        "CREATE TRIGGER x BEFORE UPDATE OF password ON t WHEN NEW.password <> OLD.password BEGIN SELECT RAISE(IGNORE); END",
        "silently keeps")]
    [InlineData("CREATE TRIGGER x AFTER UPDATE ON t BEGIN SELECT RAISE(ABORT, 'old is a secret'); END", "forbids")]
    [InlineData("CREATE TRIGGER x AFTER UPDATE ON t BEGIN SELECT RAISE(FAIL, 'no'); END", "forbids")]
    [InlineData("CREATE TRIGGER x AFTER UPDATE ON t BEGIN SELECT RAISE(ROLLBACK, 'no'); END", "forbids")]
    public async Task A_trigger_that_keeps_rows_from_being_replaced_is_an_obstacle(string trigger, string words)
    {
        var probe = await Store.ProbeAsync([await CreateAsync(Table + trigger)], default);

        var obstacle = Assert.Single(probe.Obstacles);
        Assert.Contains(words, obstacle, StringComparison.Ordinal);
        Assert.Contains("table t", obstacle, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", obstacle, StringComparison.Ordinal);
        Assert.Equal("old", await Database.ScalarAsync("SELECT password FROM t"));
    }

    [Theory]
    [InlineData("CREATE TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET n = n + 1 WHERE id = NEW.id; END", true)]
    [InlineData("create trigger if not exists main.x update of n, password on t begin select 1; end", true)]
    [InlineData("CREATE TRIGGER \"before INSERT on\" AFTER UPDATE ON t BEGIN SELECT 1; END", true)]
    [InlineData("CREATE TRIGGER x /* INSERT */ AFTER UPDATE ON t BEGIN SELECT 1; END", true)]
    [InlineData("CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET n = 1; END", false)]
    [InlineData("CREATE TRIGGER [x y] DELETE ON t BEGIN UPDATE t SET n = 1; END", false)]
    public async Task Any_other_update_trigger_is_a_warning(string trigger, bool warns)
    {
        var probe = await Store.ProbeAsync([await CreateAsync(Table + trigger)], default);

        Assert.Empty(probe.Obstacles);
        Assert.Equal(warns, probe.Warnings.Any(warning => warning.StartsWith("Trigger ", StringComparison.Ordinal)));
        Assert.Equal(0L, await Database.ScalarAsync("SELECT n FROM t"));
    }

    [Theory]
    [InlineData("VIRTUAL")]
    [InlineData("STORED")]
    public async Task A_generated_column_is_an_obstacle(string kind)
    {
        var layout = await CreateAsync($"CREATE TABLE t (id text PRIMARY KEY, p text, password text AS (p || '!') {kind})");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'a')");

        Assert.Contains("is generated", Assert.Single((await Store.ProbeAsync([layout], default)).Obstacles), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_constraint_on_the_column_is_a_warning()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text CHECK (length(password) < 4))");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'old')");

        var probe = await Store.ProbeAsync([layout], default);

        Assert.Empty(probe.Obstacles);
        Assert.Contains("constraint", Assert.Single(probe.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_trigger_says_while_rows_are_replaced_is_not_passed_on()
    {
        var layout = await CreateAsync(Table + "CREATE TRIGGER x AFTER UPDATE ON t BEGIN SELECT RAISE(ABORT, 'a secret'); END");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        var error = await Assert.ThrowsAsync<StoreException>(() => ReplaceAllAsync(page, "new"));

        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }
}
