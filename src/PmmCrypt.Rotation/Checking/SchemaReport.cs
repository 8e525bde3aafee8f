namespace PmmCrypt.Rotation.Checking;

/// <summary>What is off between a model and a database.</summary>
public enum SchemaFindingKind
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>The database lacks a table.</summary>
    MissingTable,

    /// <summary>The database lacks an encrypted column.</summary>
    MissingColumn,

    /// <summary>The database lacks a key column, or may have two rows of one key.</summary>
    Key,

    /// <summary>No ciphertext can be stored in the column.</summary>
    Type,

    /// <summary>The ciphertexts of ordinary secrets do not fit.</summary>
    TooNarrow,

    /// <summary>A CHECK looks at what is now a ciphertext.</summary>
    Check,

    /// <summary>A UNIQUE constraint or index keeps nothing unique: no two ciphertexts are the same.</summary>
    Unique,

    /// <summary>An index finds nothing any more.</summary>
    Index,

    /// <summary>A foreign key compares ciphertexts.</summary>
    ForeignKey,

    /// <summary>A row may be stored with a value in the clear that nobody encrypts.</summary>
    Default,

    /// <summary>There are values in the clear in a field that is encrypted.</summary>
    Clear,

    /// <summary>There are ciphertexts where the model has no field.</summary>
    Stray,

    /// <summary>Documents have a value under another name than a field's, which differs in case, underscores or hyphens alone.</summary>
    MemberName,

    /// <summary>A field that was shipped is no longer in the model.</summary>
    ShippedFieldGone,
}

/// <summary>Something that is off between a model and a database. It quotes no value of a row.</summary>
/// <param name="Kind">What.</param>
/// <param name="Table">The table, with its schema where it has one.</param>
/// <param name="Column">The column, with the JSON members that lead to the place; null where it is about the table.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="Action">What to do.</param>
public sealed record SchemaFinding(SchemaFindingKind Kind, string Table, string? Column, string Meaning, string Action)
{
    /// <summary>Table and column.</summary>
    public string Place => Column is null ? Table : $"{Table}.{Column}";
}

/// <summary>What a comparison of a model with a database came to.</summary>
/// <param name="Findings">What is off, in the model's order; none where all is well.</param>
/// <param name="Notes">What is worth knowing, and no fault.</param>
public sealed record SchemaReport(IReadOnlyList<SchemaFinding> Findings, IReadOnlyList<string> Notes);
