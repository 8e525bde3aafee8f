using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>A project for which the generator ran, before an edit and after it.</summary>
internal sealed class EditedProject
{
    private readonly GeneratorRunResult _result;

    private EditedProject(GeneratorRunResult result) => _result = result;

    /// <summary>What is generated for the first entity.</summary>
    public string Source => _result.GeneratedSources[0].SourceText.ToString();

    public IReadOnlyList<Diagnostic> Diagnostics => _result.Diagnostics;

    /// <summary>Edits one file. What the generator comes to must be what it comes to where it has never run before.</summary>
    /// <param name="files">The project before the edit.</param>
    /// <param name="file">The file that is edited.</param>
    /// <param name="text">Its text after the edit.</param>
    /// <param name="baseline">The text of the project's list of shipped fields, where it has one.</param>
    public static EditedProject After(
        IEnumerable<(string Path, string Text)> files, string file, string text, string? baseline = null)
    {
        var before = TestCompilation.Of(files);
        var tree = before.SyntaxTrees.Single(tree => tree.FilePath == file);
        return After(
            before, before.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(text, TestCompilation.ParseOptions, file)), baseline);
    }

    /// <inheritdoc cref="After(IEnumerable{ValueTuple{string, string}}, string, string, string)"/>
    public static EditedProject After(Compilation before, Compilation edited, string? baseline = null)
    {
        var unused = TestCompilation.Driver();
        if (baseline is not null)
            unused = unused.AddAdditionalTexts([new TestFile("EncryptedFields.Shipped.txt", baseline)]);
        var after = unused.RunGenerators(before).RunGenerators(edited).GetRunResult().Results.Single();
        // Other trees of the same text: nothing that is known by a tree is known of these.
        var copy = edited.RemoveAllSyntaxTrees().AddSyntaxTrees(edited.SyntaxTrees.Select(
            tree => CSharpSyntaxTree.ParseText(tree.GetText(), (CSharpParseOptions)tree.Options, tree.FilePath)));
        var afresh = unused.RunGenerators(copy).GetRunResult().Results.Single();
        Assert.Null(afresh.Exception);
        Assert.Equal(Text(afresh), Text(after));
        return new EditedProject(after);
    }

    /// <summary>Why a step ran, for each thing that came out of it.</summary>
    public IncrementalStepRunReason[] Reasons(string step) => ReasonsOf(_result.TrackedSteps[step]);

    public IncrementalStepRunReason[] Outputs() => ReasonsOf(_result.TrackedOutputSteps.SelectMany(step => step.Value));

    /// <summary>The one thing that came out of a step.</summary>
    public T Value<T>(string step) => (T)Assert.Single(_result.TrackedSteps[step].SelectMany(run => run.Outputs)).Value;

    private static IncrementalStepRunReason[] ReasonsOf(IEnumerable<IncrementalGeneratorRunStep> runs)
    {
        var reasons = runs.SelectMany(run => run.Outputs).Select(output => output.Reason).ToArray();
        Assert.NotEmpty(reasons);
        return reasons;
    }

    private static string[] Text(GeneratorRunResult result) =>
    [
        .. result.GeneratedSources.Select(source => $"{source.HintName}: {source.SourceText}"),
        .. result.Diagnostics.Select(diagnostic => diagnostic.ToString()),
    ];
}
