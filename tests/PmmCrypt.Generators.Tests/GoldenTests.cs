using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests;

/// <summary>
/// Each folder of Golden holds a case: its input, every file that is generated from it, and the diagnostics. With
/// <c>PMMCRYPT_UPDATE_GOLDEN=1</c> the expected files are rewritten, and the run fails, so that they are read before they are committed.
/// </summary>
public sealed partial class GoldenTests
{
    private const string DiagnosticsFile = "Diagnostics.txt";
    private const string NamingFile = "ColumnNaming.txt";       // what PmmCryptColumnNaming is set to, where it is
    private const string GeneratedFolder = "Generated";

    private static readonly string Root = Path.Combine(TestCompilation.Folder("ProjectDirectory"), "Golden");

    private static bool IsUpdate => Environment.GetEnvironmentVariable("PMMCRYPT_UPDATE_GOLDEN") == "1";

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order()];

    /// <summary>The cases for which code is generated.</summary>
    internal static IEnumerable<string> Sound => Directory.GetDirectories(Root)
        .Where(folder => !File.Exists(Path.Combine(folder, DiagnosticsFile))).Select(folder => Path.GetFileName(folder)!).Order();

    /// <summary>A case with what is generated for it.</summary>
    internal static Compilation Compile(string name) => Generate(Path.Combine(Root, name)).Compiled;

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_generated_is_what_was_approved(string name)
    {
        var folder = Path.Combine(Root, name);
        var (actual, _) = Generate(folder);
        if (IsUpdate)
        {
            Rewrite(folder, actual);
            Assert.Fail($"{name} was rewritten: read it, then run again without PMMCRYPT_UPDATE_GOLDEN.");
        }

        var expected = Expected(folder);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (file, text) in expected)
            Assert.Equal(text, actual[file]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_generated_compiles_without_warnings(string name)
    {
        var (actual, compiled) = Generate(Path.Combine(Root, name));
        if (actual.ContainsKey(DiagnosticsFile))
            return;         // what is refused may not compile: it lacks what would have been generated
        using var assembly = new MemoryStream();
        using var documentation = new MemoryStream();
        var result = compiled.Emit(assembly, xmlDocumentationStream: documentation);
        Assert.Empty(result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning
            && !IsMissingDoc(diagnostic)));
        Assert.True(result.Success);
    }

    [Fact]
    public void Every_kind_of_output_has_a_case()
    {
        var folders = Directory.GetDirectories(Root);
        Assert.Contains(folders, folder => Directory.Exists(Path.Combine(folder, GeneratedFolder)));
        Assert.Contains(folders, folder => File.Exists(Path.Combine(folder, DiagnosticsFile)));
    }

    // The inputs are samples: what they declare needs no documentation of its own. What is generated does.
    private static bool IsMissingDoc(Diagnostic diagnostic) =>
        diagnostic.Id == "CS1591" && !diagnostic.Location.SourceTree!.FilePath.EndsWith(".g.cs", StringComparison.Ordinal);

    private static (SortedDictionary<string, string> Files, Compilation Compiled) Generate(string folder)
    {
        var inputs = Directory.GetFiles(folder, "*.cs").Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file)!, File.ReadAllText(file)));
        var naming = Path.Combine(folder, NamingFile);
        var driver = TestCompilation.Driver(File.Exists(naming) ? File.ReadAllText(naming).Trim() : null)
            .RunGeneratorsAndUpdateCompilation(TestCompilation.Of(inputs), out var compiled, out _);
        var result = driver.GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in result.GeneratedSources)
            files.Add($"{GeneratedFolder}/{source.HintName}", Version().Replace(source.SourceText.ToString(), "$1VERSION$2"));
        if (!result.Diagnostics.IsEmpty)
            files.Add(DiagnosticsFile, string.Concat(result.Diagnostics.Select(diagnostic => diagnostic + "\n")));
        return (files, compiled);
    }

    private static SortedDictionary<string, string> Expected(string folder)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetDirectoryName(file) != folder || Path.GetFileName(file) == DiagnosticsFile);
        return new(files.ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllText),
            StringComparer.Ordinal);
    }

    private static void Rewrite(string folder, SortedDictionary<string, string> files)
    {
        foreach (var old in Expected(folder).Keys)
            File.Delete(Path.Combine(folder, old));
        foreach (var (file, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, file))!);
            File.WriteAllText(Path.Combine(folder, file), text);
        }
    }

    [GeneratedRegex("""(GeneratedCode\("PmmCrypt.Generators", ")[^"]+("\))""")]
    private static partial Regex Version();
}
