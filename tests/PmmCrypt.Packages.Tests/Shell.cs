using System.Collections;
using System.Text;
using PmmCrypt.Testing;

namespace PmmCrypt.Packages.Tests;

/// <summary>Runs commands one after the other, and keeps their transcript: a test that fails shows how it came to that.</summary>
internal sealed class Shell(string folder, IReadOnlyDictionary<string, string?> environment, string transcript = "")
{
    private readonly StringBuilder _transcript = new(transcript);

    /// <summary>Where the commands run.</summary>
    public string Folder { get; } = folder;

    /// <summary>Every command so far, with what it said.</summary>
    public string Transcript => _transcript.ToString();

    /// <summary>Runs a command line, split at its blanks; <c>{0}</c> and so on stand for arguments that may hold blanks.</summary>
    public Task<ShellResult> RunAsync(string line, params string[] arguments) =>
        RunAsync([.. line.Split(' ').Select(word => word is ['{', var digit, '}'] ? arguments[digit - '0'] : word)]);

    /// <summary>Runs a script as a CI step is run: up to the first command that fails.</summary>
    public Task<ShellResult> RunScriptAsync(string script) => RunAsync(["bash", "-e", "-c", script]);

    private async Task<ShellResult> RunAsync(string[] words)
    {
        _transcript.Append(System.Globalization.CultureInfo.InvariantCulture, $"$ {string.Join(' ', words)}\n");
        var all = new Dictionary<string, string?>(environment);
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            // What the test run's own host, or the developer's shell, says must not reach a build or the tool.
            if (name.StartsWith("PMM_", StringComparison.Ordinal) || name.StartsWith("PG", StringComparison.Ordinal)
                || name.StartsWith("MSBuild", StringComparison.Ordinal) || name is "DOTNET_HOST_PATH" or "MSBUILDEXTENSIONSPATH")
                all.TryAdd(name, null);
        }

        var result = await Cli.RunAsync(words[0], words[1..], all, folder: Folder, timeout: TimeSpan.FromMinutes(10));
        _transcript.Append(System.Globalization.CultureInfo.InvariantCulture, $"{result.Output}{result.Error}=> {result.ExitCode}\n");
        return new ShellResult(this, result);
    }
}

/// <summary>What a command came to.</summary>
internal sealed class ShellResult(Shell shell, CliResult result)
{
    public string Output => result.Output;

    public string Error => result.Error;

    public ShellResult Ends(int exitCode) => Require(result.ExitCode == exitCode, $"to end with {exitCode}");

    public ShellResult Says(params string[] words)
    {
        foreach (var word in words) Require((Output + Error).Contains(word, StringComparison.Ordinal), $"to say '{word}'");
        return this;
    }

    public ShellResult DoesNotSay(string word) =>
        Require(!(Output + Error).Contains(word, StringComparison.Ordinal), $"not to say '{word}'");

    public ShellResult Require(bool condition, string what) =>
        condition ? this : throw new Xunit.Sdk.XunitException($"Expected the last command {what}.\n{shell.Transcript}");
}
