using System.Collections;
using PmmCrypt.Testing;

namespace PmmCrypt.Tool.Tests;

/// <summary>Runs the tool's program.</summary>
internal static class PmmCryptProgram
{
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static readonly string File = ToolProgram.File;

    /// <summary>Runs it to its end, as this user or, where one is named and the tests are root's, as another.</summary>
    public static async Task<ToolResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? input = null, string? user = null)
    {
        string[] all = [.. arguments];
        using var process = user is null
            ? CliProcess.Start(File, all, Clean(environment), input)
            : CliProcess.Start("runuser", ["-u", user, "--", File, .. all], Clean(environment), input);
        return ToolResult.Of($"pmm-crypt {string.Join(' ', all)}", await process.WaitAsync(Timeout));
    }

    /// <summary>Whether a user of this machine can run what the build put here: not below a folder that is root's alone.</summary>
    public static async Task<bool> IsForAsync(string user) =>
        (await Cli.RunAsync("runuser", ["-u", user, "--", "test", "-r", File])).ExitCode == 0;

    public static CliProcess Start(IEnumerable<string> arguments) => CliProcess.Start(File, arguments, Clean(null));

    /// <summary>What the developer's shell says about databases and keys is taken out.</summary>
    public static Dictionary<string, string?> Clean(IReadOnlyDictionary<string, string?>? environment)
    {
        var clean = new Dictionary<string, string?>();
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (name.StartsWith("PMM_", StringComparison.Ordinal) || name.StartsWith("PG", StringComparison.Ordinal)) clean[name] = null;
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) clean[name] = value;
        return clean;
    }
}
