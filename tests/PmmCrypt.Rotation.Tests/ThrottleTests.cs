using PmmCrypt.Rotation.Pacing;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Runs that rest between their pages: what they rest in, what they do not, and what ends a rest.</summary>
public sealed class ThrottleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly string[] Ids = ["a", "b", "c", "d", "e", "f", "g", "h"];

    [Fact]
    public async Task Every_phase_keeps_the_rate_in_pages_of_a_row()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        var told = new Told(vault);
        WatchedStore? watched = null;

        var report = await told.RotateAsync(Slowly(2), store => watched = store);

        foreach (var phase in new[] { RotationPhase.Plan, RotationPhase.Sweep, RotationPhase.Verify })
            Assert.InRange(report.Durations[phase].TotalSeconds, 3.5, 4.5);
        Assert.Equal(8, report.RowsReplaced);
        Assert.Equal([.. Enumerable.Repeat("read 1", 8)], Reads(watched!));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task No_phase_rests_in_a_snapshot_that_writers_wait_for()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        var told = new Told(vault);

        var report = await told.RotateAsync(Slowly(2), store => store.WritersWaitForSnapshots = true);

        Assert.Equal(TimeSpan.Zero, report.Durations[RotationPhase.Plan]);
        Assert.Equal(TimeSpan.Zero, report.Durations[RotationPhase.Verify]);
        Assert.InRange(report.Durations[RotationPhase.Sweep].TotalSeconds, 3.5, 4.5);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task An_initialisation_keeps_it_too()
    {
        using var vault = new Vault(Ids);

        var report = await new Told(vault).InitAsync(Slowly(2));

        Assert.InRange(report.Durations[RotationPhase.Sweep].TotalSeconds, 3.5, 4.5);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_run_that_is_not_throttled_rests_for_no_moment_and_asks_for_no_load()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        var told = new Told(vault);
        WatchedStore? watched = null;
        told.Time.OnWait = _ => Assert.Fail("It rested.");

        await told.RotateAsync(watch: store => watched = store);

        Assert.Equal(0, watched!.LoadAsked);
    }

    [Fact]
    public async Task Pages_are_no_larger_than_was_asked_for()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        WatchedStore? watched = null;

        await new Told(vault).RotateAsync(Told.Options with { Throttle = Throttle.Auto }, store => watched = store);

        Assert.Equal([.. Enumerable.Repeat("read 2", 4)], Reads(watched!));
    }

    [Fact]
    public async Task Auto_rests_longer_where_others_wait()
    {
        var (quiet, busy) = (await RestsAsync(StoreLoad.Unknown), await RestsAsync(new StoreLoad(3, 0, TimeSpan.Zero)));

        Assert.InRange(busy, 1.2 * quiet, double.MaxValue);

        static async Task<double> RestsAsync(StoreLoad load)
        {
            using var vault = await Vault.InitializedAsync([.. Enumerable.Range(1, 40).Select(i => $"{i}")]);
            var told = new Told(vault);
            var rests = TimeSpan.Zero;
            told.Time.OnWait = rest => rests += rest;
            await told.RotateAsync(Told.Options with { Throttle = Throttle.Auto }, store =>
            {
                store.Load = asked => asked <= RestRule.Samples ? StoreLoad.Unknown : load;
                store.BeforeReplace = _ => told.Time.Pass(0.02);      // a page takes a while, and rests are multiples of that
            });
            return rests.TotalSeconds;
        }
    }

    [Fact]
    public async Task That_the_replicas_cannot_be_seen_is_said_once()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        var told = new Told(vault);

        await told.RotateAsync(Told.Options with { Throttle = Throttle.Auto }, store => store.Load = _ => new(0, null, TimeSpan.Zero));

        var note = Assert.Single(told.Story.Lines, line => line.Contains("pg_monitor", StringComparison.Ordinal));
        Assert.StartsWith("note ", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rests_are_not_taken_for_a_service_that_goes_on_writing_with_the_old_key()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        using var service = vault.LoadKeyset();
        var told = new Told(vault);

        // A snapshot rests for 8 s, and is not all: more than a service is waited for.
        var report = await told.RotateAsync(Slowly(1) with { SettleTimeout = TimeSpan.FromSeconds(5) }, store =>
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot == 2)
                    vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(service, "secret of a"));
            });

        Assert.InRange(report.Durations[RotationPhase.Verify].TotalSeconds, 14, 17);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Nobody_rests_behind_a_fence()
    {
        using var vault = await Vault.InitializedAsync(Ids);
        var told = new Told(vault);
        await told.RotateAsync();
        var fenced = 0;

        await told.RotateAsync(Slowly(1) with { Prune = true }, store =>
        {
            store.BeforeFence = () => told.Time.OnWait = _ => fenced++;
            store.BeforeRelease = () => told.Time.OnWait = _ => { };
        });

        Assert.Contains("phase Prune", told.Story.Lines);
        Assert.Equal(0, fenced);
    }

    [Theory]
    [InlineData(RotationPhase.Plan)]
    [InlineData(RotationPhase.Sweep)]
    [InlineData(RotationPhase.Verify)]
    public async Task A_stop_ends_a_rest_at_once(RotationPhase phase)
    {
        using var vault = await Vault.InitializedAsync(Ids);
        using var stop = new CancellationTokenSource();
        var told = new Told(vault);
        told.Story.OnLine = line =>
        {
            if (line == $"phase {phase}")
                (told.Time.StandsStill, told.Time.OnWait) = (true, _ => stop.Cancel());
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => told.RotateAsync(Slowly(1), stop: stop.Token).WaitAsync(Patience));

        vault.AssertIntact(underPrimary: phase == RotationPhase.Verify);
        told = new Told(vault);
        await told.RotateAsync();
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_page_that_was_to_be_written_when_the_stop_came_is_written()
    {
        using var stop = new CancellationTokenSource();
        var time = new SwiftTime { StandsStill = true, OnWait = _ => stop.Cancel() };
        using var turns = new Turns(Pace.For(Throttle.Steady(1)), time, stop.Token);
        await turns.ReadAsync(() => Task.FromResult(1), rows => rows, _ => throw new InvalidOperationException(), default);

        var written = await turns.WriteAsync(() => Task.FromResult("written")).WaitAsync(Patience);

        Assert.Equal("written", written);
        Assert.True(stop.IsCancellationRequested);
    }

    [Fact]
    public async Task One_page_at_a_time_is_on_the_database()
    {
        using var turns = new Turns(Pace.For(Throttle.Steady(1000)), new SwiftTime(), default);
        var first = new TaskCompletionSource<int>();
        var read = turns.ReadAsync(() => first.Task, rows => rows, _ => throw new InvalidOperationException(), default);
        var begun = false;

        var write = turns.WriteAsync(() => Task.FromResult(begun = true));

        Assert.False(begun);
        first.SetResult(1);
        await read;
        Assert.True(await write.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_page_that_fails_lets_the_next_have_its_turn()
    {
        using var turns = new Turns(Pace.For(Throttle.Auto), new SwiftTime(), default);
        await Assert.ThrowsAsync<StoreException>(() => turns.WriteAsync<int>(() => throw new StoreException("broken")));

        Assert.Equal(1, await turns.WriteAsync(() => Task.FromResult(1)).WaitAsync(Patience));
    }

    [Fact]
    public async Task The_clock_of_work_stands_still_in_a_rest_and_at_no_other_time()
    {
        var time = new SwiftTime();
        using var turns = new Turns(Pace.For(Throttle.Steady(1)), time, default);
        var since = turns.WorkTime.GetTimestamp();
        time.Pass(3);
        await turns.ReadAsync(() => Task.FromResult(1), rows => rows, _ => throw new InvalidOperationException(), default);
        time.OnWait = _ => Assert.Equal(TimeSpan.FromSeconds(3), turns.WorkTime.GetElapsedTime(since));

        await turns.WriteAsync(() => Task.FromResult(1));

        Assert.Equal(TimeSpan.FromSeconds(3), turns.WorkTime.GetElapsedTime(since));
        time.Pass(2);
        Assert.Equal(TimeSpan.FromSeconds(5), turns.WorkTime.GetElapsedTime(since));
    }

    private static IEnumerable<string> Reads(WatchedStore watched) =>
        watched.Transcript.Where(line => line.StartsWith("read ", StringComparison.Ordinal))
            .Select(line => line[..line.IndexOf(" of ", StringComparison.Ordinal)]).Where(read => read != "read 0");

    private static RotationOptions Slowly(int rowsPerSecond) => Told.Options with { Throttle = Throttle.Steady(rowsPerSecond) };
}
