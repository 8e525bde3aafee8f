using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Stores;

/// <summary>
/// A database as rotation sees it: rows of tables, read in a snapshot or by pages, and replaced where they are still as they were read.
/// The stores know SQL and their database's traps; they know nothing of keys.
/// </summary>
/// <remarks>
/// Every method throws <see cref="StoreException"/> for what an operator must mend (unreachable, login refused, right missing, connection
/// lost), and <see cref="OperationCanceledException"/> where it was told to stop. After the first the store is of no use but to be
/// disposed, unless it is a <see cref="StoreLockedException"/>. One page may be read while <see cref="MaxReplacing"/> others are
/// replaced; all else is one call at a time.
/// </remarks>
public interface IRotationStore : IAsyncDisposable
{
    /// <summary>How reports name the database, such as <c>pmm-managed on 127.0.0.1:5432</c>. No password.</summary>
    string DisplayName { get; }

    /// <summary>The database's name, as the service's own records have it.</summary>
    string Database { get; }

    /// <summary>How many pages may be replaced at once. Known when the lock is held.</summary>
    int MaxReplacing { get; }

    /// <summary>Whether writers wait until a snapshot is read to its end, so that a rest in it would be no kindness to them.</summary>
    bool WritersWaitForSnapshots => false;

    /// <summary>
    /// Called by <see cref="ReplaceAsync"/> when the updates of a page are made, before they are committed. What it throws undoes them.
    /// </summary>
    Action? BeforeCommit { get; set; }

    /// <summary>
    /// Takes the database's rotation lock, and holds it until the result is disposed. From then on <see cref="ReplaceAsync"/> refuses to
    /// write where the lock is no longer held.
    /// </summary>
    /// <exception cref="StoreLockedException">Another holds it still after <paramref name="timeout"/>.</exception>
    Task<IAsyncDisposable> LockAsync(TimeSpan timeout, CancellationToken cancellation);

    /// <summary>
    /// Says, for as long as the rotation lock is held, that a sweep under this primary key is under way, so that other runs may join it.
    /// </summary>
    Task ShareSweepAsync(uint keyId, CancellationToken cancellation);

    /// <summary>
    /// Joins the sweep under this primary key, of a run that holds the rotation lock or of others that have joined it, until the result is
    /// disposed. From then on <see cref="ReplaceAsync"/> writes, and refuses to where the sweep may be shared no longer.
    /// </summary>
    /// <returns>Null where no such sweep is under way, or it is not to be joined any more.</returns>
    Task<IAsyncDisposable?> JoinSweepAsync(uint keyId, CancellationToken cancellation);

    /// <summary>
    /// Waits until nobody sweeps under any of these keys, and lets nobody join for as long as the rotation lock is held. Asked before such a
    /// key ceases to be the primary, or ceases to be: what is written under it afterwards would be left behind.
    /// </summary>
    /// <exception cref="StoreLockedException">Another run still sweeps after <paramref name="timeout"/>.</exception>
    Task ExcludeSweepsAsync(IReadOnlyList<uint> keyIds, TimeSpan timeout, CancellationToken cancellation);

    /// <summary>Which of the model's tables and columns the database has. One entry a table, in the model's order.</summary>
    /// <exception cref="StoreSchemaException">A table has not the key columns by which its rows are identified.</exception>
    Task<IReadOnlyList<TableLayout>> DescribeAsync(EncryptionModel model, CancellationToken cancellation);

    /// <summary>
    /// What the database's catalog says of the model's tables and columns, and of what it ties to their values. One entry a table, in the
    /// model's order. Unlike <see cref="DescribeAsync"/> it refuses nothing.
    /// </summary>
    Task<IReadOnlyList<TableFacts>> ExamineAsync(EncryptionModel model, CancellationToken cancellation);

