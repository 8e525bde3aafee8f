using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>What the database ties to columns.</content>
public abstract partial class RotationStoreContract
{
    [SkippableFact]
    public async Task Examine_finds_what_is_there_and_nothing_tied_to_it()
    {
        await Database.CreateAsync(ContractTable.Simple);

        var facts = await ExamineAsync(ContractTable.Simple);

        Assert.True(facts is { Exists: true, HasUniqueKey: true });
        Assert.Equal(["id", "options", "password"], facts.Columns.Keys.Order());
        Assert.True(
            facts.Columns["password"] is { Holds: ColumnHolds.Text, IsNullable: true, IsGenerated: false, MaxLength: null, Rules: [] });
        Assert.True(facts.Columns["options"] is { IsNullable: true, Rules: [] });
        Assert.False(facts.Columns["id"].IsNullable);
    }

    [SkippableFact]
    public async Task Examine_refuses_nothing()
    {
        Assert.True(await ExamineAsync(ContractTable.Simple) is { Exists: false, HasUniqueKey: false, Columns.Count: 0 });

        await Database.ExecuteAsync("CREATE TABLE t (number text, options text, other text)");
        var facts = await ExamineAsync(ContractTable.Simple);

        Assert.True(facts is { Exists: true, HasUniqueKey: false });
        Assert.Equal(["options"], facts.Columns.Keys);
    }

    [SkippableFact]
    public async Task Examine_tells_a_key_that_is_not_unique_from_one_that_is()
    {
        await Database.ExecuteAsync("CREATE TABLE t (id text NOT NULL, password text, options text, other text)");
        Assert.False((await ExamineAsync(ContractTable.Simple)).HasUniqueKey);

        await Database.ExecuteAsync("CREATE INDEX plain ON t (id)");
        Assert.False((await ExamineAsync(ContractTable.Simple)).HasUniqueKey);

        await Database.ExecuteAsync("CREATE UNIQUE INDEX whole ON t (id)");
        Assert.True((await ExamineAsync(ContractTable.Simple)).HasUniqueKey);
    }

    [SkippableFact]
    public async Task Examine_names_what_is_tied_to_a_value_by_kind()
    {
        await Database.ExecuteAsync("CREATE TABLE other (name text UNIQUE)");
        await Database.ExecuteAsync(
            """
            CREATE TABLE t (
              id text NOT NULL PRIMARY KEY,
              password text DEFAULT 'changeme' REFERENCES other (name) CONSTRAINT long CHECK (length(password) > 7),
              options text DEFAULT '' CONSTRAINT once UNIQUE,
              other text)
            """);
        await Database.ExecuteAsync("CREATE INDEX by_password ON t (other, password)");
        await Database.ExecuteAsync("CREATE UNIQUE INDEX by_lower ON t (lower(password)) WHERE other <> 'x'");

        var facts = await ExamineAsync(ContractTable.Simple);
        var rules = Mentioning("password", facts.Columns["password"]);

        Assert.Equal(
            [
                (ColumnRuleKind.Check, "long", false), (ColumnRuleKind.Unique, "by_lower", false),
                (ColumnRuleKind.Index, "by_password", true), (ColumnRuleKind.ForeignKey, true), (ColumnRuleKind.Default, true),
            ],
            rules.Select(rule => rule.Kind is ColumnRuleKind.ForeignKey or ColumnRuleKind.Default
                ? (object)(rule.Kind, rule.IsOnValue)
                : (rule.Kind, rule.Name, rule.IsOnValue)));
        Assert.Equal([(ColumnRuleKind.Unique, true)],
            Mentioning("options", facts.Columns["options"]).Select(rule => (rule.Kind, rule.IsOnValue)));
    }

    [SkippableFact]
    public async Task Examine_knows_a_generated_column()
    {
        await Database.ExecuteAsync(
            "CREATE TABLE t (id text PRIMARY KEY, other text, options text, password text GENERATED ALWAYS AS (lower(other)) STORED)");

        Assert.True((await ExamineAsync(ContractTable.Simple)).Columns["password"].IsGenerated);
    }

    /// <summary>The rules that concern the column: a store may hand on a CHECK that does not mention it.</summary>
    private static IEnumerable<ColumnRule> Mentioning(string column, ColumnFacts facts) => facts.Rules
        .Where(rule => rule.IsOnValue || rule.Expression.Contains(column, StringComparison.Ordinal))
        .OrderBy(rule => rule.Kind).ThenBy(rule => rule.Name, StringComparer.Ordinal);

    private async Task<TableFacts> ExamineAsync(ContractTable table) =>
        Assert.Single(await Store.ExamineAsync(new EncryptionModel("test", [table.ToMetadata()]), default));
}
