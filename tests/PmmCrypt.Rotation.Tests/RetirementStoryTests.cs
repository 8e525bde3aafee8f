using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Retirement;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>All that a retirement tells while it runs, reports when it is done, and says when it refuses.</summary>
public sealed class RetirementStoryTests
{
    private static readonly RotationOptions Prune = Vault.Patient with { Prune = true };
    private static readonly RotationOptions PruneAtOnce = Prune with { Retain = TimeSpan.Zero };
    private static readonly string[] FileReplaced = ["step key-temp-written", "step key-temp-synced", "step key-renamed",
        "step key-folder-synced"];

    private readonly StoryTeller _story = new();

    [Fact]
    public async Task A_prune_that_disables_a_key_notes_its_date_and_writes_no_archive()
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];

        var report = await RotateAsync(vault, Prune);

        Assert.Equal(
            ["phase Prune", "step fenced", .. StoryParts.WrittenLines, "step retirement-noted", .. FileReplaced, "step keys-retired"],
            ToldFrom("phase Prune"));
        AssertReport(report.Retirement!, disabled: [old], destroyed: []);
        Assert.Null(report.Retirement!.ArchivePath);
        Assert.Empty(Archives(vault));
    }

    [Fact]
    public async Task A_prune_that_destroys_a_key_writes_an_archive_first()
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];

        var report = await RotateAsync(vault, PruneAtOnce);

        Assert.Equal(
            ["phase Prune", "step fenced", .. StoryParts.WrittenLines, "step archive-written", .. FileReplaced, "step keys-retired"],
            ToldFrom("phase Prune"));
        AssertReport(report.Retirement!, disabled: [], destroyed: [old]);
        Assert.Equal([report.Retirement!.ArchivePath!], Archives(vault));
    }

    [Fact]
    public async Task A_prune_with_nothing_to_do_changes_no_file()
    {
        using var vault = await Vault.InitializedAsync("a");

        var report = await RotateAsync(vault, PruneAtOnce);

        Assert.Equal(["phase Prune", "step fenced", "step keys-retired"], ToldFrom("phase Prune"));
        AssertReport(report.Retirement!, disabled: [], destroyed: []);
        Assert.Empty(Archives(vault));
    }

    [Fact]
    public async Task A_key_that_is_disabled_by_name()
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];

        var report = await RetireAsync(vault, old, destroy: false);

        Assert.Equal(
            [
                "step locked", "phase Prune", "step fenced", .. StoryParts.WrittenLines, "step retirement-noted", .. FileReplaced,
                "step keys-retired",
            ],
            ToldFrom("step locked"));
        AssertReport(report, disabled: [old], destroyed: []);
        Assert.Null(report.ArchivePath);
        Assert.Empty(Archives(vault));
        Assert.Equal(KeyStatus.Disabled, vault.Keys(keyset => keyset.Find(old)!.Status));
    }

    [Fact]
    public async Task A_key_that_is_destroyed_by_name()
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];

        var report = await RetireAsync(vault, old, destroy: true);

        Assert.Equal(
            [
                "step locked", "phase Prune", "step fenced", .. StoryParts.WrittenLines, "step archive-written", .. FileReplaced,
                "step keys-retired",
            ],
            ToldFrom("step locked"));
        AssertReport(report, disabled: [], destroyed: [old]);
        Assert.Equal([report.ArchivePath!], Archives(vault));
        Assert.Equal([vault.Primary], vault.KeyIds);
    }

    [Fact]
    public async Task Whoever_retires_a_key_by_name_is_warned_of_what_the_count_cannot_see()
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];

        await RetireAsync(vault, old, destroy: false, store =>
        {
            store.Strays = new StrayReferences([new StrayReference("main.audit", "note", old, 3)], ["main.secret: permission denied"]);
            store.Lagging = ["standby (16 MB behind)"];
        });

        Assert.Equal(
            [
                "warn not searched for values under older keys: main.secret: permission denied",
                $"warn what looks like ciphertext under key {old} is outside the model, and will not open without it: "
                    + $"main.audit.note (3 rows under key {old})",
                $"warn standby (16 MB behind): it may hold values that need key {old}",
            ],
            _story.Lines.Where(told => told.StartsWith("warn", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1, "1 layer of stored values are under it")]
    [InlineData(2, "2 layers of stored values are under it")]
    public async Task A_key_in_use_is_not_retired_by_name(int values, string use)
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];
        using var keyset = vault.LoadKeyset();
        using var service = new Keyset(old, [keyset.Find(old)!]);
        vault.Execute("UPDATE accounts SET password = $1", Vault.Seal(service, "secret of a"));
        if (values == 2)
            vault.Execute("UPDATE accounts SET options = json_set(options, '$.secret', $1)", Vault.Seal(service, "secret of a"));

        var refused = await RefusedAsync(vault, () => RetireAsync(vault, old, destroy: true));

        Assert.Equal(
            (RotationFailure.Refused, $"key {old} is in use: {use}", "rotate first, and verify; then retire the key"),
            (refused.Failure, refused.Message, refused.Hint));
    }

    [Fact]
    public async Task Only_keys_that_may_go_are_looked_for_outside_the_model()
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];
        vault.Edit(manager => manager.Add());
        await using var store = await vault.OpenAsync();

        await Engine(vault, store).RotateAsync(Prune, default);

        Assert.Equal([old], store.StraysAsked!);
    }

    [Fact]
    public async Task What_may_not_be_searched_holds_a_prune_off_and_is_named()
    {
        using var vault = await RotatedAsync();

        var refused = await RefusedAsync(vault, () => RotateAsync(
            vault, Prune, store => store.Strays = new StrayReferences([], ["main.secret: permission denied", "main.other: hidden"])));

        Assert.Equal(
            (RotationFailure.Refused,
                "no key was retired: not all that is outside the model could be searched for values under older keys: "
                + "main.secret: permission denied, main.other: hidden",
                "run this as a role that may read it all (GRANT SELECT; for row security, BYPASSRLS or the owner); "
                + "where none of it can hold such a value, key disable and key destroy retire a key all the same"),
            (refused.Failure, refused.Message, refused.Hint));
    }

    [Fact]
    public async Task A_replica_that_fell_behind_before_the_fence_stood_holds_a_prune_off()
    {
        using var vault = await RotatedAsync();

        var refused = await RefusedAsync(vault, () => RotateAsync(
            vault, Prune, store => store.BeforeFence = () => store.Lagging = ["standby one (1 kB behind)"]));

        Assert.Equal(
            (RotationFailure.Refused,
                "no key was retired: a replica has not replayed the last page, and may hold values under older keys: "
                + "standby one (1 kB behind)"),
            (refused.Failure, refused.Message));
    }

    [Fact]
    public async Task Where_no_key_may_go_it_is_of_no_concern_what_is_not_searched()
    {
        using var vault = await Vault.InitializedAsync("a");

        await RotateAsync(vault, Prune, store => store.Strays = new StrayReferences([], ["main.secret: permission denied"]));

        Assert.DoesNotContain(_story.Lines, told => told.StartsWith("warn", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(20, "")]
    [InlineData(21, ", and 1 more")]
    [InlineData(23, ", and 3 more")]
    public async Task Strays_hold_a_prune_off_and_twenty_of_them_are_named(int strays, string more)
    {
        using var vault = await RotatedAsync();
        var old = vault.KeyIds[0];

        var refused = await RefusedAsync(vault, () => RotateAsync(
            vault, Prune, store => store.Strays = new StrayReferences(
                [.. Enumerable.Range(1, strays).Select(i => new StrayReference("main.audit", $"note{i}", old, i))], [])));

        var named = Enumerable.Range(1, Math.Min(strays, 20))
            .Select(i => $"main.audit.note{i} ({i} {(i == 1 ? "row" : "rows")} under key {old})");
        Assert.Equal(
            $"no key was retired: what looks like ciphertext under older keys is outside the model, in {string.Join(", ", named)}{more}",
            refused.Message);
        Assert.Equal(
            "bring these values under the primary key by the service that wrote them, or delete them; "
            + "where nothing will ever read them, key disable and key destroy retire a key all the same",
            refused.Hint);
        Assert.Equal(RotationFailure.Refused, refused.Failure);
    }

    [Fact]
    public async Task Replicas_that_are_behind_hold_a_prune_off_and_each_is_named()
    {
        using var vault = await RotatedAsync();

        var refused = await RefusedAsync(
            vault, () => RotateAsync(vault, Prune, store => store.Lagging = ["standby one (16 MB behind)", "slot two"]));

        Assert.Equal(
            (RotationFailure.Refused,
                "no key was retired: a replica has not replayed the last page, and may hold values under older keys: "
                + "standby one (16 MB behind); slot two",
                "let it catch up (or drop a slot that nobody will read again), and run the same command again"),
            (refused.Failure, refused.Message, refused.Hint));
    }

    [Fact]
    public async Task A_value_that_does_not_open_behind_the_fence_says_that_no_key_is_retired()
    {
        using var vault = await RotatedAsync();

        var refused = await RefusedAsync(vault, () => RotateAsync(vault, Prune, store => store.BeforeFence = () =>
            vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'a'")));

        Assert.Equal(
            (RotationFailure.Unreadable, "1 of 2 encrypted values does not open; a key that one of them may need is never retired"),
            (refused.Failure, refused.Message));
    }

    [Fact]
    public async Task Told_to_stop_when_the_fence_was_proved_it_retires_nothing()
    {
        using var vault = await RotatedAsync();
        using var stop = new CancellationTokenSource();
        var before = vault.KeyFileBytes;
        await using var store = await vault.OpenAsync();
        store.AfterProve = stop.Cancel;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Engine(vault, store).RotateAsync(Prune, stop.Token));

        Assert.Equal(before, vault.KeyFileBytes);
    }

    [Theory]
    [InlineData(null, "run the same command again")]
    [InlineData("look at the server's log", "look at the server's log")]
    public async Task A_fence_that_had_fallen_is_told_with_what_became_of_the_keys(string? hint, string expected)
    {
        using var vault = await RotatedAsync();
        var before = vault.Keys(keyset => keyset.ToString());

        var failure = await Assert.ThrowsAsync<StoreException>(() => RotateAsync(
            vault, PruneAtOnce, store => store.BeforeRelease = () => throw new StoreException("the connection was lost", hint)));

        Assert.Equal("the connection was lost; the keys were put back as they were", failure.Message);
        Assert.Equal(expected, failure.Hint);
        Assert.Equal(before, vault.Keys(keyset => keyset.ToString()));
    }

    [Fact]
    public async Task Columns_that_went_and_came_meanwhile_are_named_in_the_refusal()
    {
        using var vault = await RotatedAsync();
        vault.Execute("ALTER TABLE accounts ADD COLUMN token TEXT");
        await using var store = await vault.OpenAsync();
        var model = Vault.OlderModel("token", "pin");
        var schema = new SchemaWatch(store, model, await store.DescribeAsync(model, default));
        await schema.RequireUnchangedAsync(default);
        vault.Execute("ALTER TABLE accounts DROP COLUMN token");
        vault.Execute("ALTER TABLE accounts ADD COLUMN pin TEXT");

        var refused = await Assert.ThrowsAsync<RotationException>(() => schema.RequireUnchangedAsync(default));

        Assert.Equal(
            (RotationFailure.WorkRemains,
                $"the schema of {store.DisplayName} changed while the rotation ran: accounts.token is gone, accounts.pin is new",
                "let the migration end, and run the same command again: it goes on, and adds no key"),
            (refused.Failure, refused.Message, refused.Hint));
    }

    /// <summary>One row of two values; two keys, and nothing is under the first any more.</summary>
    private static async Task<Vault> RotatedAsync()
    {
        var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        return vault;
    }

    private static string[] Archives(Vault vault) => Directory.GetFiles(vault.Folder, "*.archive-*");

    private static void AssertReport(RetirementReport report, uint[] disabled, uint[] destroyed)
    {
        Assert.Equal(disabled, report.Disabled);
        Assert.Equal(destroyed, report.Destroyed);
        Assert.Empty(report.Kept);
    }

    private static async Task<RotationException> RefusedAsync(Vault vault, Func<Task> run)
    {
        var before = vault.KeyFileBytes;
        var refused = await Assert.ThrowsAsync<RotationException>(run);
        Assert.Equal(before, vault.KeyFileBytes);
        Assert.Empty(Archives(vault));
        return refused;
    }

    private IEnumerable<string> ToldFrom(string first) => _story.Lines.SkipWhile(told => told != first);

    private RotationEngine Engine(Vault vault, IRotationStore store) =>
        new(store, Vault.Model(), new KeyFileLocation(vault.KeyPath, []), _story, vault.Clock);

    private async Task<RotationReport> RotateAsync(Vault vault, RotationOptions options, Action<WatchedStore>? watch = null)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return await Engine(vault, store).RotateAsync(options, default);
    }

    private async Task<RetirementReport> RetireAsync(Vault vault, uint keyId, bool destroy, Action<WatchedStore>? watch = null)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return await Engine(vault, store).RetireAsync(keyId, destroy, Vault.Patient, default);
    }
}
