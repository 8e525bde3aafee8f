using System.Diagnostics;
using PmmCrypt.Testing;
using PmmCrypt.Tool.Tests;

namespace PmmCrypt.Faults.Tests;

/// <summary>Waits for something to be so.</summary>
internal static class Waiting
{
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
                var result = await Site.EndAsync(run);
                Assert.Fail($"The run ended with {result.ExitCode} before this was so: {what}\n{result.Error}");
            }

            Assert.True(clock.Elapsed < PmmCryptProgram.Timeout, $"This did not come to be so: {what}");
            await Task.Delay(20);
        }
    }
}
