using System.Reflection;
using System.Xml.Linq;

namespace PmmCrypt.Architecture.Tests;

/// <summary>The source tree that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>Every project by its name. A sample is none of this house: it is built as its readers build it, on the packages.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } =
        ProjectFiles("src", "generators", "tests").ToDictionary(path => Path.GetFileNameWithoutExtension(path));

    public static string[] ProjectsBelow(string folder) =>
        [.. ProjectFiles(folder).Select(path => Path.GetFileNameWithoutExtension(path))];

    public static XDocument Project(string name) => XDocument.Load(Projects[name]);

    /// <summary>Files below these folders as they were written: what a build made is left out.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories))
        .Where(path => !Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static IEnumerable<string> ProjectFiles(params string[] folders) => Files("*.csproj", folders)
        .Where(path => !Path.GetRelativePath(Root, path).StartsWith(Path.Combine("tests", "Samples"), StringComparison.Ordinal));

    public static string Text(string name) => File.ReadAllText(Path.Combine(Root, name));
}
