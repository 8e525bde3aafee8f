using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.CodeFixes;

/// <summary>PMMC0022: adds the line of a new encrypted field to the list of those that no release has yet, in its order.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ListFieldFix : CodeFixProvider
{
    /// <summary>The file that it edits.</summary>
    internal const string ListName = "EncryptedFields.Unshipped.txt";

    /// <summary>The property of the diagnostic that holds the line.</summary>
    internal const string Line = nameof(Line);

    private const string Id = "PMMC0022";
    private const string Title = $"Add it to {ListName}";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [Id];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => new FixAll();

    /// <inheritdoc/>
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var project = context.Document.Project;
        if (ListOf(project) is not null)
        {
            context.RegisterCodeFix(
                CodeAction.Create(Title, token => AddAsync(project.Solution, project.Id, context.Diagnostics, token), Title),
                context.Diagnostics);
        }

        return Task.CompletedTask;
    }

    private static TextDocument? ListOf(Project? project) =>
        project?.AdditionalDocuments.FirstOrDefault(document =>
            document.Name.Equals(ListName, StringComparison.OrdinalIgnoreCase));

    private static async Task<Solution> AddAsync(
        Solution solution, ProjectId project, IEnumerable<Diagnostic> diagnostics, CancellationToken cancellation)
    {
        if (ListOf(solution.GetProject(project)) is not { } list)
            return solution;
        var text = await list.GetTextAsync(cancellation).ConfigureAwait(false);
        // Two entities of one table may have the same field.
        foreach (var line in diagnostics.Select(diagnostic => diagnostic.Properties[Line]!).Distinct())
            text = Insert(text, line);
        return solution.WithAdditionalDocumentText(list.Id, text);
    }

    private static SourceText Insert(SourceText text, string line)
    {
        var next = text.Lines.Cast<TextLine?>().FirstOrDefault(other =>
            other!.Value.ToString() is { Length: > 0 } there && there[0] != '#' && string.CompareOrdinal(there, line) > 0);
        var lineBreak = LineBreakOf(text);
        var end = text.Length > 0 && text.Lines[text.Lines.Count - 1].Span.Length > 0 ? lineBreak : "";
        return next is { } before
            ? text.WithChanges(new TextChange(new TextSpan(before.Start, 0), line + lineBreak))
            : text.WithChanges(new TextChange(new TextSpan(text.Length, 0), end + line + lineBreak));
    }

    /// <summary>As the first line ends; a text without an end of line gets that of Unix.</summary>
    private static string LineBreakOf(SourceText text)
    {
        var first = text.Lines[0];
        return first.EndIncludingLineBreak > first.End
            ? text.ToString(TextSpan.FromBounds(first.End, first.EndIncludingLineBreak))
            : "\n";
    }

    private sealed class FixAll : FixAllProvider
    {
        public override async Task<CodeAction?> GetFixAsync(FixAllContext context)
        {
            var projects = context.Scope == FixAllScope.Solution ? context.Solution.Projects : [context.Project];
            var found = new List<(ProjectId Project, ImmutableArray<Diagnostic> Diagnostics)>();
            foreach (var project in projects)
            {
                var diagnostics = context is { Scope: not (FixAllScope.Project or FixAllScope.Solution), Document: { } document }
                    ? await context.GetDocumentDiagnosticsAsync(document).ConfigureAwait(false)
                    : await context.GetAllDiagnosticsAsync(project).ConfigureAwait(false);
                found.Add((project.Id, diagnostics));
            }

            return CodeAction.Create(
                Title,
                async token =>
                {
                    var solution = context.Solution;
                    foreach (var (project, diagnostics) in found)
                        solution = await AddAsync(solution, project, diagnostics, token).ConfigureAwait(false);
                    return solution;
                },
                Title);
        }
    }
}
