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

    // The log is written seldom enough that what no commit of the tool flushes is lost.
    private static readonly string[] Lazy =
        ["synchronous_commit=off", "wal_writer_delay=10000", "wal_writer_flush_after=100000", "autovacuum=off"];

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
        uint found = 0;
        // The log's writer may have come just then: its ten seconds begin at a moment that nobody knows.
        for (var attempt = 0; attempt < 5 && found != old; attempt++)
        {
            await WriteAsync(site, PmmStorage.Legacy);
            await cluster.RestartAsync(immediate: true);
            found = HandKeyset.KeyIdOf((await site.Database.ScalarAsync<string>(
                "SELECT password FROM agents WHERE agent_id = $1", site.Rows.AgentId(Agent)))!);
        }

        Assert.Equal(old, found);
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
        var waiting = false;
        for (var i = 0; !waiting; i++)
        {
            Assert.True(i < 50, "The server wrote every commit to disk at once: this shows nothing.");
            await SaveAsync(keys);
            waiting = await site.Database.ScalarAsync<bool>("SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()");
        }

        Task SaveAsync(HandKeyset under) => site.Database.ExecuteAsync(
            "UPDATE agents SET password = $2 WHERE agent_id = $1",
            site.Rows.AgentId(Agent),
            under.Seal((string)site.Rows.Agent(Agent)["password"]!, storage == PmmStorage.Envelope));
    }
}
