using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation;

/// <summary>
/// Reads and keeps a service's own record of what is encrypted. It is a row like any other: replaced only if it is as it was read.
/// </summary>
internal sealed class LedgerKeeper(
    IRotationStore store, EncryptionModel model, IReadOnlyList<TableLayout> tables, IRotationObserver observer, TimeProvider time)
{
    /// <summary>The table that holds it; null where the service records nothing.</summary>
    public EncryptedTable? Table => model.Ledger?.Table;

    /// <summary>The format in which the service stores values, by its record; unknown where it has none.</summary>
    public async Task<StoredFormat> FormatAsync(CancellationToken stop)
    {
        if (LedgerTable() is not { } table)
            return StoredFormat.Unknown;
        using var page = await store.ReadPageAsync(table, null, PageSize.Default, null, stop).ConfigureAwait(false);
        return Document(page) is { } document ? Try(() => model.Ledger!.FormatOf(document.Span)) : StoredFormat.Unknown;
    }

    /// <summary>
    /// The format that the database is in: by the service's own record, else by what is stored, else the one that every PMM reads.
    /// </summary>
    public async Task<StoredFormat> FormatAsync(Census census, CancellationToken stop)
    {
        var recorded = await FormatAsync(stop).ConfigureAwait(false);
        return recorded != StoredFormat.Unknown ? recorded
            : census.OpenedIn(StoredFormat.Envelope) > 0 ? StoredFormat.Envelope
            : StoredFormat.Legacy;
    }

    /// <summary>Whether <see cref="RecordAsync"/> would write.</summary>
    public Task<bool> NeedsRecordAsync(FieldCipher cipher, CancellationToken stop) =>
        WouldReplaceAsync(page => Recorded(page, cipher), stop);

    /// <summary>Whether <see cref="RecordAsync"/> would write, under these keys and in this format.</summary>
    public async Task<bool> NeedsRecordAsync(Keyset keys, StoredFormat format, CancellationToken stop)
    {
        using var cipher = new FieldCipher(keys, format);
        return await NeedsRecordAsync(cipher, stop).ConfigureAwait(false);
    }

    /// <summary>Whether <see cref="EraseAsync"/> would write.</summary>
    public Task<bool> NeedsErasureAsync(CancellationToken stop) =>
        LedgerTable() is null ? Task.FromResult(false) : WouldReplaceAsync(Erased, stop);

    /// <summary>Records that the columns of the cipher's format are encrypted, or are about to be.</summary>
    public Task RecordAsync(FieldCipher cipher, CancellationToken stop) => ReplaceAsync(page => Recorded(page, cipher), stop);

    /// <summary>A record of which the key check was taken out, with a new one under the cipher's primary.</summary>
    public byte[] Renewed(byte[] document, FieldCipher cipher) =>
        Try(() => model.Ledger!.Record(document, [], store.Database, cipher)) ?? document;

    /// <summary>Takes out of the record what says that this database's columns are encrypted: they are not any more.</summary>
    public Task EraseAsync(CancellationToken stop) => LedgerTable() is null ? Task.CompletedTask : ReplaceAsync(Erased, stop);

    private async Task<bool> WouldReplaceAsync(Func<RowPage, byte[]?> change, CancellationToken stop)
    {
        if (model.Ledger is not { } ledger)
            return false;
        var table = LedgerTable() ?? throw NoLedger(ledger);
        using var page = await store.ReadPageAsync(table, null, PageSize.Default, null, stop).ConfigureAwait(false);
        return change(page) is not null;
    }

    private async Task ReplaceAsync(Func<RowPage, byte[]?> change, CancellationToken stop)
    {
        if (model.Ledger is not { } ledger)
            return;
        var table = LedgerTable() ?? throw NoLedger(ledger);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            using var page = await store.ReadPageAsync(table, null, PageSize.Default, null, stop).ConfigureAwait(false);
            if (change(page) is not { } recorded)
                return;
            var changes = new RowChanges(table);
            changes.Set(0, ColumnIndex(table), recorded);
            var replaced = await store.ReplaceAsync(page, changes, CancellationToken.None).ConfigureAwait(false);
            if (replaced[0])
            {
                await store.FlushAsync(stop).ConfigureAwait(false);
                observer.Reached(RotationSteps.LedgerRecorded);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), time, stop).ConfigureAwait(false);
        }

        throw new RotationException(
            RotationFailure.WorkRemains, $"{ledger.Table}.{ledger.Column.Name} changes too often to be replaced",
            "stop the service, and run this again");
    }

    /// <summary>The ledger's document as it must be; null where it is so already.</summary>
    private byte[]? Recorded(RowPage page, FieldCipher cipher)
    {
        var document = Document(page) ?? throw NoLedger(model.Ledger!);
        var encrypted = Columns(page, column => column.IsEncryptedIn(cipher.Format));
        return Try(() => model.Ledger!.Record(document.Span, encrypted, store.Database, cipher));
    }

    private byte[]? Erased(RowPage page)
    {
        // Where nothing is recorded, there is nothing to erase.
        if (Document(page) is not { } document)
            return null;
        return Try(() => model.Ledger!.Erase(document.Span, Columns(page, _ => true), store.Database));
    }

    private (EncryptedTable Table, EncryptedColumn Column)[] Columns(RowPage page, Func<EncryptedColumn, bool> which) =>
    [
        .. tables.Where(layout => layout != page.Layout)
            .SelectMany(layout => layout.Columns.Where(which).Select(column => (layout.Table, column))),
    ];

    private static T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new RotationException(RotationFailure.Refused, e.Message, "check the name of the database");
        }
    }

    private TableLayout? LedgerTable() =>
        model.Ledger is { } ledger
            ? tables.FirstOrDefault(table => table.Table == ledger.Table && table.Columns.Contains(ledger.Column))
            : null;

    private ReadOnlyMemory<byte>? Document(RowPage page)
    {
        // Not a conditional expression: its null would become an empty memory, and no row a document that is no JSON.
        if (page.Count == 0 || page.IsNull(0, ColumnIndex(page.Layout)))
            return null;
        return page.Column(0, ColumnIndex(page.Layout));
    }

    private int ColumnIndex(TableLayout table) => table.Columns.ToList().IndexOf(model.Ledger!.Column);

    private static RotationException NoLedger(EncryptionLedger ledger) => new(
        RotationFailure.Refused,
        $"{ledger.Table} has no row in which to record what is encrypted: the service would encrypt it a second time",
        "let the service create its database first");
}
