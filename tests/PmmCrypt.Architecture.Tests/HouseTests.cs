using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PmmCrypt.Architecture.Tests;

/// <summary>How the tree looks to who opens it for the first time.</summary>
public sealed partial class HouseTests
{
    private const int MostLines = 400;

    [Fact]
    public void The_top_level_holds_what_DESIGN_lists()
    {
        string[] allowed =
        [
            "PmmCrypt.sln", "global.json", "README.md", "LICENSE", "CHANGELOG.md", "docs", "Directory.Build.props",
            "Directory.Packages.props", "src", "generators", "tests",
        ];

        Assert.Empty(Tracked().Select(path => path.Split('/')[0]).Distinct().Where(name => !name.StartsWith('.')).Except(allowed));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = SolutionProject().Matches(Repository.Text("PmmCrypt.sln"))
            .Select(match => match.Groups["path"].Value.Replace('\\', '/'))
            .Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));
        var tree = Repository.Projects.Values.Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'));

        Assert.Equal(tree.Order(StringComparer.Ordinal), solution.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_quick_run_leaves_out_no_test_that_is_quick()
    {
        using var filter = JsonDocument.Parse(Repository.Text("tests/quick.slnf"));
        var built = filter.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray()
            .Select(path => Path.GetFileNameWithoutExtension(path.GetString()!.Replace('\\', '/')));
        var leftOut = Repository.Projects.Keys.Except(built).ToArray();

        Assert.NotEmpty(leftOut);
        Assert.DoesNotContain(
            leftOut.SelectMany(name => Repository.Files("*.cs", Path.GetDirectoryName(Repository.Projects[name])!)).Select(File.ReadAllText),
            source => (source.Contains("Fact]", StringComparison.Ordinal) || source.Contains("Theory]", StringComparison.Ordinal))
                && !source.Contains("Trait(\"Category\", \"Slow\")", StringComparison.Ordinal));
    }

    [Fact]
    public void A_project_is_named_as_its_folder() => Assert.All(
        Repository.Projects.Values,
        path => Assert.Equal(Path.GetFileNameWithoutExtension(path), Path.GetFileName(Path.GetDirectoryName(path))));

    [Fact]
    public void No_file_of_the_product_is_long() => Assert.DoesNotContain(
        Repository.Files("*.cs", "src", "generators"), path => File.ReadLines(path).Count() > MostLines);

    /// <summary>What <c>CliProcess</c> starts is searched for secrets. The one other start is of a terminal, whose test looks at it itself.</summary>
    [Fact]
    public void The_tests_of_the_tool_start_no_process_past_the_search_of_what_it_says() => Assert.Equal(
        ["PasswordTests.cs"],
        Repository.Files("*.cs", "tests")
            .Where(path => ToolsTests().IsMatch(path.Replace('\\', '/')) && OwnStart().IsMatch(File.ReadAllText(path)))
            .Select(Path.GetFileName));

    [Fact]
    public void The_runtime_is_made_for_AOT_and_reflects_on_nothing()
    {
        Assert.Equal("true", Repository.Project("PmmCrypt").Descendants("IsAotCompatible").Single().Value);
        Assert.DoesNotContain(
            Repository.Files("*.cs", "src/PmmCrypt"),
            path => Reflection().IsMatch(File.ReadAllText(path)));
    }

    [Fact]
    public void No_property_on_a_documented_command_line_has_a_semicolon_at_which_MSBuild_would_end_it()
    {
        var properties = Tracked().Where(path => Path.GetExtension(path) is ".md" or ".yml")
            .SelectMany(path => Property().Matches(Repository.Text(path))).Select(match => match.Value).ToArray();

        Assert.NotEmpty(properties);
        Assert.DoesNotContain(properties, property => property.Contains(';', StringComparison.Ordinal));
    }

    [Fact]
    public void The_README_names_the_verbs_of_the_tool()
    {
        var section = Repository.Text("README.md").Split("\n## ").Single(text => text.StartsWith("The tool\n", StringComparison.Ordinal));
        var block = section.Split('\n').SkipWhile(line => !line.StartsWith("    ", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith("    ", StringComparison.Ordinal))
            .Select(line => line[4..]).Where(line => !line.StartsWith(' ')).ToArray();
        var verbs = block.SelectMany(VerbsOf);

        Assert.Equal(VerbsOfTheTool().Order(StringComparer.Ordinal), verbs.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_on_the_build_names_each_property_that_the_package_reads()
    {
        var read = new[] { "props", "targets" }
            .SelectMany(kind => BuildProperty().Matches(Repository.Text($"src/PmmCrypt/buildTransitive/PmmCrypt.{kind}")))
            .Select(match => match.Groups["name"].Value).Where(name => name != "PmmCryptManifestFile").Distinct();
        var named = BuildPropertyRow().Matches(Repository.Text("docs/msbuild.md")).Select(match => match.Groups["name"].Value);

        Assert.Equal(named.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("docs/safety.md")]
    [InlineData("docs/pmm.md")]
    public void The_tests_that_a_page_names_are_there(string page)
    {
        var sources = Repository.Files("*.cs", "tests").Select(File.ReadAllText).ToArray();
        var named = TestName().Matches(Repository.Text(page)).Select(match => match.Groups).ToArray();

        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, name => !sources.Any(source =>
            source.Contains($" class {name["class"]}", StringComparison.Ordinal)
            && (!name["method"].Success || source.Contains($" {name["method"]}(", StringComparison.Ordinal))));
    }

    [Fact]
    public void Each_row_of_the_page_on_PMM_names_a_test()
    {
        var rows = Repository.Text("docs/pmm.md").Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Where(line => !line.EndsWith("| held by |", StringComparison.Ordinal));

        Assert.NotEmpty(rows);
        Assert.DoesNotContain(rows, row => !TestName().Matches(row.Split('|')[^2]).Any(match => match.Groups["method"].Success));
    }

    /// <summary>A line of the README's block: <c>key a | b ID | c</c>, or a verb and what it does.</summary>
    private static IEnumerable<string> VerbsOf(string line) => line.StartsWith("key ", StringComparison.Ordinal)
        ? line[4..].Split(" | ").Select(part => $"key {part.Split(' ')[0]}")
        : [line.Split(' ')[0]];

    private static IEnumerable<string> VerbsOfTheTool() => Help().SelectMany(verb =>
        Help(verb) is { Count: > 0 } inner ? inner.Select(name => $"{verb} {name}") : [verb]);

    /// <summary>The commands that the built tool lists.</summary>
    private static List<string> Help(params string[] verb)
    {
        var output = Run(Path.Combine(AppContext.BaseDirectory, "pmm-crypt"), [.. verb, "--help"]);
        return [.. output.Split('\n').SkipWhile(line => line.TrimEnd() != "Commands:").Skip(1)
            .TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal)).Select(line => line.Trim().Split(' ')[0])];
    }

    private static string[] Tracked() =>
        Run("git", ["-C", Repository.Root, "-c", "safe.directory=*", "ls-files", "-z"]).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static string Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    [GeneratedRegex(@"`(?<class>[A-Z][A-Za-z]+Tests)(\.(?<method>\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"PmmCrypt\.(Tool|Faults|Kill|Secrecy|Packages)\.Tests/")]
    private static partial Regex ToolsTests();

    [GeneratedRegex(@"(?<!Cli)\bProcess\.Start\(|new Process\b")]
    private static partial Regex OwnStart();

    [GeneratedRegex("""(\$\(|CompilerVisibleProperty Include=")(?<name>(PmmCrypt|EnableDefault)\w+)[)"]""")]
    private static partial Regex BuildProperty();

    [GeneratedRegex("""-p:\w+=("[^"]*"|'[^']*'|[^\s`|]*)""")]
    private static partial Regex Property();

    [GeneratedRegex(@"^\| `(?<name>\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex BuildPropertyRow();

    [GeneratedRegex("""^Project\("[^"]*"\) = "[^"]*", "(?<path>[^"]*)",""", RegexOptions.Multiline)]
    private static partial Regex SolutionProject();

    [GeneratedRegex(@"System\.Reflection|\.GetType\(\)\.Get|Activator\.|typeof\([^)]*\)\.Get(Propert|Method|Field|Member|Custom)")]
    private static partial Regex Reflection();
}
