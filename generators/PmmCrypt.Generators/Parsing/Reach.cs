using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Whether objects of a type hold encrypted properties, at any depth.</summary>
internal static class Reach
{
    private const string Runtime = "PmmCrypt";

    // A generic class can name ever larger constructions of itself, N<N<T>> and so on. No JSON document is so deep.
    private const int MaxDepth = 64;

    private static readonly Memo<INamedTypeSymbol?> Found = new(type => new Search().Find(type, 0));
    private static readonly Memo<INamedTypeSymbol?> CarriedByColumn = new(type => new Search().FindCarried(type, mayRelate: true, 0));
    private static readonly Memo<INamedTypeSymbol?> CarriedByDocument = new(type => new Search().FindCarried(type, mayRelate: false, 0));
    private static readonly ConditionalWeakTable<IAssemblySymbol, StrongBox<bool>> Knowing = new();

    /// <summary>The first type with encrypted properties that objects of <paramref name="type"/> hold, or null.</summary>
    public static INamedTypeSymbol? Find(INamedTypeSymbol type) => Found.Of(type);

    /// <summary>
    /// The same for what a property of <paramref name="type"/> leads to in ways that may not be walked: elements of any collection,
    /// arguments of any generic type.
    /// </summary>
    /// <param name="type">The property's type.</param>
    /// <param name="mayRelate">Whether entities in it are rows of another table, and not stored here.</param>
    public static INamedTypeSymbol? FindCarried(ITypeSymbol type, bool mayRelate) =>
        type is INamedTypeSymbol named ? (mayRelate ? CarriedByColumn : CarriedByDocument).Of(named)
        : new Search().FindCarried(type, mayRelate, 0);

    /// <summary>The classes that a JSON document may hold in the place of this one.</summary>
    private static IEnumerable<INamedTypeSymbol> DerivedInJson(INamedTypeSymbol type) => type.GetAttributes()
        .Where(data => data.AttributeClass.IsNamed(KnownTypeNames.JsonDerivedType))
        .Select(data => data.ConstructorArguments.FirstOrDefault().Value).OfType<INamedTypeSymbol>();

    /// <summary>
    /// Whether a type of this assembly can have the attribute, or derive from or hold one that has: the framework's own object graphs are
    /// not searched. It need not refer to the runtime itself: what it refers to may.
    /// </summary>
    private static bool MayHaveAttribute(IAssemblySymbol? assembly) =>
        assembly is not null && assembly.Name != Runtime
        && Knowing.GetValue(assembly, asked => new StrongBox<bool>(IsSourceOrRefersToRuntime(asked))).Value;

    private static bool IsSourceOrRefersToRuntime(IAssemblySymbol assembly)
    {
        var seen = new HashSet<IAssemblySymbol>(SymbolEqualityComparer.Default) { assembly };
        var open = new Stack<IAssemblySymbol>(seen);
        while (open.Count > 0)
        {
            var next = open.Pop();
            if (next is ISourceAssemblySymbol || next.Name == Runtime)
                return true;
            foreach (var known in next.Modules.SelectMany(module => module.ReferencedAssemblySymbols).Where(seen.Add))
                open.Push(known);
        }

        return false;
    }

    /// <summary>One search: each type is looked into once.</summary>
    private sealed class Search
    {
        private readonly HashSet<ISymbol> _held = new(SymbolEqualityComparer.Default);
        private readonly HashSet<ISymbol> _carrying = new(SymbolEqualityComparer.Default);

        public INamedTypeSymbol? Find(INamedTypeSymbol type, int depth)
        {
            if (depth > MaxDepth || !_held.Add(type) || !MayHaveAttribute(type.OriginalDefinition.ContainingAssembly))
                return null;
            var properties = PropertyList.Of(type).Where(property => property is { IsStatic: false, IsIndexer: false }).ToArray();
            return properties.FirstOrDefault(property => property.Has(KnownTypeNames.Encrypted))?.ContainingType
                ?? properties.Select(property => Collections.HeldBy(property.Type)).OfType<INamedTypeSymbol>().Concat(DerivedInJson(type))
                    .Select(next => Find(next, depth + 1))
                    .FirstOrDefault(found => found is not null)
                // What is held in a way that is not walked is held all the same: where that is, is found on the way to it.
                ?? properties.Select(property => FindCarried(property.Type, mayRelate: false, depth + 1))
                    .FirstOrDefault(found => found is not null);
        }

        public INamedTypeSymbol? FindCarried(ITypeSymbol type, bool mayRelate, int depth)
        {
            if (type is IArrayTypeSymbol array)
                return depth > MaxDepth ? null : FindAnywhere(array.ElementType, mayRelate, depth + 1);
            if (depth > MaxDepth || type is not INamedTypeSymbol named || !_carrying.Add(named))
                return null;
            // Its interfaces are named where it is declared.
            if (!named.IsGenericType && !MayHaveAttribute(named.ContainingAssembly))
                return null;
            return named.TypeArguments
                .Concat(named.AllInterfaces.SelectMany(implemented => implemented.TypeArguments))
                .Where(argument => !SymbolEqualityComparer.Default.Equals(argument, type))      // IEquatable<itself> of a record
                .Select(argument => FindAnywhere(argument, mayRelate, depth + 1))
                .FirstOrDefault(found => found is not null);
        }

        private INamedTypeSymbol? FindAnywhere(ITypeSymbol type, bool mayRelate, int depth)
        {
            if (type is INamedTypeSymbol named && !(mayRelate && Mapping.IsEntity(named)) && Find(named, depth) is { } found)
                return found;
            return FindCarried(type, mayRelate, depth);
        }
    }
}
