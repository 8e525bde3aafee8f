using System.Reflection;
using System.Xml.Linq;
using PmmCrypt.Testing;

namespace PmmCrypt.Packages.Tests;

/// <summary>
/// Packs the library and the tool once, under a version that nobody has cached, installs the tool, and builds a service on the
/// library: outside of the repository, with package cache and .NET home of its own.
/// </summary>
public sealed class PackagesFixture : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly DotnetHome _home;
    private string _transcript = "";

    public PackagesFixture() => _home = new DotnetHome(_folder.Path);

    /// <summary>The version of both packages.</summary>
    public string Version { get; } = $"0.1.0-test.{DateTime.UtcNow:yyyyMMddHHmmssfff}";

    /// <summary>Where the packages are.</summary>
    public string Feed => _home.Feed;

    /// <summary>The service's library with its own entity, as its build left it.</summary>
    public string Consumer => Path.Combine(ServiceFolder, "bin", "Debug", "net10.0", "Shop.Data.dll");

    private string ServiceFolder => _folder["Shop.Data"];

    internal static string RepositoryRoot => typeof(PackagesFixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var inRepository = new Shell(RepositoryRoot, new Dictionary<string, string?> { ["MSBUILDDISABLENODEREUSE"] = "1" });
        // Its outputs apart: the repository's own are those that the other tests run on.
        foreach (var project in new[] { "PmmCrypt", "PmmCrypt.Tool" })
        {
            (await inRepository.RunAsync("dotnet pack {0} -c Release --nologo -v quiet -nodeReuse:false --artifacts-path {1} -o {2} {3}",
                Path.Combine("src", project), _folder["artifacts"], Feed, $"-p:Version={Version}")).Ends(0);
        }
        _transcript = inRepository.Transcript;

        _home.WriteNuGetConfig();
        WriteService();
        var shell = Shell();
        (await shell.RunAsync("dotnet tool install dotnet-pmm-crypt --version {0} --tool-path {1}", Version, _home.ToolFolder)).Ends(0);
        (await shell.RunAsync("dotnet build Shop.Data --nologo -nodeReuse:false -p:UseSharedCompilation=false"))
            .Ends(0).Says("0 Warning(s)");
        _transcript = shell.Transcript;
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>A new folder below the fixture's, in which its package sources hold.</summary>
    public string NewFolder(string name)
    {
        var path = Path.Combine(_folder.Path, $"{name}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A shell that finds the installed tool; its transcript begins with how the packages were made.</summary>
    internal Shell Shell(string? folder = null, bool toolOnPath = true) =>
        new(folder ?? _folder.Path, _home.Environment(toolOnPath), _transcript);

    /// <summary>Writes a project of one file that references the library's package.</summary>
    internal void WriteProject(string folder, string name, string source, params XElement[] items) =>
        WriteProject(folder, name, source, [], items);

    /// <summary>The same, with further properties.</summary>
    internal void WriteProject(string folder, string name, string source, XElement[] properties, XElement[] items)
    {
        Directory.CreateDirectory(folder);
        new XElement(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement(
                "PropertyGroup",
                new XElement("TargetFramework", "net10.0"),
                new XElement("Nullable", "enable"),
                new XElement("ImplicitUsings", "enable"),
                new XElement("TreatWarningsAsErrors", "true"),
                properties),
            new XElement("ItemGroup", Package("PmmCrypt", Version), items)).Save(Path.Combine(folder, $"{name}.csproj"));
        File.WriteAllText(Path.Combine(folder, $"{name}.cs"), source);
    }

    internal static XElement Package(string id, string version) =>
        new("PackageReference", new XAttribute("Include", id), new XAttribute("Version", version));

    private void WriteService() => WriteProject(ServiceFolder, "Shop.Data", ShopSource.Entity);
}
