using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Pmm;

namespace PmmCrypt.Rotation.Tests;

/// <summary>PMM's own record, kept as a row among writers.</summary>
public sealed class LedgerKeeperTests : IDisposable
{
    private readonly Keyset _keyset = KeysetManager.Generate();
    private readonly FieldCipher _cipher;
    private readonly StoryTeller _story = new();

    public LedgerKeeperTests() => _cipher = new FieldCipher(_keyset, StoredFormat.Legacy);

    [Fact]
    public async Task It_is_written_once_made_durable_and_told_of()
    {
        using var vault = new PmmVault();
        await using var store = await vault.OpenAsync();

        await WithAsync(store, keeper => keeper.RecordAsync(_cipher, default));

        Assert.Equal(["lock", "read 1 of settings", "replaced 1 of 1 in settings", "flushed"], store.Transcript);
        Assert.Equal(["step ledger-recorded"], _story.Lines);
    }

    [Fact]
    public async Task What_is_recorded_already_is_left_alone()
    {
        using var vault = new PmmVault();
        await using (var first = await vault.OpenAsync())
            await WithAsync(first, keeper => keeper.RecordAsync(_cipher, default));
        _story.Lines.Clear();
        await using var store = await vault.OpenAsync();

        await WithAsync(store, keeper => keeper.RecordAsync(_cipher, default));

        Assert.Equal(["lock", "read 1 of settings"], store.Transcript);
        Assert.Empty(_story.Lines);
    }

    [Fact]
    public async Task Where_another_holds_the_row_it_is_read_and_tried_again()
    {
        using var vault = new PmmVault();
        await using var store = await vault.OpenAsync();
        var tried = 0;
        store.IsHeld = _ => ++tried < 3;

        await WithAsync(store, keeper => keeper.RecordAsync(_cipher, default));

        Assert.Equal(
            [
                "lock", "read 1 of settings", "replaced 0 of 1 in settings", "read 1 of settings", "replaced 0 of 1 in settings",
                "read 1 of settings", "replaced 1 of 1 in settings", "flushed",
            ],
            store.Transcript);
        Assert.Equal(["step ledger-recorded"], _story.Lines);
    }

    [Fact]
    public async Task After_twenty_attempts_it_gives_up()
    {
        using var vault = new PmmVault();
        await using var store = await vault.OpenAsync();
        store.IsHeld = _ => true;

        var refused = await Assert.ThrowsAsync<RotationException>(
            () => WithAsync(store, keeper => keeper.RecordAsync(_cipher, default)));

        Assert.Equal(
            (RotationFailure.WorkRemains, "settings.settings changes too often to be replaced", "stop the service, and run this again"),
            (refused.Failure, refused.Message, refused.Hint));
        Assert.Equal(20, store.Transcript.Count(asked => asked == "replaced 0 of 1 in settings"));
        Assert.Empty(_story.Lines);
    }

    [Theory]
    [InlineData("DELETE FROM settings")]
    [InlineData("UPDATE settings SET settings = NULL")]
    [InlineData("DROP TABLE settings")]
    public async Task Without_a_row_to_record_in_there_is_no_format_and_nothing_may_be_encrypted(string sql)
    {
        using var vault = new PmmVault();
        vault.Execute(sql);
        await using var store = await vault.OpenAsync();
        await WithAsync(store, async keeper =>
        {
            Assert.Equal(StoredFormat.Unknown, await keeper.FormatAsync(default));
            Func<Task>[] runs = [() => keeper.RecordAsync(_cipher, default), () => keeper.NeedsRecordAsync(_cipher, default)];
            foreach (var run in runs)
            {
                var refused = await Assert.ThrowsAsync<RotationException>(run);
                Assert.Equal(
                    (RotationFailure.Refused,
                        "settings has no row in which to record what is encrypted: the service would encrypt it a second time",
                        "let the service create its database first"),
                    (refused.Failure, refused.Message, refused.Hint));
            }
        });
        Assert.Empty(_story.Lines);
    }

    [Fact]
    public async Task What_is_no_settings_document_is_refused_and_the_databases_name_is_doubted()
    {
        using var vault = new PmmVault("[]");
        await using var store = await vault.OpenAsync();

        await WithAsync(store, async keeper =>
        {
            Func<Task>[] runs = [() => keeper.FormatAsync(default), () => keeper.RecordAsync(_cipher, default)];
            foreach (var run in runs)
            {
                var refused = await Assert.ThrowsAsync<RotationException>(run);
                Assert.Equal(
                    (RotationFailure.Refused, "settings.settings is not a JSON object: this is not PMM's settings table.",
                        "check the name of the database"),
                    (refused.Failure, refused.Message, refused.Hint));
            }
        });
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _keyset.Dispose();
    }

    private async Task WithAsync(WatchedStore store, Func<LedgerKeeper, Task> act)
    {
        await using var heldLock = await store.LockAsync(Vault.Moment, default);
        var tables = await store.DescribeAsync(PmmModel.Instance, default);
        await act(new LedgerKeeper(store, PmmModel.Instance, tables, _story, new Hurried()));
    }

    /// <summary>Waits for nothing.</summary>
    private sealed class Hurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
