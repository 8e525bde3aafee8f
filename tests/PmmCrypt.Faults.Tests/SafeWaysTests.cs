using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;
using PmmCrypt.Tool.Tests;

namespace PmmCrypt.Faults.Tests;

/// <summary>
/// The two safe ways to rotate, each as its runbook in docs/pmm.md has it, with a service that does as PMM 3.9 does: it reads all the while,
/// and at no moment is a ciphertext the password that it uses.
/// </summary>
[Trait("Category", "Slow")]
public sealed class SafeWaysTests
{
    [SkippableFact]
    public async Task Stopped_and_started_it_never_uses_a_ciphertext()
    {
        await using var server = await PmmServerFolder.CreateAsync(Site.Agents);
        server.Put("stop-waits");
        server.Put("start-waits");
        await using var before = await PmmLegacyService.StartAsync(server.Pmm, server.KeyFile);
        using var run = server.StartVerb("rotate", "--restart-service", "pmm-managed", "--ready-url", server.Ready.Url);

        // Until it has stopped, the key is the one that it has loaded.
        await server.WaitForCallAsync("stop pmm-managed", run);
        await before.WriteAsync(Site.Middle, "written at the last moment");
        await before.ReadAsync();
        Assert.Single(server.Keys.Keys);
        await before.DisposeAsync();
        server.Put("stop-may");

        // Before it is started, every value is under the key that it will load.
        await server.WaitForCallAsync("start pmm-managed", run);
        await server.RequireAllUnderPrimaryAsync();
        await using var after = await PmmLegacyService.StartAsync(server.Pmm, server.KeyFile);
        await after.ReadAsync();
        server.Put("start-may");
        (await Site.EndAsync(run)).Ends(0);

        await after.WriteAsync(Site.Middle, "written with the new key");
        await after.ReadAsync();
        await server.RequireAllUnderPrimaryAsync();
        Assert.NotEqual(before.Keys.Primary, after.Keys.Primary);
        Assert.Empty(before.Misread);
        Assert.Empty(after.Misread);
    }

    [SkippableFact]
    public async Task Running_through_a_rotation_with_a_key_that_it_had_loaded_before_it_never_uses_a_ciphertext()
    {
        await using var server = await PmmServerFolder.CreateAsync(Site.Agents);
        var old = server.Keys.Primary;
        var service = await PmmLegacyService.StartAsync(server.Pmm, server.KeyFile);
        try
        {
            // 1. A key that waits encrypts nothing.
            (await server.RunVerbAsync("key", "add")).Ends(0);
            await service.WriteAsync(Site.InSweepOrder[^3], "written before it is loaded");
            await service.ReadAsync();

            // 2. The service loads it.
            await RestartAsync();
            Assert.Equal((old, 2), (service.Keys.Primary, service.Keys.Keys.Count));
            await service.ReadAsync();

            // 3. Promoted and swept while it runs: half way through, both keys are in use, and it writes with the old one.
            await using (var barrier = await RowBarrier.BeforeAsync(server.Pmm, Site.Middle))
            {
                using var run = server.StartVerb("rotate", "--batch-size", Site.PageSize);
                await barrier.ReachedAsync(run);
                Assert.NotEqual(old, server.Keys.Primary);
                Assert.Equal(server.Keys.Primary, HandKeyset.KeyIdOf((await StoredAsync(server, Site.InSweepOrder[0]))!));
                Assert.Equal(old, HandKeyset.KeyIdOf((await StoredAsync(server, Site.InSweepOrder[^1]))!));
                await service.WriteAsync(Site.InSweepOrder[0], "written behind the sweep");
                await service.WriteAsync(Site.InSweepOrder[^1], "written before the sweep");
                await service.ReadAsync();
                await barrier.LiftAsync();
                (await Site.EndAsync(run)).Ends(0);
            }

            await server.RequireAllUnderPrimaryAsync();
            await service.ReadAsync();
            await service.WriteAsync(2, "written with the old key still");

            // 4. The service loads the file again, and writes with the new key from then on.
            await RestartAsync();
            Assert.Equal(server.Keys.Primary, service.Keys.Primary);
            await service.WriteAsync(3, "written with the new key");
            await service.ReadAsync();

            // 5. What it wrote in between follows, and no key is added.
            (await server.RunVerbAsync("rotate", "--join")).Ends(0);
            Assert.Equal(2, server.Keys.Keys.Count);
            await server.RequireAllUnderPrimaryAsync();
            await service.ReadAsync();

            // 6. The old key is disabled, and a week later destroyed.
            (await server.RunVerbAsync("rotate", "--prune")).Ends(0).Prints($"disabled key {old}");
            await RestartAsync();
            await service.ReadAsync();
            (await server.RunVerbAsync("rotate", "--prune", "--retain", "0")).Ends(0).Prints($"destroyed key {old}");
            await RestartAsync();
            await service.WriteAsync(4, "written when it is all over");
            await service.ReadAsync();
            await server.RequireAllUnderPrimaryAsync();
        }
        finally
        {
            await service.DisposeAsync();
        }

        async Task RestartAsync()
        {
            await service.DisposeAsync();
            Assert.Empty(service.Misread);
            service = await PmmLegacyService.StartAsync(server.Pmm, server.KeyFile);
        }
    }

    /// <summary>That the service of these tests can fail: with neither way it uses ciphertexts.</summary>
    [SkippableFact]
    public async Task Without_either_way_it_uses_ciphertexts()
    {
        await using var server = await PmmServerFolder.CreateAsync(Site.Agents);
        await using var service = await PmmLegacyService.StartAsync(server.Pmm, server.KeyFile);
        (await server.RunVerbAsync("rotate")).Fails(5).Says("--online");
        await service.ReadAsync();

        (await server.RunVerbAsync("rotate", "--online")).Ends(0);

        await Assert.ThrowsAsync<InvalidOperationException>(service.ReadAsync);
        Assert.All(service.Misread, place => Assert.EndsWith($"under key {server.Keys.Primary}", place));
    }

    private static Task<string?> StoredAsync(PmmServerFolder server, int i) =>
        server.Pmm.Database.ScalarAsync<string>("SELECT username FROM agents WHERE agent_id = $1", server.Pmm.Rows.AgentId(i));
}
