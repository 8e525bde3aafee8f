using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>Which tables and columns there are, and whether they can be written.</content>
public abstract partial class RotationStoreContract
{
    [SkippableFact]
    public async Task Describe_finds_what_is_there()
    {
        var layout = await CreateAsync(ContractTable.Simple);

        Assert.True(layout.IsPresent);
        Assert.Equal(["password", "options"], layout.Columns.Select(column => column.Name));
        Assert.Empty(layout.Missing);
    }

    [SkippableFact]
    public async Task Describe_says_which_columns_cannot_be_NULL()
    {
        await Database.ExecuteAsync("CREATE TABLE t (id text NOT NULL PRIMARY KEY, password text NOT NULL, token text, other text)");

        var layout = await DescribeAsync(ContractTable.Simple with { Texts = ["token", "password"], Jsons = [] });

        Assert.Equal(["password"], layout.NeverNull.Select(column => column.Name));
    }

    [SkippableFact]
    public async Task Describe_names_a_missing_table()
    {
        var layout = await DescribeAsync(ContractTable.Simple);

        Assert.False(layout.IsPresent);
        Assert.Equal(["t"], layout.Missing);
    }

    [SkippableFact]
    public async Task Describe_names_a_missing_column_and_keeps_the_others()
    {
        await Database.CreateAsync(ContractTable.Simple);

        var layout = await DescribeAsync(ContractTable.Simple with { Texts = ["password", "token"] });

        Assert.Equal(["password", "options"], layout.Columns.Select(column => column.Name));
        Assert.Equal(["t.token"], layout.Missing);
    }

    [SkippableFact]
    public async Task Describe_keeps_the_order_of_the_model()
    {
        await Database.CreateAsync(ContractTable.Simple with { Name = "z" });
        await Database.CreateAsync(ContractTable.Simple with { Name = "a" });
        var tables = new[] { "z", "absent", "a" }.Select(name => (ContractTable.Simple with { Name = name }).ToMetadata()).ToList();

        var layouts = await Store.DescribeAsync(new EncryptionModel("test", tables), default);

        Assert.Equal(tables, layouts.Select(layout => layout.Table));
        Assert.Equal([true, false, true], layouts.Select(layout => layout.IsPresent));
    }

    [SkippableFact]
    public async Task Describe_takes_a_view_for_no_table()
    {
        await Database.CreateAsync(ContractTable.Simple with { Name = "stored" });
        await Database.ExecuteAsync("CREATE VIEW t AS SELECT * FROM stored");

        Assert.False((await DescribeAsync(ContractTable.Simple)).IsPresent);
    }

    [SkippableFact]
    public async Task Probe_finds_nothing_in_the_way_of_an_ordinary_table_and_leaves_no_trace()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        await Database.InsertAsync(ContractTable.Simple, Id("1"), "secret", """{"secret":"a"}""");

        var probe = await Store.ProbeAsync([layout], default);

        Assert.Empty(probe.Obstacles);
        Assert.Equal("secret", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        AssertJson("""{"secret":"a"}""", await Database.ReadAsync(ContractTable.Simple, Id("1"), "options"));
    }

    [SkippableFact]
    public async Task Probe_names_a_table_whose_key_is_not_unique()
    {
        await Database.CreateAsync(ContractTable.Simple);
        var layout = await DescribeAsync(ContractTable.KeyedBy(new KeyColumn(ContractTable.Other, KeyColumnType.Text)));

        var probe = await Store.ProbeAsync([layout], default);

        Assert.Contains(probe.Obstacles, obstacle => obstacle.Contains("able t ", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Probe_names_a_single_row_table_with_two_rows()
    {
        var table = ContractTable.KeyedBy();
        var layout = await CreateAsync(table);
        await Database.InsertAsync(table, RowKey.SingleRow, "a");
        await Database.InsertAsync(table, RowKey.SingleRow, "b");

        Assert.NotEmpty((await Store.ProbeAsync([layout], default)).Obstacles);
    }
}
