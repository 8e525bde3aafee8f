using PmmCrypt.Testing;

namespace PmmCrypt.Packages.Tests;

/// <summary>The tool as one native file, made once by the script that makes it for a user.</summary>
public sealed class NativeFixture : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(15);

    private readonly TempFolder _folder = new();
    private string? _missing;

    /// <summary>The folder that the script was told to write to.</summary>
    public string Folder => _folder["native"];

    /// <summary>What the script said.</summary>
    internal CliResult Published { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var script = Path.Combine(PackagesFixture.RepositoryRoot, "src", "PmmCrypt.Tool", "publish-native.sh");
        Published = await Cli.RunAsync("bash", [script, Folder], timeout: Timeout);
        // Without a compiler there is no file: on a laptop a reason to skip, in CI a failure.
        if (Published.ExitCode != 0 && Published.Error.Contains("(Debian: ", StringComparison.Ordinal) && !TestMachine.IsCi)
            _missing = Published.Error;
        else
            Published.EnsureSuccess();
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>The file; the calling test, a SkippableFact, is skipped where this machine cannot make it.</summary>
    public string Require()
    {
        Skip.If(_missing is not null, _missing);
        return Path.Combine(Folder, "pmm-crypt");
    }

    /// <summary>A new folder.</summary>
    public string NewFolder()
    {
        var path = _folder[$"test-{Guid.NewGuid():N}"];
        Directory.CreateDirectory(path);
        return path;
    }
}
