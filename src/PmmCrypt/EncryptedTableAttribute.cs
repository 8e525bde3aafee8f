using System.ComponentModel;
using PmmCrypt.Metadata;

namespace PmmCrypt;

/// <summary>
/// Names a table of this assembly that has encrypted fields. The source generator writes one for each entity, and
/// <c>dotnet pmm-crypt --assembly</c> finds the tables by it. Not for use by hand.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public abstract class EncryptedTableAttribute : Attribute
{
    /// <summary>The table, as the generator published it on its entity.</summary>
    public abstract EncryptedTable Table { get; }
}

/// <inheritdoc cref="EncryptedTableAttribute"/>
/// <typeparam name="TEntity">The entity class whose table it is.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class EncryptedTableAttribute<TEntity> : EncryptedTableAttribute
    where TEntity : IEncryptedEntity
{
    /// <inheritdoc/>
    public override EncryptedTable Table => TEntity.EncryptedTable;
}
