using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What is found by who lets the database count, and opens only the rest.</summary>
public sealed class SurveyTests
{
    [Fact]
    public async Task Where_the_database_counts_nothing_it_is_an_inspection()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET password = 'in the clear' WHERE id = 'b'");
        vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'c'");
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);
        var told = new Told(vault);

        var found = await told.SurveyAsync();

        Assert.Equal((3, 4, 1, 1), (found.Census.Rows, found.Census.Opened, found.Census.Clear, found.Census.Unreadable));
        Assert.Equal(0, found.Census.ToldByPrefix);
        Assert.Equal(StoredFormat.Legacy, found.Format);
        Assert.Equal(["phase Count"], told.Story.Lines);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
    }

    [Fact]
    public async Task What_is_counted_is_added_to_what_is_opened()
    {
        using var vault = await Vault.InitializedAsync("a");
        var told = new Told(vault);
        var (primary, old) = (vault.Primary, 7u);

        var found = await told.SurveyAsync(store => store.Counted = tables =>
        {
            var fields = tables[0].Fields.ToArray();
            return
            [
                new ValueCount(fields[0], primary, StoredFormat.Legacy, 10), new ValueCount(fields[0], old, StoredFormat.Envelope, 20),
                new ValueCount(fields[0], null, StoredFormat.Unknown, 40), new ValueCount(fields[2], null, StoredFormat.Unknown, 80),
                new ValueCount(fields[1], old, StoredFormat.Legacy, 160),
            ];
        });

        var census = found.Census;
        Assert.Equal((101, 192, 190), (census.Rows, census.Opened, census.ToldByPrefix));       // row a was left to be opened
        Assert.Equal((180, 180, 0, 0), (census.OffPrimary, census.Stale, census.Layered, census.Unreadable));
        Assert.Equal((120, 40, 120), (census.Clear, census.ClearIn(StoredFormat.Legacy), census.ClearIn(StoredFormat.Envelope)));
        Assert.Equal((172, 20), (census.OpenedIn(StoredFormat.Legacy), census.OpenedIn(StoredFormat.Envelope)));
        Assert.Equal([7u], census.KeysOffPrimary);
        Assert.Equal(11, census.Fields.First().Encrypted[(primary, StoredFormat.Legacy)]);
        Assert.Equal((100, null), told.Story.Progressed[0]);
    }

    [Fact]
    public async Task Counted_values_are_opened_by_no_other_keyset()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Edit(manager =>
        {
            foreach (var key in manager.ToKeyset().Keys)
            {
                manager.Promote(manager.Add());
                manager.Disable(key.Id);
                manager.Destroy(key.Id);
            }
        });

        var foreign = await new Told(vault).SurveyAsync();
        var mixed = await new Told(vault).SurveyAsync(store => store.Counted = tables =>
            [new ValueCount(tables[0].Fields.First(), vault.Primary, StoredFormat.Legacy, 1)]);

        Assert.True(foreign.Census.IsForeignKeyset);
        Assert.False(mixed.Census.IsForeignKeyset);
        Assert.Equal((2, 2), (foreign.Census.Unreadable, mixed.Census.Unreadable));
    }

    [Fact]
    public async Task It_counts_by_the_keys_that_open_the_primary_first()
    {
        using var vault = await Vault.InitializedAsync("a");
        var first = vault.Primary;
        uint disabled = 0, primary = 0, waiting = 0;
        vault.Edit(manager =>
        {
            manager.Promote(disabled = manager.Add());
            manager.Promote(primary = manager.Add());
            manager.Disable(disabled);
            waiting = manager.Add();
        });
        IReadOnlyList<uint>? asked = null;

        await new Told(vault).SurveyAsync(store => store.Counted = _ =>
        {
            asked = store.CountedBy;
            return [];
        });

        Assert.Equal(primary, asked![0]);
        Assert.Equal(new[] { first, primary, waiting }.Order(), asked.Order());
    }

    [Fact]
    public async Task Where_a_rotation_adds_a_key_while_it_counts_it_counts_again()
    {
        using var vault = await Vault.InitializedAsync("a");
        IReadOnlyList<string> transcript = [];

        var found = await new Told(vault).SurveyAsync(store =>
        {
            transcript = store.Transcript;
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot != 1)
                    return;
                vault.Edit(manager => manager.Promote(manager.Add()));
                using var keyset = vault.LoadKeyset();
                vault.Execute("UPDATE accounts SET password = $1", Vault.Seal(keyset, "secret of a"));
            };
        });

        Assert.Equal(["count", "count"], transcript);
        Assert.Equal((vault.Primary, 2, 0), (found.Census.PrimaryKeyId, found.Census.Opened, found.Census.Unreadable));
    }

    [Fact]
    public async Task Without_a_key_file_nothing_can_be_said()
    {
        using var vault = new Vault("a");

        Assert.Equal(KeyFileProblem.Missing, (await Assert.ThrowsAsync<KeyFileException>(() => new Told(vault).SurveyAsync())).Kind);
    }
}
