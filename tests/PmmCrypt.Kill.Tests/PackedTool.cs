using System.Collections;
using System.Reflection;
using PmmCrypt.Testing;

namespace PmmCrypt.Kill.Tests;

/// <summary>
/// The tool as users have it: packed from what this build left, under a version that nobody has cached, and installed. Where
/// <see cref="ToolProgram"/> names one, its assemblies are then replaced by the same, compiled ahead: it is started many hundred times.
/// </summary>
public sealed class PackedTool : IAsyncLifetime, IDisposable
{
    /// <summary>Longer than any run of these tests takes, also on a busy machine.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly DotnetHome _home;

    public PackedTool() => _home = new DotnetHome(_folder.Path);

    /// <summary>The program.</summary>
    public string Program => Path.Combine(_home.ToolFolder, "dotnet-pmm-crypt");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var version = $"0.1.0-kill.{DateTime.UtcNow:yyyyMMddHHmmssfff}";
        string[] pack =
        [
            "pack", Path.Combine(Metadata("RepositoryRoot"), "src", "PmmCrypt.Tool"), "-c", Metadata("Configuration"), "--no-build",
            "--nologo", "-v", "quiet", "-nodeReuse:false", "-o", _home.Feed, $"-p:Version={version}",
        ];
        string[] install = ["tool", "install", "dotnet-pmm-crypt", "--version", version, "--tool-path", _home.ToolFolder];
        _home.WriteNuGetConfig();
        (await Cli.RunAsync("dotnet", pack, Clean(new Dictionary<string, string?>()))).EnsureSuccess();
        (await Cli.RunAsync("dotnet", install, Clean(_home.Environment(toolOnPath: false)), folder: _folder.Path)).EnsureSuccess();
        if (ToolProgram.IsCompiledAhead)
            TakeFrom(Path.GetDirectoryName(ToolProgram.File)!);
    }

    /// <summary>Starts the tool, or the same program by another name.</summary>
    public CliProcess Start(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? program = null) =>
        CliProcess.Start(program ?? Program, arguments, Clean(environment));

    /// <summary>Runs the tool to its end.</summary>
    public async Task<CliResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? program = null)
    {
        using var process = Start(arguments, environment, program);
        return await process.WaitAsync(Timeout);
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private void TakeFrom(string folder)
    {
        var program = Assert.Single(Directory.GetFiles(_home.ToolFolder, "pmm-crypt.dll", SearchOption.AllDirectories));
        var installed = Path.GetDirectoryName(program)!;
        foreach (var assembly in Directory.GetFiles(installed, "*.dll").Select(Path.GetFileName))
        {
            if (File.Exists(Path.Combine(folder, assembly!)))
                File.Copy(Path.Combine(folder, assembly!), Path.Combine(installed, assembly!), overwrite: true);
        }
    }

    /// <summary>What the test run's own host, or the developer's shell, says must not reach a build or the tool.</summary>
    internal static Dictionary<string, string?> Clean(IReadOnlyDictionary<string, string?>? environment)
    {
        var clean = new Dictionary<string, string?>();
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (name.StartsWith("PMM_", StringComparison.Ordinal) || name.StartsWith("PG", StringComparison.Ordinal)
                || name.StartsWith("MSBuild", StringComparison.Ordinal) || name is "DOTNET_HOST_PATH" or "MSBUILDEXTENSIONSPATH")
                clean[name] = null;
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) clean[name] = value;
        return clean;
    }

    private static string Metadata(string key) => typeof(PackedTool).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
