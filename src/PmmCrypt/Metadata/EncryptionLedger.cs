using PmmCrypt.Fields;

namespace PmmCrypt.Metadata;

/// <summary>
/// A service's own record of what it has encrypted, in a JSON document of a single-row table of its model. Whoever encrypts must keep
/// it true, or the service encrypts a second time, or refuses its key.
/// </summary>
/// <param name="table">The single-row table.</param>
/// <param name="column">Its JSON column.</param>
public abstract class EncryptionLedger(EncryptedTable table, EncryptedColumn column)
{
    /// <summary>The single-row table that holds it.</summary>
    public EncryptedTable Table { get; } = table;

    /// <summary>The JSON column that holds it.</summary>
    public EncryptedColumn Column { get; } = column;

    /// <summary>
    /// The format in which the service stores values, by this document; <see cref="StoredFormat.Unknown"/> where it does not tell.
    /// </summary>
    /// <param name="document">The JSON document, UTF-8.</param>
    /// <exception cref="InvalidDataException">The document is not one of this service.</exception>
    public abstract StoredFormat FormatOf(ReadOnlySpan<byte> document);

    /// <summary>
    /// The document with what the service must find in it once these columns are encrypted; null where it is in there already.
    /// </summary>
    /// <param name="document">The JSON document, UTF-8.</param>
    /// <param name="encrypted">The columns that are, or are about to be, encrypted: those that the database has.</param>
    /// <param name="database">The database's name, as the service knows it.</param>
    /// <param name="cipher">The cipher, in the format in which they are encrypted.</param>
    public abstract byte[]? Record(
        ReadOnlySpan<byte> document, IReadOnlyList<(EncryptedTable Table, EncryptedColumn Column)> encrypted, string database,
        FieldCipher cipher);

    /// <summary>
    /// The document without what says that these columns are encrypted; null where nothing does. What it says of other columns, and of other
    /// databases, stays.
    /// </summary>
    /// <param name="document">The JSON document, UTF-8.</param>
    /// <param name="decrypted">The columns that are in the clear now.</param>
    /// <param name="database">The database's name, as the service knows it.</param>
    public abstract byte[]? Erase(
        ReadOnlySpan<byte> document, IReadOnlyList<(EncryptedTable Table, EncryptedColumn Column)> decrypted, string database);
}
