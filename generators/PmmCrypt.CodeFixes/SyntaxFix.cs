using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Editing;

namespace PmmCrypt.CodeFixes;

/// <summary>A fix that edits the document in which the diagnostic stands; several at once edit it once.</summary>
public abstract class SyntaxFix : CodeFixProvider
{
    private readonly string _id;
    private readonly string _title;

    private protected SyntaxFix(string id, string title)
    {
        _id = id;
        _title = title;
    }

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds => [_id];

    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => FixAllProvider.Create(
        async (context, document, diagnostics) => await FixAsync(document, diagnostics, context.CancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var cancellation = context.CancellationToken;
        var editor = await DocumentEditor.CreateAsync(context.Document, cancellation).ConfigureAwait(false);
        foreach (var diagnostic in context.Diagnostics)
        {
            if (Edit(editor, NodeOf(editor, diagnostic)) is not null)
            {
                context.RegisterCodeFix(
                    CodeAction.Create(_title, token => FixAsync(context.Document, [diagnostic], token), _title), diagnostic);
            }
        }
    }

    /// <summary>What has to be done at this place, or null where that is not known for sure. Does nothing yet.</summary>
    /// <param name="editor">The document, as it was.</param>
    /// <param name="node">The node on which the diagnostic stands.</param>
    private protected abstract Action? Edit(DocumentEditor editor, SyntaxNode node);

    private async Task<Document> FixAsync(Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellation)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellation).ConfigureAwait(false);
        foreach (var diagnostic in diagnostics)
            Edit(editor, NodeOf(editor, diagnostic))?.Invoke();
        return await ImportAdder.AddImportsAsync(editor.GetChangedDocument(), EditorExtensions.WantsUsing, cancellationToken: cancellation)
            .ConfigureAwait(false);
    }

    private static SyntaxNode NodeOf(DocumentEditor editor, Diagnostic diagnostic) =>
        editor.OriginalRoot.FindNode(diagnostic.Location.SourceSpan);
}
