using System.Diagnostics;

namespace PmmCrypt.Testing.Faults;

/// <summary>Waits for something to be so.</summary>
public static class Waiting
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <summary>Until a query says true, while a run goes on.</summary>
    public static Task UntilAsync(PostgresDatabase database, string query, CliProcess? run = null) =>
        UntilAsync(() => database.ScalarAsync<bool>(query), query, run);

    /// <summary>Until a condition holds, while a run goes on.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, CliProcess? run = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (run?.HasExited == true)
            {
                var result = await run.WaitAsync(Timeout);
                throw new InvalidOperationException(
                    $"The run ended with {result.ExitCode} before this was so: {what}\n{result.Output}\n{result.Error}");
            }

            if (clock.Elapsed > Timeout) throw new TimeoutException($"This did not come to be so: {what}");
            await Task.Delay(20);
        }
    }
}
