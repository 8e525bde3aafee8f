namespace PmmCrypt.Metadata;

/// <summary>The tables of one service's database that hold encrypted values, and what else the service expects of them.</summary>
/// <param name="name">How reports name it, such as <c>PMM</c> or the assembly's name.</param>
/// <param name="tables">Its tables.</param>
public class EncryptionModel(string name, IReadOnlyList<EncryptedTable> tables)
{
    /// <summary>How reports name it.</summary>
    public string Name { get; } = name;

    /// <summary>Its tables.</summary>
    public IReadOnlyList<EncryptedTable> Tables { get; } = tables;

    /// <summary>
    /// Whether a database may lack some of the tables and columns, because an older version of the service made it. They are then skipped
    /// and named. Otherwise anything missing is an error.
    /// </summary>
    public virtual bool AllowsMissing => false;

    /// <summary>
    /// What of the missing an operator is told of. A column that the service's newer versions replaced by another, and a table that few of
    /// its databases have, need no word where <see cref="AllowsMissing"/>.
    /// </summary>
    /// <param name="missing">The tables and columns that a database lacks: <c>backup_locations</c>, <c>agents.valkey_options</c>.</param>
    public virtual IReadOnlyList<string> WorthAWord(IReadOnlyList<string> missing) => missing;

    /// <summary>What the service records about its encryption; null where it records nothing.</summary>
    public virtual EncryptionLedger? Ledger => null;
}
