using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Reads which properties of an entity lead to encrypted values: its own, and those of the classes in its JSON columns.</summary>
internal sealed class MemberParser(
    Compilation compilation, INamedTypeSymbol entity, Mapping columns, ICollection<Finding> findings, CancellationToken cancellation)
{
    private readonly SortedSet<string> _reached = new(StringComparer.Ordinal);

    /// <summary>The types whose encrypted properties were found.</summary>
    public EquatableArray<string> Reached => new(_reached);

    /// <summary>What of all that is named for the entity is obsolete or an experiment.</summary>
    public Discouraged Discouraged { get; } = new(compilation.Assembly);

    /// <summary>Whether rows of this class hold encrypted values.</summary>
    public static bool LeadsToValues(INamedTypeSymbol entity) => PropertyList.Of(entity).Any(property =>
        property.Has(KnownTypeNames.Encrypted) || HeldObject(property, Mapping.Columns) is not null);

    public EquatableArray<MemberSpec> ParseColumns()
    {
        Discouraged.Add(entity);
        return Parse(entity, columns, ImmutableStack<IPropertySymbol>.Empty);
    }

    private EquatableArray<MemberSpec> Parse(INamedTypeSymbol type, Mapping mapping, ImmutableStack<IPropertySymbol> path)
    {
        cancellation.ThrowIfCancellationRequested();
        var members = new List<MemberSpec>();
        var names = new Dictionary<string, (IPropertySymbol Property, bool LeadsToValues)>(StringComparer.Ordinal);
        foreach (var property in PropertyList.Of(type))
        {
            if (Parse(type, property, mapping, path) is { } member)
            {
                members.Add(member);
                Discouraged.Add(property);
            }

            CheckName(property, mapping, path);
        }

        foreach (var (hidden, by) in PropertyList.Hidden(type).Where(pair => pair.Hidden.Has(KnownTypeNames.Encrypted)))
        {
            _reached.Add(hidden.ContainingType.Identity());
            Report(Rules.NotEncryptable, hidden, path, hidden.Shown(), $"in '{type.Shown()}' it is hidden by '{by.Shown()}'");
        }

        return new(members);

        void CheckName(IPropertySymbol property, Mapping mapping, ImmutableStack<IPropertySymbol> path)
        {
            if (property.IsStatic || property.IsIndexer || mapping.LeftOutBy(property) is not null)
                return;
            if (PropertyParser.Getter(property) is null || PropertyParser.Setter(property) is null)
                return;         // computed: neither a column nor a member that is read
            var name = mapping.NameOf(property);
            var leads = property.Has(KnownTypeNames.Encrypted) || HeldObject(property, mapping) is not null;
            if (mapping.Objection(name) is { } objection)
            {
                if (leads)
                    Report(Rules.InvalidName, property, path, property.Shown(), mapping.Noun, objection);
            }
            else if (!names.TryGetValue(name!, out var first))
            {
                names.Add(name!, (property, leads));
            }
            else if (leads || first.LeadsToValues)
            {
                Report(Rules.NameTaken, property, path, first.Property.Shown(), property.Shown(), mapping.Noun, name!);
            }
        }
    }

    private MemberSpec? Parse(
        INamedTypeSymbol owner, IPropertySymbol property, Mapping mapping, ImmutableStack<IPropertySymbol> path)
    {
        if (property.Has(KnownTypeNames.Encrypted))
        {
            return new MemberSpec(
                property.Name, mapping.NameOf(property) ?? "", ParseValue(owner, property, mapping, path), null,
                IsDictionary: Collections.HoldsStrings(property.Type));
        }

        if (property.IsStatic || property.IsIndexer || mapping.LeftOutBy(property) is not null)
            return null;
        var found = HeldObject(property, mapping);
        if (found is null)
            return null;
        if (Unreachable(owner, property, mapping) is { } reason)
        {
            _reached.Add(found.Identity());
            Report(Rules.Unreachable, property, path, property.Shown(), found.Shown(), reason);
            return null;
        }

        var type = (INamedTypeSymbol)Collections.HeldBy(property.Type);
        if (path.Any(outer => SymbolEqualityComparer.Default.Equals(
            Collections.HeldBy(outer.Type).OriginalDefinition, type.OriginalDefinition)))
        {
            Report(Rules.RecursiveObject, property, path, property.Shown(), type.Shown());
            return null;
        }

        var members = Parse(type, Mapping.JsonMembers, path.Push(property));
        return members.Count == 0
            ? null
            : new MemberSpec(
                property.Name, mapping.NameOf(property) ?? "", null, new ObjectSpec(type.QualifiedWithNulls(), members),
                IsList: Collections.ElementOf(property.Type) is not null,
                IsDictionary: Collections.ValueOf(property.Type) is not null);
    }

    private ValueSpec ParseValue(
        INamedTypeSymbol owner, IPropertySymbol property, Mapping mapping, ImmutableStack<IPropertySymbol> path)
    {
        _reached.Add(property.ContainingType.Identity());
        var found = new List<Finding>();
        var value = PropertyParser.Parse(property, found, User(path));
        foreach (var finding in found)
            findings.Add(finding);
        if (mapping.LeftOutBy(property) is { } attribute)
            Report(Rules.NotEncryptable, property, path, property.Shown(), $"it is {attribute}, and is not stored");
        else if (mapping == columns && property.Has(KnownTypeNames.Key))
            Report(Rules.KeyEncrypted, property, path, property.Shown());
        else if (found.Count == 0 && !Collections.HoldsStrings(property.Type) && !IsAccessible(owner, property, PropertyParser.Setter))
            Report(Rules.NotSettable, property, path, property.Shown(), $"its setter is hidden from '{entity.Shown()}'");
        else if (found.Count == 0 && !IsAccessible(owner, property, PropertyParser.Getter))
            Report(Rules.NotSettable, property, path, property.Shown(), $"its getter is hidden from '{entity.Shown()}'");
        return value;
    }

    /// <summary>The type with encrypted properties that this one holds within its column or member, or null.</summary>
    private static INamedTypeSymbol? HeldObject(IPropertySymbol property, Mapping mapping)
    {
        if (property.IsStatic || property.IsIndexer || mapping.LeftOutBy(property) is not null)
            return null;
        if (Collections.HeldBy(property.Type) is INamedTypeSymbol type)
        {
            if (mapping.MayRelate(property) && Mapping.IsEntity(type))
                return null;
            if (Reach.Find(type) is { } found)
                return found;
        }

        return Reach.FindCarried(property.Type, mapping.MayRelate(property));
    }

    private string? Unreachable(INamedTypeSymbol owner, IPropertySymbol property, Mapping mapping)
    {
        // It may well be what another property holds, and that would be walked twice.
        if (PropertyParser.IsComputed(property) && !mapping.IsNamed(property))
            return $"it is computed: mark it with {mapping.Choice}";
        if (Collections.HeldBy(property.Type) is not INamedTypeSymbol type || Reach.Find(type) is null)
            return "walked are an object itself, the elements of an array or a List, and the values of a Dictionary with string keys";
        if (type.AllInterfaces.Any(implemented => implemented.SpecialType == SpecialType.System_Collections_IEnumerable))
            return $"'{type.Shown()}' is a collection, which is stored as its elements and without properties of its own";
        if (type.TypeKind != TypeKind.Class)
            return $"'{type.Shown()}' is no class";
        if (type.Has(KnownTypeNames.JsonPolymorphic) || type.Has(KnownTypeNames.JsonDerivedType))
            return $"'{type.Shown()}' is polymorphic, and which class a document holds is known only when it is read";
        return IsAccessible(owner, property, PropertyParser.Getter) ? null : $"the property cannot be read by '{entity.Shown()}'";
    }

    // What is protected is the entity's to use in objects of its own class, not in others that have it from the same base.
    private bool IsAccessible(INamedTypeSymbol owner, IPropertySymbol property, Func<IPropertySymbol, IMethodSymbol?> accessor) =>
        accessor(property) is { } method && compilation.IsSymbolAccessibleWithin(method, entity, throughType: owner);

    private void Report(
        DiagnosticDescriptor rule, IPropertySymbol property, ImmutableStack<IPropertySymbol> path, params string[] arguments) =>
        findings.Add(Findings.Of(rule, property.Place(User(path)), arguments));

    // The entity's own property, which is always in source.
    private ISymbol User(ImmutableStack<IPropertySymbol> path) => path.IsEmpty ? entity : path.Last();
}
