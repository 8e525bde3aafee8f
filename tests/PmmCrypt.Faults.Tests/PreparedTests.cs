using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Faults.Tests;

/// <summary>
/// A prepared transaction survives its session, and holds values under the old key that nobody can see. Whenever it is committed, what it
/// brings opens with the key file on disk.
/// </summary>
[Trait("Category", "Slow")]
public sealed class PreparedTests
{
    private const string Commit = "COMMIT PREPARED 'old-values'";

    [SkippableFact]
    public async Task Committed_after_a_sweep_that_it_held_off_one_row()
    {
        await using var site = await Site.EncryptedAsync();
        await PrepareAsync(site, $"UPDATE agents SET username = '{Old(site)}' WHERE agent_id = '{site.Pmm.Rows.AgentId(Site.Middle)}'");

        (await site.RunAsync("rotate", "--settle-timeout", "1")).Fails(2).Says("1 row is held by another session");
        (await site.RunAsync("rotate", "--prune", "--settle-timeout", "1")).Fails(2);
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.Database.ExecuteAsync(Commit);

        site.Pmm.Expect(Site.Middle, row => row["username"] = "of-the-prepared");
        await site.RequireAllOpenAsync();
        await site.RequireFinishesAsync();
    }

    [SkippableFact]
    public async Task Not_committed_yet_it_holds_off_a_prune_that_sees_nothing_of_it()
    {
        await using var site = await Site.EncryptedAsync();
        await PrepareAsync(site, Insert(site));

        (await site.RunAsync("rotate")).Ends(0);        // its row is no row yet
        await site.RememberAsync();
        (await site.RunAsync("rotate", "--prune", "--retain", "0", "--lock-timeout", "0.5")).Fails(5).Says("pg_prepared_xacts");
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.Database.ExecuteAsync(Commit);

        await RequireKeptUntilRotatedAsync(site);
    }

    [SkippableFact]
    public async Task Committed_while_a_prune_waits_for_it_the_prune_sees_what_it_brought()
    {
        await using var site = await Site.EncryptedAsync();
        await PrepareAsync(site, Insert(site));
        (await site.RunAsync("rotate")).Ends(0);
        using var prune = site.Start("rotate", "--prune", "--retain", "0", "--lock-timeout", "60");
        await Waiting.UntilAsync(
            site.Database,
            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'agents'::regclass AND mode = 'ShareLock' AND NOT granted)",
            prune);

        await site.Database.ExecuteAsync(Commit);

        (await Site.EndAsync(prune)).Ends(0);
        await RequireKeptUntilRotatedAsync(site);
    }

    [SkippableFact]
    public async Task Committed_before_the_prune_it_is_swept_by_it()
    {
        await using var site = await Site.EncryptedAsync();
        await PrepareAsync(site, Insert(site));
        (await site.RunAsync("rotate")).Ends(0);

        await site.Database.ExecuteAsync(Commit);
        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);

        var key = Assert.Single(site.Keys.Keys);
        Assert.Equal(key.Id, HandKeyset.KeyIdOf((await PreparedUsernameAsync(site))!));
        Assert.Equal("of-the-prepared", site.Keys.OpenPrimary((await PreparedUsernameAsync(site))!));
    }

    [SkippableFact]
    public async Task Begun_after_the_prune_by_who_still_has_the_old_key_it_is_told_and_the_key_can_be_enabled()
    {
        await using var site = await Site.EncryptedAsync();
        var old = site.Keys.Primary;
        var insert = Insert(site);
        (await site.RunAsync("rotate")).Ends(0);
        (await site.RunAsync("rotate", "--prune")).Ends(0);
        Assert.Equal([false, true], site.Keys.Keys.Select(key => key.IsEnabled));

        await PrepareAsync(site, insert);
        await site.Database.ExecuteAsync(Commit);

        (await site.RunAsync("verify")).Ends(4).Says("prepared", $"{old}");
        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Ends(4);
        Assert.Equal(2, site.Keys.Keys.Count);
        (await site.RunAsync("key", "enable", $"{old}")).Ends(0);
        await RequireKeptUntilRotatedAsync(site);
    }

    private static string Old(Site site) => site.Keys.Seal("of-the-prepared");

    private static string Insert(Site site) =>
        $$"""
        INSERT INTO agents SELECT (jsonb_populate_record(a, '{"agent_id": "prepared", "username": "{{Old(site)}}"}')).*
        FROM agents a WHERE agent_id = '{{site.Pmm.Rows.AgentId(Site.Middle)}}'
        """;

    private static Task<int> PrepareAsync(Site site, string sql) =>
        site.Database.ExecuteAsync($"BEGIN; {sql}; PREPARE TRANSACTION 'old-values'");

    private static Task<string?> PreparedUsernameAsync(Site site) =>
        site.Database.ScalarAsync<string>("SELECT username FROM agents WHERE agent_id = 'prepared'");

    /// <summary>The value that came late opens with the key file as it is, and the next run brings it under the primary key.</summary>
    private static async Task RequireKeptUntilRotatedAsync(Site site)
    {
        var before = site.Keys;
        Assert.Equal(2, before.Keys.Count);
        Assert.Equal("of-the-prepared", before.Open((await PreparedUsernameAsync(site))!).Plaintext);
        (await site.RunAsync("rotate")).Ends(0);
        Assert.Equal(before.Primary, site.Keys.Primary);
        Assert.Equal(2, site.Keys.Keys.Count);
        Assert.Equal("of-the-prepared", site.Keys.OpenPrimary((await PreparedUsernameAsync(site))!));
    }
}