    /// <summary>
    /// Tries, without leaving a trace, whether rows can be replaced later: rights, keys, triggers, rules, row security, replication. A
    /// store says what is in the way in words that name the table and what to do.
    /// </summary>
    Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation);

    /// <summary>
    /// The other sessions that are connected to this database, so far as they can be seen. Rotations of this tool are left out.
    /// </summary>
    Task<IReadOnlyList<StoreSession>> SessionsAsync(CancellationToken cancellation);

    /// <summary>Reads every row of the tables, as of one moment. A page holds rows of one table.</summary>
    /// <remarks>The reader of a page owns it, and disposes it; the store may hand out several before the first is disposed.</remarks>
    IAsyncEnumerable<RowPage> ReadSnapshotAsync(IReadOnlyList<TableLayout> tables, PageSize size, CancellationToken cancellation);

    /// <summary>
    /// Counts values by how they begin, as of one moment. A row is counted where the beginning of each of its values tells what it is:
    /// nothing, in the clear for certain, or a ciphertext under one of these keys. All others are left for the caller to read.
    /// </summary>
    /// <param name="tables">The tables.</param>
    /// <param name="keyIds">The keys to count by, the likeliest first. What begins as under any other is left to be read.</param>
    /// <param name="cancellation">Stops the count.</param>
    /// <remarks>
    /// A beginning is no proof: a ciphertext may be damaged behind it, or lie over another. Nothing but a report rests on this count. A
    /// store that would save nothing by it may leave every row to be read.
    /// </remarks>
    Task<ICountedSnapshot> CountAsync(IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation);

    /// <summary>
    /// Reads the next rows of a table, in an order that is the store's to choose, each page in a moment of its own, locking nothing. A row
    /// that another session writes between two pages may be left out: whoever must know that none is asks for a snapshot.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="from">
    /// The end of the page before, its <see cref="RowPage.Next"/>; for the first page null, <see cref="SharedPosition.Beginning"/>, or a
    /// <see cref="PlacesPosition"/>.
    /// </param>
    /// <param name="size">How much to read at most.</param>
    /// <param name="doneUnder">
    /// A key id: rows may be left out of which the database itself can prove that every field is empty or carries
    /// this key's prefix. Null for every row. Leaving out none is always right.
    /// </param>
    /// <param name="cancellation">Stops the read.</param>
    /// <returns>The page, to be disposed by the caller. <see cref="RowPage.IsLast"/> says whether the table's end was reached.</returns>
    Task<RowPage> ReadPageAsync(TableLayout table, PagePosition? from, PageSize size, uint? doneUnder, CancellationToken cancellation);

    /// <summary>
    /// Replaces columns of rows of a page that was read by <see cref="ReadPageAsync"/>, in one short transaction that never waits for a
    /// row: each row only if every column that changes still holds what the page holds. A store may leave alone a row of which anything
    /// else has changed. The transaction is durable when <see cref="FlushAsync"/> has returned after it, at the latest.
    /// </summary>
    /// <returns>
    /// For each change of the page, whether its row was replaced. Where not, another session changed, deleted or holds it.
    /// </returns>
    Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, CancellationToken cancellation);

    /// <summary>
    /// Makes durable what <see cref="ReplaceAsync"/> has replaced, and waits for the replicas that the database waits for. A crash before
    /// may bring back what stood there before: under an older key, which the key file still holds.
    /// </summary>
    Task FlushAsync(CancellationToken cancellation);

    /// <summary>
    /// Looks for values outside the fields of these tables that begin as a ciphertext under one of these keys does: in every column of the
    /// database that holds text or JSON, wherever in it they stand. A prefix is no proof; an operator is to look.
    /// </summary>
    /// <param name="tables">The tables.</param>
    /// <param name="keyIds">The keys.</param>
    /// <param name="inJsonOfTables">
    /// Whether the tables' own JSON columns are searched too: in there, the fields themselves are found as well as what is beside them.
    /// </param>
    /// <param name="cancellation">Stops the search.</param>
    Task<StrayReferences> FindStraysAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables, CancellationToken cancellation);

    /// <summary>
    /// The replicas of the database that have not replayed what was committed before the call, after waiting for them for a while: what
    /// they hold may be under a key that nothing here is under any more. Each in words that name it and say how far it is behind. Asked also
    /// while a fence stands, when it is not being read.
    /// </summary>
    Task<IReadOnlyList<string>> LaggingReplicasAsync(TimeSpan timeout, CancellationToken cancellation);

    /// <summary>
    /// How busy the database is at the moment. Not asked while a page is being replaced or a fence stands, but also in a snapshot.
    /// </summary>
    Task<StoreLoad> LoadAsync(CancellationToken cancellation);

    /// <summary>
    /// Shuts out every writer of the tables for the lifetime of the result, prepared transactions included.
    /// </summary>
    /// <exception cref="StoreBusyException">A writer did not end within <paramref name="timeout"/>.</exception>
    Task<IStoreFence> FenceAsync(IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation);
}

/// <summary>While it lasts, nobody writes the tables that it was made for.</summary>
public interface IStoreFence : IAsyncDisposable
{
    /// <summary>Reads every row of the fenced tables.</summary>
    IAsyncEnumerable<RowPage> ReadAsync(PageSize size, CancellationToken cancellation);

    /// <summary>Proves that it still stands. Asked last before anything is done that rests on the count.</summary>
    Task ProveAsync(CancellationToken cancellation);

    /// <summary>Ends the fence in an orderly way. Where this fails, it may have fallen before.</summary>
    Task ReleaseAsync(CancellationToken cancellation);
}
