using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>
/// Answers to a question about types, each found once: those of the framework are asked about for every property, in one compilation
/// after the other. A symbol never changes, and an answer goes when its symbol does.
/// </summary>
internal sealed class Memo<TAnswer>(Func<INamedTypeSymbol, TAnswer> find)
    where TAnswer : class?
{
    private readonly ConditionalWeakTable<INamedTypeSymbol, StrongBox<TAnswer>> _known = new();

    public TAnswer Of(INamedTypeSymbol type)
    {
        // The compiler makes another object of the same type with each "?", and of a constructed one each time.
        if (type.IsGenericType)
            return find(type);
        var declared = type.OriginalDefinition;
        return _known.TryGetValue(declared, out var known)
            ? known.Value!
            : _known.GetValue(declared, read => new StrongBox<TAnswer>(find(read))).Value!;
    }
}
