using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Parsing;

/// <summary>One source file as far as entities can depend on it. It is read once, however many compilations the file is in.</summary>
internal sealed class SourceOutline
{
    private static readonly ConditionalWeakTable<SyntaxTree, SourceOutline> Known = new();

    private readonly SourceText _text;
    private readonly IReadOnlyList<(string Name, TextSpan Span)> _byName;
    private readonly string?[] _texts;

    private SourceOutline(SyntaxTree tree, CancellationToken cancellation)
    {
        var root = tree.GetRoot(cancellation);
        _text = tree.GetText(cancellation);
        var parts = FileParts.Of(root);
        Digest = ObjectNumber.Of(tree.Options) + (parts.HasStatements ? "!" : " ") + DigestOf(Rest(_text, parts.Unseen));
        _byName = parts.ByName;
        _texts = new string?[_byName.Count];
        Named = parts.Named;
        Marked = MarkedDeclarations.Of(root, AttributeNames.Own);
        Aliases = AttributeNames.AliasesIn(root);
    }

    /// <summary>Equal for files that differ in nothing that an entity can depend on but by name.</summary>
    public string Digest { get; }

    /// <summary>The names that stand in attributes and in constants, and those of a record's parameters.</summary>
    public IReadOnlyCollection<string> Named { get; }

    /// <summary>The declarations with an attribute of a name that matters, whatever it means there.</summary>
    public IReadOnlyList<SyntaxNode> Marked { get; }

    /// <summary>The other names that its using directives give to types, each with the last name of the type.</summary>
    public IReadOnlyList<(string Alias, string Type)> Aliases { get; }

    public static SourceOutline Of(SyntaxTree tree, CancellationToken cancellation) =>
        Known.TryGetValue(tree, out var known) ? known : Known.GetValue(tree, read => new SourceOutline(read, cancellation));

    /// <summary>The texts of members that the digest leaves out, as far as they have one of these names.</summary>
    public IEnumerable<string> Members(ISet<string> names)
    {
        for (var i = 0; i < _byName.Count; i++)
        {
            if (names.Contains(_byName[i].Name))
                yield return _texts[i] ??= _text.ToString(_byName[i].Span);     // the same one each time: it is soon compared
        }
    }

    private static string Rest(SourceText text, IEnumerable<TextSpan> without)
    {
        var rest = new StringBuilder();
        var next = 0;
        foreach (var part in without)
        {
            rest.Append(text.ToString(TextSpan.FromBounds(next, part.Start)));
            next = part.End;
        }

        return rest.Append(text.ToString(TextSpan.FromBounds(next, text.Length))).ToString();
    }

    private static string DigestOf(string text)
    {
        using var digest = SHA256.Create();
        // As it is: an encoding would make one character of all that it cannot write.
        return Convert.ToBase64String(digest.ComputeHash(MemoryMarshal.AsBytes(text.AsSpan()).ToArray()));
    }
}
