using System.Xml.Linq;

namespace PmmCrypt.Testing;

/// <summary>
/// A .NET home, a package feed, a package cache and a folder of tools below a test's own folder: what is installed there comes from this
/// tree, and nobody else sees it.
/// </summary>
public sealed class DotnetHome(string folder)
{
    /// <summary>Where packages are put to be installed from.</summary>
    public string Feed => Path.Combine(folder, "feed");

    /// <summary>A folder named bin, as the one that tools are often installed into.</summary>
    public string ToolFolder => Path.Combine(folder, "bin");

    /// <summary>Where global tools are installed into, and what `dotnet` itself keeps.</summary>
    public string Home => Path.Combine(folder, "home");

    /// <summary>The environment in which `dotnet` uses this home, and finds its tools where it is told to.</summary>
    public Dictionary<string, string?> Environment(bool toolOnPath) => new()
    {
        ["NUGET_PACKAGES"] = Path.Combine(folder, "packages"),
        ["DOTNET_CLI_HOME"] = Home,
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_ADD_GLOBAL_TOOLS_TO_PATH"] = "0",
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "0",
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["PATH"] = (toolOnPath ? ToolFolder + Path.PathSeparator : "") + System.Environment.GetEnvironmentVariable("PATH"),
    };

    /// <summary>
    /// Adds the feed to the sources that this machine has, and the machine's package cache as one to read from: nothing is downloaded
    /// twice.
    /// </summary>
    public void WriteNuGetConfig()
    {
        var home = System.Environment.GetEnvironmentVariable("DOTNET_CLI_HOME") is { Length: > 0 } moved
            ? moved : System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
        var machine = Path.Combine(home, ".nuget", "NuGet", "NuGet.Config");
        if (File.Exists(machine))
        {
            Directory.CreateDirectory(Path.Combine(Home, ".nuget", "NuGet"));
            File.Copy(machine, Path.Combine(Home, ".nuget", "NuGet", "NuGet.Config"));
        }
        var cache = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named : Path.Combine(home, ".nuget", "packages");
        new XElement(
            "configuration",
            new XElement("packageSources", Add("pmmcrypt-test", Feed)),
            Directory.Exists(cache) ? new XElement("fallbackPackageFolders", Add("machine", cache)) : null)
            .Save(Path.Combine(folder, "nuget.config"));

        static XElement Add(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));
    }
}
