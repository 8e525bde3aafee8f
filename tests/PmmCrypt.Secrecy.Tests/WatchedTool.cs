using System.Collections;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Secrets;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>
/// Runs the tool's program, and looks meanwhile at what others see of it: its command line, its environment, and the files of its
/// folders.
/// </summary>
internal sealed class WatchedTool : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(15);

    /// <summary>The tool.</summary>
    public static readonly string Program = ToolProgram.File;

    private readonly SecretSearch _search;
    private readonly CliProcess _process;
    private readonly string[] _folders;
    private readonly Predicate<string> _isExempt;
    private readonly Task<int> _watch;

    private WatchedTool(SecretSearch search, string[] arguments, CliProcess process, string[] folders, Predicate<string> isExempt)
    {
        _search = search;
        Arguments = arguments;
        _process = process;
        _folders = folders;
        _isExempt = isExempt;
        // Its first look is made here and now: threads of the pool may all be at work for as long as the tool runs.
        _watch = WatchAsync();
    }

    /// <param name="search">What is looked for.</param>
    /// <param name="arguments">The tool's arguments.</param>
    /// <param name="scratch">Its folder for temporary files, its home and its current folder.</param>
    /// <param name="folders">Folders whose files are looked into.</param>
    /// <param name="isExempt">Files of them that may hold a secret.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="program">The program; null for the tool by its own name.</param>
    public static WatchedTool Start(
        SecretSearch search, string[] arguments, string scratch, string[] folders, Predicate<string> isExempt,
        IReadOnlyDictionary<string, string?>? environment = null, string? program = null)
    {
        var all = new Dictionary<string, string?>
        {
            ["TMPDIR"] = scratch, ["HOME"] = scratch,
            ["XDG_CONFIG_HOME"] = scratch, ["XDG_CACHE_HOME"] = scratch, ["XDG_DATA_HOME"] = scratch,
        };
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (name.StartsWith("PMM", StringComparison.Ordinal) || name.StartsWith("PG", StringComparison.Ordinal)) all[name] = null;
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) all[name] = value;
        var process = CliProcess.Start(program ?? Program, arguments, all, folder: scratch);
        return new WatchedTool(search, arguments, process, [scratch, .. folders], isExempt);
    }

    public CliProcess Process => _process;

    /// <summary>The tool's arguments.</summary>
    public string[] Arguments { get; }

    /// <summary>Waits for the end, and fails where anything but an exempt file held a secret meanwhile.</summary>
    public async Task<CliResult> WaitAsync()
    {
        var result = await _process.WaitAsync(Timeout);
        try
        {
            Assert.True(await _watch > 0, "It ended before it was looked at.");
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"While {string.Join(' ', Arguments)} ran: {e.Message}");
        }
        return result;
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WatchAsync()
    {
        var looks = 0;
        while (!_process.HasExited)
        {
            if (Read("cmdline") is { Length: > 0 } commandLine && Read("environ") is { Length: > 0 } now)
            {
                _search.RequireNone("the command line", commandLine);
                _search.RequireNone("the environment", now);
                looks++;
            }
            foreach (var folder in _folders) LookInto(folder);
            await Task.Delay(Interval).ConfigureAwait(false);
        }
        return looks;
    }

    private byte[]? Read(string what)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{_process.Id}/{what}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;        // it has just ended
        }
    }

    /// <summary>A folder that is gone by the time it is looked into is looked at the next time, or after the run.</summary>
    private void LookInto(string folder)
    {
        try
        {
            _search.RequireNoneBelow(folder, _isExempt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
