using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>Runs a code fix over what an analyzer reports: one after the other, and all at once.</summary>
internal static class FixVerifier<TAnalyzer, TFix>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TFix : CodeFixProvider, new()
{
    /// <param name="source">The source, in which <c>{|PMMC0001:…|}</c> marks what is reported.</param>
    /// <param name="expected">What the fix makes of it; what is still marked, it leaves.</param>
    /// <param name="files">Additional files, before and after.</param>
    public static Task Fixes(string source, string expected, params (string Name, string Before, string After)[] files) =>
        Run(RuleVerifier.Usings + source, RuleVerifier.Usings + expected, files);

    /// <summary>Fixes nothing: the cause is none that the fix is sure of.</summary>
    public static Task Leaves(string source) => Fixes(source, source);

    /// <summary>The same, without the usual usings.</summary>
    public static Task Run(string source, string expected, params (string Name, string Before, string After)[] files)
    {
        var test = new CSharpCodeFixTest<TAnalyzer, TFix, DefaultVerifier>
        {
            ReferenceAssemblies = new ReferenceAssemblies("net10.0"),
            TestCode = source,
            FixedCode = expected,
            CodeFixTestBehaviors = CodeFixTestBehaviors.SkipLocalDiagnosticCheck,
        };
        test.TestState.AdditionalReferences.AddRange(TestCompilation.References);
        test.FixedState.AdditionalReferences.AddRange(TestCompilation.References);
        test.TestState.AdditionalFiles.AddRange(files.Select(file => (file.Name, SourceText.From(file.Before))));
        test.FixedState.AdditionalFiles.AddRange(files.Select(file => (file.Name, SourceText.From(file.After))));
        return test.RunAsync();
    }
}
