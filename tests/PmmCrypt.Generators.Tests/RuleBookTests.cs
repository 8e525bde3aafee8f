using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Diagnostics;
using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests;

/// <summary>A rule is a descriptor, a help page, a line of release tracking and a test class: none of them without the others.</summary>
public sealed partial class RuleBookTests
{
    private static readonly string Generators = TestCompilation.Folder("GeneratorsDirectory");

    private static readonly DiagnosticAnalyzer[] Analyzers = [.. AllOf<DiagnosticAnalyzer>(typeof(Rules))];

    private static readonly string[] Fixed =
        [.. AllOf<CodeFixProvider>(typeof(MakePartialFix)).SelectMany(fix => fix.FixableDiagnosticIds)];

    public static TheoryData<string> Ids => [.. Rules.All().Select(rule => rule.Id)];

    [Fact]
    public void Ids_are_unique_and_without_gaps() => Assert.Equal(
        Enumerable.Range(1, Rules.All().Count()).Select(number => $"PMMC{number:0000}"), Rules.All().Select(rule => rule.Id));

    [Fact]
    public void What_no_analyzer_reports_is_an_error() => Assert.All(
        Rules.All().Except(Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics)),
        rule => Assert.Equal(DiagnosticSeverity.Error, rule.DefaultSeverity));

    [Fact]
    public void A_rule_has_one_analyzer() => Assert.Distinct(
        Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics).Select(rule => rule.Id));

    [Fact]
    public void A_fix_is_for_what_an_analyzer_reports()
    {
        var reported = Analyzers.SelectMany(analyzer => analyzer.SupportedDiagnostics).Select(rule => rule.Id);
        Assert.Empty(Fixed.Except(reported));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_page_says_whether_there_is_a_fix(string id) => Assert.Equal(
        Fixed.Contains(id), File.ReadAllText(Path.Combine(Generators, "rules", $"{id}.md")).Contains("code fix", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Ids))]
    public void It_has_a_page(string id)
    {
        var lines = File.ReadAllLines(Path.Combine(Generators, "rules", $"{id}.md"));
        Assert.Equal($"# {id}: {Rules.Get(id).Title}", lines[0]);
        var headings = lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal));
        Assert.Equal(["## Cause", "## Why", "## How to fix", "## Example"], headings);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void It_has_a_test_class(string id)
    {
        var tests = typeof(RuleBookTests).Assembly.GetTypes().Where(type => type.Name.StartsWith(id, StringComparison.Ordinal));
        Assert.Contains(Assert.Single(tests).GetMethods(), method => method.IsDefined(typeof(FactAttribute), false));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Its_test_class_reports_it(string id)
    {
        var folder = Path.Combine(TestCompilation.Folder("ProjectDirectory"), "RuleTests");
        var text = File.ReadAllText(Assert.Single(Directory.GetFiles(folder, $"{id}*.cs")));
        Assert.Contains($"{{|{id}:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_has_a_line_of_release_tracking()
    {
        var lines = new[] { "AnalyzerReleases.Shipped.md", "AnalyzerReleases.Unshipped.md" }
            .SelectMany(file => File.ReadAllLines(Path.Combine(Generators, "PmmCrypt.Generators", file)))
            .Where(line => ReleaseLine().IsMatch(line));
        var expected = Rules.All().Select(rule => $"{rule.Id} | {rule.Category} | {rule.DefaultSeverity} | {rule.Title}");
        Assert.Equal(expected.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void There_is_no_page_of_a_rule_that_does_not_exist()
    {
        var pages = Directory.GetFiles(Path.Combine(Generators, "rules")).Select(file => Path.GetFileName(file));
        var expected = Rules.All().Select(rule => $"{rule.Id}.md");
        Assert.Equal(expected.Order(StringComparer.Ordinal), pages.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<T> AllOf<T>(Type neighbour) => neighbour.Assembly.GetTypes()
        .Where(type => !type.IsAbstract && typeof(T).IsAssignableFrom(type))
        .Select(type => (T)Activator.CreateInstance(type)!);

    [GeneratedRegex(@"^PMMC\d{4}")]
    private static partial Regex ReleaseLine();
}
