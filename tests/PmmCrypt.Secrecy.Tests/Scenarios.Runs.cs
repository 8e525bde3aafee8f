using PmmCrypt.Testing.Faults;

namespace PmmCrypt.Secrecy.Tests;

/// <content>A run that meets others, or its end.</content>
internal static partial class Scenarios
{
    private static async Task OtherSessionsAsync(Vault vault)
    {
        await using var session = await vault.Database.OpenAsync();
        await vault.RunAsync(5, "rotate");
        await vault.RunAsync(0, "rotate", "--online");
        await ExecuteAsync(session, "UPDATE agents SET username = b.username FROM test.before b WHERE b.agent_id = agents.agent_id");
        await using var transaction = await session.BeginTransactionAsync();
        await ExecuteAsync(session, "SELECT FROM agents FOR UPDATE");
        await vault.RunAsync(2, "rotate", "--online", "--settle-timeout", "0.5");
    }

    /// <summary>A run that has the database's lock, and what is told so; then a process that has the key file's.</summary>
    private static async Task LockedAsync(Vault vault)
    {
        await using (var barrier = await vault.BarrierAsync())
        {
            using var run = await vault.StartUpToAsync(barrier);
            foreach (var verb in new[] { "rotate --online", "init --online", "key add" })
                await vault.RunAsync(7, [.. verb.Split(' '), "--lock-timeout", "0.3"]);
            await barrier.LiftAsync();
            await vault.EndAsync(run, 0, "rotate");
        }
        using var held = new FileStream(vault.KeyFile + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        using (var run = vault.Start("rotate", "--new-key", "--lock-timeout", "0.3"))
        {
            await run.Process.WaitAsync(TimeSpan.FromMinutes(1));
            held.Dispose();
            await vault.EndAsync(run, 7, "rotate");
        }
    }

    /// <summary>Two runs share what is left of a sweep.</summary>
    private static async Task SharedAsync(Vault vault)
    {
        await using var barrier = await vault.BarrierAsync();
        using var first = await vault.StartUpToAsync(barrier);
        using var second = vault.Start("rotate", "--join", "--batch-size", "2");
        await Waiting.UntilAsync(
            vault.Database,
            "SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND classid = 1347223554 AND mode = 'ShareLock' AND granted"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            second.Process);
        await barrier.LiftAsync();
        await vault.EndAsync(first, 0, "rotate");
        await vault.EndAsync(second, 0, "rotate");
    }

    /// <summary>Stopped in the middle of a sweep.</summary>
    private static async Task StoppedAsync(Vault vault, Action<WatchedTool> stop, int exitCode)
    {
        await using var barrier = await vault.BarrierAsync();
        using (var run = await vault.StartUpToAsync(barrier))
        {
            stop(run);
            await barrier.LiftAsync();
            await vault.EndAsync(run, exitCode, "rotate");
        }
        await vault.RunAsync(2, "status");
        await vault.RunAsync(0, "rotate", "--online", "--lock-timeout", "60");      // who was killed may hold it a while
    }

    /// <summary>First the session that holds the lock is ended, then all of them.</summary>
    private static async Task ConnectionLostAsync(Vault vault)
    {
        await using var barrier = await vault.BarrierAsync();
        foreach (var which in new[] { "pid IN (SELECT pid FROM pg_locks WHERE objid = 1347243333)", "true" })
        {
            using var run = await vault.StartUpToAsync(barrier, "--new-key");        // else the row at the barrier may be done by now
            await vault.Database.ExecuteAsync(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pmm-crypt' "
                + $"AND datname = current_database() AND {which}");
            await barrier.LiftAsync();
            await vault.EndAsync(run, 8, "rotate");
            await barrier.LowerAsync();
        }
    }

    private static async Task PoolerAsync(Vault vault)
    {
        await using var pooler = await Pooler.StartAsync(vault.Database);
        var through = pooler.Through(vault.Database.PlainConnectionString);
        await using var barrier = await vault.BarrierAsync();
        using (var run = await vault.StartUpToAsync(barrier, "--connection", through))
        {
            var said = await pooler.KillAsync();
            vault.Search.RequireNone("the pooler's log", said.Output + said.Error);
            await vault.EndAsync(run, 8, "rotate");
        }
        await barrier.LiftAsync();
        await vault.RunAsync(8, "rotate", "--connection", through);
        await pooler.StartAgainAsync();
        await vault.RunAsync(0, "rotate", "--online", "--connection", through, "--lock-timeout", "60");
        var log = await pooler.KillAsync();
        vault.Search.RequireNone("the pooler's log", log.Output + log.Error);
    }

    private static async Task CrashAsync(Vault vault)
    {
        await using var barrier = await vault.BarrierAsync();
        using (var run = await vault.StartUpToAsync(barrier))
        {
            await vault.Cluster.CrashAsync();
            try
            {
                await vault.EndAsync(run, 8, "rotate");
                await vault.RunAsync(8, "rotate", "--online");
            }
            finally
            {
                await vault.Cluster.StartAgainAsync();
            }
        }
        await vault.RunAsync(0, "rotate");      // whoever held the barrier is gone
    }
}
