using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>
/// A server whose commits do not wait for the disk loses the last of them with its power, and the values of before are back. None comes
/// back that a key was destroyed for.
/// </summary>
[Collection(KillGroup.Name), Trait("Category", "Slow")]
public sealed class PowerLossTests(PackedTool tool)
{
    private const int Agent = 3;

    // With the log's writer stopped, and nobody who writes pages out, what no commit of the tool flushes is lost.
    private static readonly string[] Lazy =
        ["synchronous_commit=off", "wal_writer_delay=10000", "wal_writer_flush_after=100000", "bgwriter_lru_maxpages=0", "autovacuum=off"];

    [SkippableTheory]
    [InlineData(PmmStorage.Legacy)]
    [InlineData(PmmStorage.Envelope)]
    public async Task No_value_comes_back_that_prune_has_counted_as_gone(PmmStorage storage)
    {
        await using var cluster = await PrivateCluster.StartAsync(durable: true, Lazy);
        await using var site = await NewSiteAsync(cluster, storage);
        await RotateAsync(site);
        await WriteAsync(site, storage);

        (await tool.RunAsync(["rotate", "--prune", "--retain", "0", .. site.Where])).EnsureSuccess();
        Assert.Single(site.Keys!.Keys);
        await cluster.RestartAsync(immediate: true);

        (await site.CheckAsync(site.Keys!.OpenPrimary, storage)).EnsureAsSeeded();
    }

    /// <summary>The same without the prune: the value does come back, or the test above proves nothing.</summary>
    [SkippableFact]
    public async Task A_value_that_a_service_has_replaced_comes_back_where_nobody_waited_for_the_disk()
    {
        await using var cluster = await PrivateCluster.StartAsync(durable: true, Lazy);
        await using var site = await NewSiteAsync(cluster, PmmStorage.Legacy);
        var old = site.Keys!.Primary;
        await RotateAsync(site);

        await WriteAsync(site, PmmStorage.Legacy);
        await cluster.RestartAsync(immediate: true);

        Assert.Equal(old, HandKeyset.KeyIdOf((await site.Database.ScalarAsync<string>(
            "SELECT password FROM agents WHERE agent_id = $1", site.Rows.AgentId(Agent)))!));
        (await site.CheckAsync(stored => site.Keys!.Open(stored).Plaintext, PmmStorage.Legacy)).EnsureAsSeeded();
    }

    private static async Task<Site> NewSiteAsync(PrivateCluster cluster, PmmStorage storage)
    {
        var scenario = new Scenario(Backend.PostgreSql, storage, "rotate", Start.UnderOneKey);
        await using var point = await StartingPoint.CreateAsync(scenario, cluster.Server);
        var site = await point.CopyAsync();
        await site.Database.ExecuteAsync("CHECKPOINT");
        return site;
    }

    private async Task RotateAsync(Site site) => (await tool.RunAsync(["rotate", .. site.Where])).EnsureSuccess();

    /// <summary>
    /// A service writes a secret under the key of before, which reaches the disk, and then under the new one, which does not: it is in the
    /// server's memory alone.
    /// </summary>
    private static async Task WriteAsync(Site site, PmmStorage storage)
    {
        var keys = site.Keys!;
        var old = keys.WithPrimary(keys.Keys.Single(key => key.Id != keys.Primary).Id);
        await SaveAsync(old);
        await site.Database.ExecuteAsync("CHECKPOINT");
        // Its ten seconds begin at a moment that nobody knows: stopped, it comes at none. The server's end ends it all the same.
        var writer = await site.Database.ScalarAsync<int>("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
        (await Cli.RunAsync("kill", ["-STOP", $"{writer}"])).EnsureSuccess();
        await SaveAsync(keys);
        Assert.True(await site.Database.ScalarAsync<bool>("SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()"));

        Task SaveAsync(HandKeyset under) => site.Database.ExecuteAsync(
            "UPDATE agents SET password = $2 WHERE agent_id = $1",
            site.Rows.AgentId(Agent),
            under.Seal((string)site.Rows.Agent(Agent)["password"]!, storage == PmmStorage.Envelope));
    }
}
