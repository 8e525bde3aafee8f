using System.Reflection;
using System.Xml.Linq;

namespace PmmCrypt.Architecture.Tests;

/// <summary>DESIGN §2's arrows: who may know whom, by the project files and by what was built from them.</summary>
public sealed class ReferenceTests
{
    /// <summary>Whom a project compiles against. Build order, and generators that run in the compiler, are no knowing.</summary>
    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["PmmCrypt"] = [],
        ["PmmCrypt.Pmm"] = ["PmmCrypt"],
        ["PmmCrypt.Rotation"] = ["PmmCrypt"],
        ["PmmCrypt.PostgreSql"] = ["PmmCrypt.Rotation"],
        ["PmmCrypt.Sqlite"] = ["PmmCrypt.Rotation"],
        ["PmmCrypt.Tool"] = ["PmmCrypt.Pmm", "PmmCrypt.PostgreSql", "PmmCrypt.Sqlite"],
    };

    /// <summary>The packages of a data provider, and who may use each.</summary>
    private static readonly Dictionary<string, string[]> Providers = new()
    {
        ["Npgsql"] = ["PmmCrypt.PostgreSql", "pmm-crypt"],
        ["Microsoft.Data.Sqlite"] = ["PmmCrypt.Sqlite", "pmm-crypt"],
    };

    public static TheoryData<string> Products => [.. Repository.ProjectsBelow("src")];

    public static TheoryData<string> Generators => [.. Repository.ProjectsBelow("generators")];

    [Theory, MemberData(nameof(Products))]
    public void A_product_knows_whom_the_design_lets_it_know(string project)
    {
        Assert.True(Known.TryGetValue(project, out var expected), $"{project} is in src, and not in the design.");
        Assert.Equal(expected, CompiledAgainst(project));
    }

    [Theory, MemberData(nameof(Generators))]
    public void A_generator_knows_no_product(string project) =>
        Assert.Empty(References(project).Select(NameOf).Except(Repository.ProjectsBelow("generators")));

    [Fact]
    public void What_was_built_refers_to_no_more_than_that()
    {
        foreach (var (project, direct) in Known)
        {
            var name = project == "PmmCrypt.Tool" ? "pmm-crypt" : project;
            var assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
            var references = assembly.GetReferencedAssemblies().Select(reference => reference.Name!).ToArray();

            var allowed = new HashSet<string>(direct);
            while (allowed.Concat(allowed.SelectMany(other => Known[other])).Except(allowed).ToArray() is { Length: > 0 } more)
                allowed.UnionWith(more);
            Assert.Empty(references.Where(reference => reference.StartsWith("PmmCrypt", StringComparison.Ordinal)).Except(allowed));
            foreach (var (provider, users) in Providers)
            {
                var refers = references.Any(other => other.StartsWith(provider, StringComparison.Ordinal));
                Assert.True(users.Contains(name) || !refers, $"{name} refers to {provider}.");
            }
        }
    }

    [Fact]
    public void The_engine_names_no_provider()
    {
        Assert.Empty(Repository.Project("PmmCrypt.Rotation").Descendants("PackageReference"));
        Assert.DoesNotContain(
            Repository.Files("*.cs", "src/PmmCrypt.Rotation").Select(File.ReadAllText),
            text => Providers.Keys.Any(provider => text.Contains($"using {provider}", StringComparison.Ordinal)));
    }

    private static string[] CompiledAgainst(string project) => [.. References(project)
        .Where(reference => Value(reference, "ReferenceOutputAssembly") != "false")
        .Select(NameOf)
        .Order(StringComparer.Ordinal)];

    private static IEnumerable<XElement> References(string project) => Repository.Project(project).Descendants("ProjectReference");

    private static string NameOf(XElement reference) => Path.GetFileNameWithoutExtension(Value(reference, "Include")!.Replace('\\', '/'));

    private static string? Value(XElement item, string name) => item.Attribute(name)?.Value ?? item.Element(name)?.Value;
}
