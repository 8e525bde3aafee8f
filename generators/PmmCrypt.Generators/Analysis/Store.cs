using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Entity Framework and Dapper as far as they save entities. Known by name: they need not be referred to.</summary>
internal static class Store
{
    private static readonly HashSet<string> Contexts = ["Microsoft.EntityFrameworkCore.DbContext", "System.Data.Entity.DbContext"];

    private static readonly HashSet<string> Sets = ["Microsoft.EntityFrameworkCore.DbSet<TEntity>", "System.Data.Entity.DbSet<TEntity>"];

    private const string ChangeTracker = "Microsoft.EntityFrameworkCore.ChangeTracking.ChangeTracker";

    private static readonly HashSet<string> Writers = ["Dapper.SqlMapper", "Dapper.Contrib.Extensions.SqlMapperExtensions"];

    private static readonly HashSet<string> Marks =
        ["Add", "AddAsync", "AddRange", "AddRangeAsync", "Update", "UpdateRange", "Attach", "AttachRange"];

    private static readonly HashSet<string> Writes = ["Execute", "ExecuteAsync", "Insert", "InsertAsync", "Update", "UpdateAsync"];

    /// <summary>A call that writes the entities which it gets, at once.</summary>
    public static bool IsWrite(IInvocationOperation call) =>
        Writes.Contains(call.TargetMethod.Name) && Writers.Contains(Name(call.TargetMethod.ContainingType));

    /// <summary>A call after which a context saves the entities which it gets, with all that it keeps track of.</summary>
    public static bool IsMark(IInvocationOperation call) =>
        Marks.Contains(call.TargetMethod.Name) && IsSource(call.TargetMethod.ContainingType);

    /// <summary>A call by which a context saves what it keeps track of.</summary>
    public static bool IsSaveChanges(IInvocationOperation call) =>
        call.TargetMethod.Name is "SaveChanges" or "SaveChangesAsync" && IsOneOf(Contexts, call.TargetMethod.ContainingType);

    /// <summary>A call after which a context keeps track of nothing.</summary>
    public static bool IsClear(IInvocationOperation call) =>
        call.TargetMethod.Name == "Clear" && Name(call.TargetMethod.ContainingType) == ChangeTracker;

    /// <summary>
    /// The call that names the entity in <c>db.Entry(entity).State = EntityState.Detached</c>, after which the context does not keep track
    /// of it; null where this is another assignment.
    /// </summary>
    public static IInvocationOperation? Detached(ISimpleAssignmentOperation assigned) => Entry(assigned, "Detached");

    /// <summary>The same of the states in which <c>SaveChanges</c> writes the entity as it is.</summary>
    public static IInvocationOperation? Marked(ISimpleAssignmentOperation assigned) => Entry(assigned, "Modified", "Added");

    private static IInvocationOperation? Entry(ISimpleAssignmentOperation assigned, params string[] states) =>
        assigned is
        {
            Target: IPropertyReferenceOperation
            {
                Property.Name: "State", Instance: IInvocationOperation { TargetMethod.Name: "Entry" } entry,
            },
            Value: IFieldReferenceOperation { Field.Name: var state },
        } && states.Contains(state) && IsSource(entry.TargetMethod.ContainingType)
            ? entry
            : null;

    /// <summary>
    /// Whether the class of the context has a <c>SaveChanges</c> of its own: it may encrypt what it saves, and is not seen from here.
    /// </summary>
    public static bool IsOverridden(IInvocationOperation call)
    {
        var context = call.Instance is IPropertyReferenceOperation { Instance: { } owner } && IsOneOf(Sets, call.Instance.Type)
            ? owner.Type
            : call.Instance?.Type;
        for (var type = context; type is not null && !Contexts.Contains(Name(type)); type = type.BaseType)
        {
            if (type.GetMembers().Any(member => member.Name.StartsWith("SaveChanges", StringComparison.Ordinal)))
                return true;
        }

        return false;
    }

    /// <summary>A context or a set of one: what comes out of it is tracked.</summary>
    public static bool IsSource(ITypeSymbol? type) => IsOneOf(Contexts, type) || IsOneOf(Sets, type);

    private static bool IsOneOf(HashSet<string> names, ITypeSymbol? type)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (names.Contains(Name(current)))
                return true;
        }

        return false;
    }

    private static string Name(ITypeSymbol type) => type.OriginalDefinition.ToDisplayString();
}
