using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>What encrypted properties may be of besides strings: <c>Secret&lt;T&gt;</c>, and of which types.</summary>
/// <remarks>The code fixes compile this too, so it asks nobody else.</remarks>
internal static class SecretTypes
{
    /// <summary>The type, by the name of its metadata.</summary>
    public const string Secret = "PmmCrypt.Secret`1";

    /// <summary>Its property that gives the value away.</summary>
    public const string Value = nameof(Value);

    /// <summary>The members of <c>PmmCrypt.Fields.SecretText</c>; a test compares them.</summary>
    public const string
        String = nameof(String), Bytes = nameof(Bytes), Boolean = nameof(Boolean), Enum = nameof(Enum), Parsable = nameof(Parsable);

    /// <summary>The T of <c>Secret&lt;T&gt;</c>, and of <c>Secret&lt;T&gt;?</c>; null where it is neither.</summary>
    public static ITypeSymbol? ArgumentOf(ITypeSymbol? type) =>
        type is not null && WithoutNull(type) is INamedTypeSymbol { Arity: 1, Name: "Secret" } named && IsSecret(named)
            ? named.TypeArguments[0]
            : null;

    /// <summary>
    /// The member of <c>PmmCrypt.Fields.SecretText</c> by which values of a type are written as text and read back, or null.
    /// </summary>
    public static string? TextOf(ITypeSymbol type) => type switch
    {
        { SpecialType: SpecialType.System_String } => String,
        { SpecialType: SpecialType.System_Boolean } => Boolean,
        { TypeKind: TypeKind.Enum } => Enum,
        IArrayTypeSymbol { IsSZArray: true, ElementType.SpecialType: SpecialType.System_Byte } => Bytes,
        { TypeKind: TypeKind.Class or TypeKind.Struct } when IsParsable(type) => Parsable,
        _ => null,
    };

    /// <summary>Whether that member takes the type as its argument.</summary>
    public static bool IsGeneric(string text) => text is Enum or Parsable;

    /// <summary>The type that a nullable one is of.</summary>
    public static ITypeSymbol WithoutNull(ITypeSymbol type) => IsNullableStruct(type)
        ? ((INamedTypeSymbol)type).TypeArguments[0]
        : type.WithNullableAnnotation(NullableAnnotation.NotAnnotated);

    /// <summary>Whether the source says that it may be null.</summary>
    public static bool IsNullable(ITypeSymbol type) => type.NullableAnnotation == NullableAnnotation.Annotated || IsNullableStruct(type);

    public static bool IsNullableStruct(ITypeSymbol type) => type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;

    private static bool IsSecret(INamedTypeSymbol type) => type.ContainingType is null
        && $"{type.ContainingNamespace.ToDisplayString()}.{type.MetadataName}" == Secret;

    private static bool IsParsable(ITypeSymbol type)
    {
        var formats = false;
        var parses = false;
        foreach (var implemented in type.AllInterfaces)
        {
            if (implemented.ContainingNamespace is not { Name: "System", ContainingNamespace.IsGlobalNamespace: true })
                continue;
            formats |= implemented is { Name: "ISpanFormattable", Arity: 0 };
            parses |= implemented is { Name: "ISpanParsable", Arity: 1 }
                && SymbolEqualityComparer.Default.Equals(implemented.TypeArguments[0], type);
        }

        return formats && parses;
    }
}
