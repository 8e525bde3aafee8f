using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Pacing;

/// <summary>
/// Lets one piece of work onto the database at a time, each when the pace allows it. The rest comes before the work: after the last page
/// nobody waits, and a stop ends a rest at once.
/// </summary>
internal sealed class Turns(Pace pace, TimeProvider time, CancellationToken stop) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly long _since = time.GetTimestamp();
    private readonly RestlessTime _workTime = new(time);
    private TimeSpan _next;

    /// <summary>The most rows of the next page.</summary>
    public int Rows => pace.Rows;

    /// <summary>A clock that stands still during rests.</summary>
    public TimeProvider WorkTime => _workTime;

    private TimeSpan Now => time.GetElapsedTime(_since);

    /// <summary>Rests, asks how busy the database is where the pace wants to know, and reads.</summary>
    public Task<T> ReadAsync<T>(
        Func<Task<T>> read, Func<T, int> rows, Func<CancellationToken, Task<StoreLoad>> load, CancellationToken cancellation) =>
        InTurnAsync(
            async () =>
            {
                cancellation.ThrowIfCancellationRequested();
                while (pace.WantsLoad(Now))
                    pace.Hear(await load(cancellation).ConfigureAwait(false), Now);
            },
            read,
            rows);

    /// <summary>Rests, and writes. A stop ends the rest, and the page is written.</summary>
    public Task<T> WriteAsync<T>(Func<Task<T>> write) => InTurnAsync(() => Task.CompletedTask, write, _ => 0);

    public void Dispose() => _turn.Dispose();

    private async Task<T> InTurnAsync<T>(Func<Task> before, Func<Task<T>> work, Func<T, int> rows)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);        // who has the turn hears of a stop
        try
        {
            await RestAsync().ConfigureAwait(false);
            await before().ConfigureAwait(false);
            var from = Now;
            var result = await work().ConfigureAwait(false);
            _next = pace.Next(new Work(rows(result), from, Now));
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RestAsync()
    {
        var rest = _next - Now;
        if (rest <= TimeSpan.Zero || stop.IsCancellationRequested)
            return;
        _workTime.Stop();
        await Task.Delay(rest, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _workTime.GoOn();
    }

    /// <summary>Another clock, less the time for which it was stopped.</summary>
    private sealed class RestlessTime(TimeProvider time) : TimeProvider
    {
        private readonly Lock _changing = new();
        private long? _stopped;
        private long _rested;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

        public override long GetTimestamp()
        {
            lock (_changing)
                return (_stopped ?? time.GetTimestamp()) - _rested;
        }

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);

        public void Stop()
        {
            lock (_changing)
                _stopped = time.GetTimestamp();
        }

        public void GoOn()
        {
            lock (_changing)
            {
                _rested += time.GetTimestamp() - _stopped!.Value;
                _stopped = null;
            }
        }
    }
}
