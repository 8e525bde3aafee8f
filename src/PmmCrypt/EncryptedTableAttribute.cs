using System.ComponentModel;
using PmmCrypt.Metadata;

namespace PmmCrypt;

/// <summary>
/// Names a table of this assembly that has encrypted fields. The source generator writes one for each entity, and
/// <c>dotnet pmm-crypt --assembly</c> finds the tables by it. Not for use by hand.
/// </summary>
/// <param name="keys">The key columns, a line each, as <c>accounts.id: Integer</c>.</param>
/// <param name="fields">The fields with the formats in which they are encrypted, as <c>accounts.smtp -> password: All</c>.</param>
/// <remarks>The lines say what <see cref="Table"/> says, to who reads the assembly without running it.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public abstract class EncryptedTableAttribute(string[] keys, string[] fields) : Attribute
{
    /// <summary>The table, as the generator published it on its entity.</summary>
    public abstract EncryptedTable Table { get; }

    /// <summary>The key columns, a line each.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary>The fields, a line each.</summary>
    public IReadOnlyList<string> Fields => fields;
}

/// <inheritdoc cref="EncryptedTableAttribute"/>
/// <typeparam name="TEntity">The entity class whose table it is.</typeparam>
/// <param name="keys">The key columns, a line each.</param>
/// <param name="fields">The fields, a line each.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class EncryptedTableAttribute<TEntity>(string[] keys, string[] fields) : EncryptedTableAttribute(keys, fields)
    where TEntity : IEncryptedEntity
{
    /// <inheritdoc/>
    public override EncryptedTable Table => TEntity.EncryptedTable;
}
