using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>
/// What the compiler would say of generated code for naming what is <c>[Obsolete]</c> or <c>[Experimental]</c>: a column that nobody is to
/// use any more, or yet, is encrypted as any other.
/// </summary>
internal sealed class Discouraged(IAssemblySymbol own)
{
    private readonly SortedSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>The warnings, besides those of what is obsolete and says no more, by the ids that the attributes give them.</summary>
    public EquatableArray<string> Ids => new(_ids);

    /// <summary>Whether anything is obsolete in a way that a file cannot switch off: only what is obsolete itself may use it.</summary>
    public bool IsObsolete { get; private set; }

    /// <summary>The type, or one that it is in, that the compiler lets nothing name that is not obsolete too; null where it may.</summary>
    public static INamedTypeSymbol? ForbiddenIn(INamedTypeSymbol type) =>
        type.Containers().Prepend(type).FirstOrDefault(part => part.Own(KnownTypeNames.Obsolete) is { } obsolete && IsError(obsolete));

    public void Add(IPropertySymbol property)
    {
        for (var declared = property; declared is not null; declared = declared.OverriddenProperty)
        {
            AddOwn(declared);
            AddOwn(declared.GetMethod);
            AddOwn(declared.SetMethod);
        }

        Add(property.Type, 0);
    }

    /// <summary>A type that generated code names, with all that stands in its name.</summary>
    public void Add(ITypeSymbol type) => Add(type, 0);

    private void Add(ITypeSymbol type, int depth)
    {
        const int MaxDepth = 64;
        if (type.SpecialType != SpecialType.None || depth > MaxDepth)
            return;
        if (type is IArrayTypeSymbol array)
            Add(array.ElementType, depth + 1);
        if (type is not INamedTypeSymbol named)
            return;
        foreach (var part in named.Containers().Prepend(named))
        {
            AddOwn(part);
            foreach (var argument in part.TypeArguments)
                Add(argument, depth + 1);
        }

        // To its own assembly nothing in it is an experiment.
        if (named.ContainingAssembly is { } assembly && !SymbolEqualityComparer.Default.Equals(assembly, own))
        {
            AddOwn(assembly);
            AddOwn(named.ContainingModule);
        }
    }

    private void AddOwn(ISymbol? symbol)
    {
        if (symbol?.Own(KnownTypeNames.Experimental)?.FirstString() is { } experiment)
            AddId(experiment);
        if (symbol?.Own(KnownTypeNames.Obsolete) is not { } obsolete)
            return;
        if (IsError(obsolete) || (obsolete.Named("DiagnosticId")?.Value is string id && !AddId(id)))
            IsObsolete = true;
    }

    // Not any text can stand in a pragma.
    private bool AddId(string id)
    {
        var isName = SyntaxFacts.IsValidIdentifier(id);
        if (isName)
            _ids.Add(id);
        return isName;
    }

    private static bool IsError(AttributeData obsolete) => obsolete.ConstructorArguments is [_, { Value: true }, ..];
}
