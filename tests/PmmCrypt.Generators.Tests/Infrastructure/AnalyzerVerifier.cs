using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

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
    public static Task Reports(string source, string? options = null, params string[] libraries)
    {
        var test = new Test { TestCode = RuleVerifier.Usings + source };
        test.TestState.Sources.AddRange(libraries.Select((text, i) => ($"Library{i}.cs", "#nullable enable\n" + text)).Select(
            library => (library.Item1, Microsoft.CodeAnalysis.Text.SourceText.From(library.Item2))));
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
