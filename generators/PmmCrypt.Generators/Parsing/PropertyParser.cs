using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Reads one <c>[Encrypted]</c> property: what can be said of it without knowing whose column it is in.</summary>
internal static class PropertyParser
{
    /// <summary>The values of <c>PmmCrypt.Fields.StoredFormats</c> in which a field can be encrypted; a test compares them.</summary>
    public static readonly IReadOnlyDictionary<int, string> Formats =
        new Dictionary<int, string> { [1] = "Legacy", [2] = "Envelope", [3] = All };

    private const string All = nameof(All);

    // What is said of a type once is said of each of its properties of which there is no more to say.
    private static readonly Memo<ParsedProperty> Sound = new(
        type => new ParsedProperty(type.Identity(), type.Shown(), type.Place(), default));

    /// <summary>Whether the property can be encrypted at all.</summary>
    /// <param name="property">The property.</param>
    /// <param name="findings">Takes what is wrong with it or its type.</param>
    /// <param name="user">What led to it, to place findings in where the property itself is compiled already.</param>
    public static ValueSpec Parse(IPropertySymbol property, ICollection<Finding> findings, ISymbol? user = null)
    {
        var formats = FormatsOf(property);
        foreach (var finding in TypeRules.OfDeclaring(property.ContainingType, user))
            findings.Add(finding);
        if (NotEncryptable(property) is { } reason)
            findings.Add(Findings.Of(Rules.NotEncryptable, property.Place(user), property.Shown(), reason));
        else if (NotSettable(property) is { } objection)
            findings.Add(Findings.Of(Rules.NotSettable, property.Place(user), property.Shown(), objection));
        if (formats is null)
            findings.Add(Findings.Of(Rules.NoFormat, property.Place(user), property.Shown()));
        return ValueOf(property, formats ?? "");
    }

    /// <summary>The accessor, which an override may have left to the property that it overrides.</summary>
    public static IMethodSymbol? Setter(IPropertySymbol property) => Accessor(property, declared => declared.SetMethod);

    /// <inheritdoc cref="Setter"/>
    public static IMethodSymbol? Getter(IPropertySymbol property) => Accessor(property, declared => declared.GetMethod);

    /// <summary>Whether it cannot be set, and has no field of its own either.</summary>
    public static bool IsComputed(IPropertySymbol property)
    {
        if (Setter(property) is not null || Getter(property) is not { IsAbstract: false } getter)
            return false;
        var declared = getter.OriginalDefinition;
        // A compiled type does not show its fields, but says which accessors the compiler wrote.
        return declared.Own(KnownTypeNames.CompilerGenerated) is null
            && !declared.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(field =>
                SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, declared.AssociatedSymbol));
    }

    /// <summary>Whether the property can be encrypted, asked where it is declared.</summary>
    public static ParsedProperty Parse(IPropertySymbol property)
    {
        var findings = new List<Finding>();
        var declared = property.PartialDefinitionPart ?? property;
        Parse(declared, findings);
        var sound = Sound.Of(declared.ContainingType);
        return findings.Count == 0 ? sound : sound with { Findings = new(findings) };
    }

    private static string? NotEncryptable(IPropertySymbol property) => property switch
    {
        { ContainingType.TypeKind: TypeKind.Interface } => null,        // refused as a whole
        { IsStatic: true } => "it is static, and belongs to no row",
        { IsIndexer: true } => "it is an indexer, and has no one value",
        { ExplicitInterfaceImplementations.IsEmpty: false } => "it implements an interface explicitly, and has no name of its own",
        _ when Collections.HoldsStrings(property.Type) => null,
        _ => NotEncryptable(property.Type),
    };

    private static string? NotEncryptable(ITypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_String)
            return null;
        if (SecretTypes.ArgumentOf(type) is { } value)
        {
            var plain = SecretTypes.WithoutNull(value);
            return SecretTypes.TextOf(plain) is null
                ? $"a '{value.Shown()}' cannot be written as text and read back: a Secret is of a string, byte[], bool, an enum, or a type "
                    + "that is ISpanFormattable and, of itself, ISpanParsable"
                : SecretTypes.IsNullable(value)
                    ? $"it would be nothing in two ways: write 'Secret<{plain.Shown()}>', which is nothing where the column is NULL"
                    : null;
        }

        var bare = SecretTypes.WithoutNull(type);
        return SecretTypes.TextOf(bare) is null
            ? $"it is of type '{type.Shown()}', and what is stored encrypted is a string, a Dictionary<string, string>, or a Secret of what "
                + "can be written as one"
            : $"it is of type '{type.Shown()}', and what is stored encrypted is text: write 'Secret<{bare.Shown()}>'";
    }

    private static ValueSpec ValueOf(IPropertySymbol property, string formats)
    {
        var nullable = Collections.HoldsStrings(property.Type)
            ? Collections.ValueOf(property.Type)!.NullableAnnotation
            : property.NullableAnnotation;
        var mayBeNull = nullable != NullableAnnotation.NotAnnotated && !property.Has(KnownTypeNames.DisallowNull);
        if (SecretTypes.ArgumentOf(property.Type) is not { } type)
            return new ValueSpec(formats, mayBeNull, "string", null);
        var text = SecretTypes.TextOf(type) ?? "";
        return new ValueSpec(
            formats,
            mayBeNull || !SecretTypes.IsNullableStruct(property.Type),
            type.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat),
            SecretTypes.IsGeneric(text) ? $"{text}<{type.QualifiedWithNulls()}>()" : text);
    }

    private static string? NotSettable(IPropertySymbol property) =>
        property.ContainingType.TypeKind == TypeKind.Interface ? null
        : IsUnseenByOthers(property)
            ? $"'{property.ContainingType.Shown()}' is public and this is not, so a project that refers to this one stores it in the "
                + "clear: what it is compiled against has no such member. Make it public or protected, or the class internal"
        : Getter(property) is null ? "it has no getter, so there is nothing to encrypt"
        : Setter(property) is not { } setter ? "it has no setter, so it cannot be set to the ciphertext"
        : !setter.IsInitOnly || Collections.HoldsStrings(property.Type) ? null
        : "its setter is init, so it cannot be set to the ciphertext later: write set";

    // A reference assembly has internal members only where the assembly shows them to somebody. An entity is complete in its own project.
    private static bool IsUnseenByOthers(IPropertySymbol property) =>
        property.DeclaredAccessibility is Accessibility.Internal or Accessibility.ProtectedAndInternal
        && property.ContainingAssembly is ISourceAssemblySymbol assembly
        && property.ContainingType.Own(KnownTypeNames.Table) is null
        && property.ContainingType.Containers().Prepend(property.ContainingType).All(type => type.DeclaredAccessibility
            is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal)
        && assembly.Own(KnownTypeNames.InternalsVisibleTo) is null;

    private static string? FormatsOf(IPropertySymbol property) =>
        property.Find(KnownTypeNames.Encrypted)?.Named("Formats")?.Value is not int set ? All
        : Formats.TryGetValue(set, out var name) ? name
        : null;

    private static IMethodSymbol? Accessor(IPropertySymbol property, Func<IPropertySymbol, IMethodSymbol?> select)
    {
        for (var declared = property; declared is not null; declared = declared.OverriddenProperty)
        {
            if (select(declared) is { } accessor)
                return accessor;
        }

        return null;
    }
}
