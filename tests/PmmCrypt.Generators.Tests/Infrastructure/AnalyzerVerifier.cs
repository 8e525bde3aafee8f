using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>
/// Runs an analyzer, and the generator before it, over a source in which <c>{|PMMC0016:…|}</c> marks what is to be reported, and where:
/// that, and nothing else.
/// </summary>
internal static class AnalyzerVerifier<TAnalyzer>
    where TAnalyzer : DiagnosticAnalyzer, new()
{
    /// <param name="source">The source; the usual usings stand before it.</param>
    /// <param name="options">What stands in the .editorconfig for C# files.</param>
    /// <param name="libraries">Sources of libraries, of which nothing may be reported.</param>
    /// <param name="files">Additional files.</param>
    public static Task Reports(
        string source, string? options = null, string[]? libraries = null, params (string Name, string Text)[] files)
    {
        var test = new Test { TestCode = RuleVerifier.Usings + source };
        test.TestState.Sources.AddRange((libraries ?? []).Select((text, i) =>
            ($"Library{i}.cs", SourceText.From("#nullable enable\n" + text))));
        test.TestState.AdditionalFiles.AddRange(files.Select(file => (file.Name, SourceText.From(file.Text))));
        if (options is not null)
            test.TestState.AnalyzerConfigFiles.Add(("/.editorconfig", $"root = true\n[*.cs]\n{options}\n"));
        return test.RunAsync();
    }

    private sealed class Test : CSharpAnalyzerTest<TAnalyzer, DefaultVerifier>
    {
        public Test()
        {
            ReferenceAssemblies = new ReferenceAssemblies("net10.0");
            TestState.AdditionalReferences.AddRange(TestCompilation.References);
            TestBehaviors = TestBehaviors.SkipGeneratedSourcesCheck;
        }

        protected override IEnumerable<Type> GetSourceGenerators() => [typeof(EncryptedEntityGenerator)];
    }
}
