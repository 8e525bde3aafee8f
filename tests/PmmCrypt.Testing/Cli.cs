namespace PmmCrypt.Testing;

/// <summary>Runs a program to its end.</summary>
public static class Cli
{
    /// <summary>Long enough for a build on a busy machine, short enough for a hung test to be seen.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Runs a program and captures what it says. See <see cref="CliProcess.Start"/> for the parameters.</summary>
    public static async Task<CliResult> RunAsync(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? input = null,
        string? folder = null,
        TimeSpan? timeout = null)
    {
        using var process = CliProcess.Start(file, arguments, environment, input, folder);
        return await process.WaitAsync(timeout ?? DefaultTimeout);
    }
}
