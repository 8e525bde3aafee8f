using PmmCrypt.Rotation.Keys;

namespace PmmCrypt.Rotation.Tests;

/// <summary>JSON documents that are a string which holds the object: read always, written as the object where that is asked for.</summary>
public sealed class NormalizeTests
{
    private static readonly RotationOptions Normalize = Vault.Patient with { Normalize = true };

    [Fact]
    public async Task They_are_counted_row_by_row_and_stay_what_they_are_unless_it_is_asked_for()
    {
        using var vault = await WithStringAsync();

        var report = await vault.RotateAsync();

        Assert.Equal((1, 1, 0), (report.Plan.ObjectsInStrings, report.Latest.ObjectsInStrings, report.Normalized));
        Assert.Equal("text", vault.Stored("b", "json_type(options)"));
    }

    [Fact]
    public async Task Where_nothing_else_is_to_be_done_that_row_alone_is_written()
    {
        using var vault = await WithStringAsync();
        var before = vault.Rows();

        var report = await vault.RotateAsync(Normalize with { Prune = true });

        Assert.Equal((KeyAction.Keep, 1L, 1L), (report.Key.Action, report.RowsReplaced, report.Normalized));
        Assert.Equal("object", vault.Stored("b", "json_type(options)"));
        Assert.Equal(before.Where(row => row.Id != "b"), vault.Rows().Where(row => row.Id != "b"));
        Assert.Equal(before.Single(row => row.Id == "b").Password, vault.Stored("b"));
        vault.AssertIntact(underPrimary: true);
        Assert.False((await vault.RotateAsync(Normalize with { Prune = true, DryRun = true })).WouldWrite);
    }

    [Fact]
    public async Task What_comes_meanwhile_is_an_object_too()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var snapshots = 0;

        var report = await vault.RotateAsync(Normalize, store => store.BeforeSnapshot = _ =>
        {
            if (++snapshots == 2)
                vault.Execute("UPDATE accounts SET options = json_quote(options) WHERE id = 'b'");
        });

        Assert.Equal(0, report.Latest.ObjectsInStrings);
        Assert.Equal("object", vault.Stored("b", "json_type(options)"));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Init_makes_objects_of_them_too_where_it_is_asked_for()
    {
        using var vault = new Vault("a", "b");
        vault.Execute("UPDATE accounts SET options = json_quote(options)");

        await vault.InitAsync();
        Assert.Equal("text", vault.Stored("a", "json_type(options)"));
        await vault.InitAsync(Normalize);

        Assert.Equal("object", vault.Stored("a", "json_type(options)"));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task One_that_could_not_be_stored_as_an_object_everywhere_stays_a_string_and_is_no_work()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute("UPDATE accounts SET options = json_quote(replace(options, '[1]', '\"\\u0000\"')) WHERE id = 'b'");

        var report = await vault.RotateAsync(Normalize);

        Assert.Equal((0, 0), (report.Plan.ObjectsInStrings, report.Latest.ObjectsInStrings));
        Assert.Equal("text", vault.Stored("b", "json_type(options)"));
    }

    private static async Task<Vault> WithStringAsync()
    {
        var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET options = json_quote(options) WHERE id = 'b'");
        return vault;
    }
}
