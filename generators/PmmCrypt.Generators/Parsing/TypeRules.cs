using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Emission;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>What is asked of a type that is an entity, or that declares encrypted properties.</summary>
internal static class TypeRules
{
    /// <summary>The members of the generated part that users or other generated code see, or that hold all the rest.</summary>
    public static readonly IReadOnlyList<string> GeneratedMembers =
        ["EncryptedTable", EncryptMethod, DecryptMethod, FieldsClass];

    public const string EncryptMethod = "EncryptFields";

    public const string DecryptMethod = "DecryptFields";

    /// <summary>The nested class with everything that nobody else needs: one name instead of many.</summary>
    public const string FieldsClass = "EncryptedFields";

    /// <summary>A type that declares encrypted properties.</summary>
    public static IEnumerable<Finding> OfDeclaring(INamedTypeSymbol type, ISymbol? user = null)
    {
        if (Objection(type) is { } reason)
            yield return Findings.Of(Rules.UnsupportedType, type.Place(user), type.Shown(), reason);
        else if (!type.IsPartial())
            yield return Findings.Of(Rules.TypeNotPartial, type.Place(user), type.Shown());
    }

    /// <summary>A class that becomes an entity: code is added to it, and the assembly names it.</summary>
    public static IEnumerable<Finding> OfEntity(INamedTypeSymbol entity, Compilation compilation)
    {
        if ((Objection(entity) ?? EntityObjection(entity, compilation)) is { } reason)
        {
            yield return Findings.Of(Rules.UnsupportedType, entity.Place(), entity.Shown(), reason);
            yield break;
        }

        foreach (var type in entity.Containers().Prepend(entity).Where(type => !type.IsPartial()))
            yield return Findings.Of(Rules.TypeNotPartial, type.Place(), type.Shown());

        if (!compilation.IsSymbolAccessibleWithin(entity, compilation.Assembly))
        {
            var hidden = entity.Containers().Prepend(entity)
                .Last(type => !compilation.IsSymbolAccessibleWithin(type, compilation.Assembly));
            var kind = SyntaxFacts.GetText(hidden.DeclaredAccessibility);
            var how = SymbolEqualityComparer.Default.Equals(hidden, entity) ? kind : $"within '{hidden.Shown()}', which is {kind}";
            yield return Findings.Of(Rules.NotAccessible, entity.Place(), entity.Shown(), how);
        }

        foreach (var name in GeneratedMembers)
        {
            var taken = entity.Name == name
                ? entity
                : entity.WithBases().SelectMany(type => type.GetMembers(name))
                    .FirstOrDefault(member => !member.IsImplicitlyDeclared && !IsOwn(member, entity));
            if (taken is not null)
                yield return Findings.Of(Rules.MemberInTheWay, taken.Place(entity), taken.Shown(), entity.Shown());
        }
    }

    /// <summary>The entity with encrypted values that a class derives from, or null.</summary>
    /// <remarks>Of a compiled one not all properties are seen, but that code was generated for it is.</remarks>
    public static INamedTypeSymbol? EncryptedParent(INamedTypeSymbol entity) => entity.WithBases().Skip(1).FirstOrDefault(type =>
        (type.Has(KnownTypeNames.Table) && MemberParser.LeadsToValues(type))
        || type.Interfaces.Any(implemented => implemented.IsNamed(KnownTypeNames.EncryptedEntity)));

    // What analyzers ask about has its generated part already.
    private static bool IsOwn(ISymbol member, INamedTypeSymbol entity) =>
        SymbolEqualityComparer.Default.Equals(member.ContainingType, entity)
        && member.Find(KnownTypeNames.GeneratedCode)?.FirstString() == EntityEmitter.Tool;

    private static string? Objection(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => "it is an interface, and only the classes that implement it have values",
        { TypeKind: not TypeKind.Class } => "it is a struct, and what is changed in a copy of it is lost",
        { IsStatic: true } => "it is static, so no row can be stored in it",
        _ when type.Containers().Prepend(type).Any(part => part.IsFileLocal) => "it is local to its file, so generated code cannot name it",
        _ => null,
    };

    private static string? EntityObjection(INamedTypeSymbol entity, Compilation compilation)
    {
        if (((CSharpCompilation)compilation).LanguageVersion < LanguageVersion.CSharp12)
            return "the generated code needs C# 12, and this project is compiled as an older one";
        if (entity.IsGenericType)
            return "it is generic, or within a generic type, so it is many types and no one table";
        if (Discouraged.ForbiddenIn(entity) is { } forbidden)
        {
            return $"'{forbidden.Shown()}' is [Obsolete] as an error, and the assembly must name it: leave \"error: true\" out, "
                + "or have it on its properties";
        }

        var parent = EncryptedParent(entity);
        return parent is null
            ? null
            : $"it derives from the entity '{parent.Shown()}', and each of the two would encrypt only a part of the other's row";
    }
}
