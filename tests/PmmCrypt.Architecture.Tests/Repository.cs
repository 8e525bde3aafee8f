using System.Reflection;
using System.Xml.Linq;

namespace PmmCrypt.Architecture.Tests;

/// <summary>The source tree that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>Every project by its name.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } =
        Files("*.csproj", "src", "generators", "tests").ToDictionary(path => Path.GetFileNameWithoutExtension(path));

    public static string[] ProjectsBelow(string folder) =>
        [.. Files("*.csproj", folder).Select(path => Path.GetFileNameWithoutExtension(path))];

    public static XDocument Project(string name) => XDocument.Load(Projects[name]);

    /// <summary>Files below these folders as they were written: what a build made is left out.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
        .Where(path => !Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    public static string Text(string name) => File.ReadAllText(Path.Combine(Root, name));
}
