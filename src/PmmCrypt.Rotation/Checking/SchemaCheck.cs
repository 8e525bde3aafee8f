using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Checking;

/// <summary>Compares a model with a database: its schema, and what lies where. It writes nothing, and needs no key file.</summary>
/// <remarks>
/// Without a key file it knows ciphertexts by their shape, and the keys by what the fields of the model hold: values outside of the model
/// are searched for under those keys.
/// </remarks>
internal sealed class SchemaCheck(
    IRotationStore store, EncryptionModel model, KeyFileLocation keyFile, IRotationObserver observer, TimeProvider time)
{
    private const int MostKeys = 32;

    private readonly List<SchemaFinding> _findings = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _missing = [];

    /// <summary>Compares.</summary>
    /// <exception cref="RotationException">Nothing of the model is in the database.</exception>
    public async Task<SchemaReport> RunAsync(PageSize size, CancellationToken stop)
    {
        observer.Phase(RotationPhase.Plan);
        var facts = await store.ExamineAsync(model, stop).ConfigureAwait(false);
        if (!facts.Any(table => table.Exists && table.Table != model.Ledger?.Table))
        {
            throw new RotationException(
                RotationFailure.NothingFound,
                $"nothing of {model.Name} is in {store.DisplayName}: {string.Join(", ", facts.Select(table => table.Table))} not found",
                "check the name of the database and, for a model of your own, --assembly");
        }

        foreach (var table in facts)
            JudgeTable(table);
        _notes.AddRange(model.WorthAWord(_missing).Select(name => $"this database does not have {name}: an older version of the service made it"));
        await CheckValuesAsync(facts, size, stop).ConfigureAwait(false);
        return new SchemaReport(_findings, _notes);
    }

    private static bool IsReadable(TableFacts table) =>
        table.Exists && table.Table.Keys.All(key => table.Columns.ContainsKey(key.Name));

    private void JudgeTable(TableFacts facts)
    {
        var table = facts.Table;
        if (!facts.Exists)
        {
            Missing(SchemaFindingKind.MissingTable, table, null,
                "the database has no such table: its fields are stored nowhere",
                "create the table, or check the database's name and schema");
            return;
        }

        foreach (var key in table.Keys)
            JudgeKey(facts, key);
        if (!facts.HasUniqueKey && table.Keys.All(key => facts.Columns.ContainsKey(key.Name)))
        {
            var names = string.Join(", ", table.Keys.Select(key => key.Name));
            Find(SchemaFindingKind.Key, table, names, "no unique index is on it, so two rows could be one to a rotation",
                $"CREATE UNIQUE INDEX ON {table} ({names})");
        }

        foreach (var column in table.Columns)
        {
            if (!facts.Columns.TryGetValue(column.Name, out var found))
            {
                Missing(SchemaFindingKind.MissingColumn, table, column.Name,
                    "the database has no such column: what is encrypted has no place", "add the column, or correct its name in [Column]");
                continue;
            }

            var judge = new ColumnJudge(table, column, found);
            foreach (var finding in judge.Findings())
                Add(finding);
            if (judge.Note() is { } note)
                _notes.Add(note);
        }
    }

    private void JudgeKey(TableFacts facts, KeyColumn key)
    {
        if (!facts.Columns.TryGetValue(key.Name, out var found))
            Find(SchemaFindingKind.Key, facts.Table, key.Name, "the database has no such column, by which rows are told apart",
                "correct the [Key] of the entity, or its [Column]");
        else if (found.IsNullable)
            Find(SchemaFindingKind.Key, facts.Table, key.Name, "it tells rows apart and may be NULL: such a row is never found again",
                "make it NOT NULL");
    }

    private async Task CheckValuesAsync(IReadOnlyList<TableFacts> facts, PageSize size, CancellationToken stop)
    {
        // A table without its key can be described by no layout: what it holds is left until it has one.
        var readable = new EncryptionModel(model.Name, [.. facts.Where(IsReadable).Select(table => table.Table)]);
        var tables = await store.DescribeAsync(readable, stop).ConfigureAwait(false);
        using var custody = KeyCustody.OpenToRead(keyFile, observer, mayBeMissing: true);
        using var none = custody.Exists ? null : KeysetManager.Generate();
        var keyset = none ?? custody.Keyset;
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var members = new UndeclaredMembers(cipher, tables);
        var census = await CensusTaker.TakeAsync(
            members.LookAsync(store.ReadSnapshotAsync(tables, size, stop)), tables, cipher, observer, null, stop).ConfigureAwait(false);
        var format = await FormatAsync(tables, census, stop).ConfigureAwait(false);
        foreach (var entry in census.Fields.Where(entry => entry.Clear > 0 && entry.Field.IsEncryptedIn(format)))
            Find(SchemaFindingKind.Clear, entry.Field.Table, entry.Field.Name,
                $"{Count(entry.Clear, "value")} in the clear",
                "pmm-crypt encrypt encrypts them; find out who writes them without EncryptFields");
        FindRenamed(members);
        if (census.Unreadable > 0 && custody.Exists)
            _notes.Add($"{Count(census.Unreadable, "value")} not opened by the key file: pmm-crypt verify names each");
        var unread = facts.Where(table => table.Exists && !IsReadable(table)).Select(table => table.Table).ToArray();
        await FindStraysAsync(tables, unread, KeyIds(custody.Exists ? keyset : null, census), members, stop).ConfigureAwait(false);
    }

    /// <summary>Members that a serializer named by a policy of its own, where the model has the property's name.</summary>
    private void FindRenamed(UndeclaredMembers members)
    {
        foreach (var ((field, path), documents) in members.Renamed
            .OrderBy(place => place.Key.Field.ToString(), StringComparer.Ordinal).ThenBy(place => place.Key.Path, StringComparer.Ordinal))
        {
            Find(SchemaFindingKind.MemberName, field.Table, $"{field.Column}.{path}",
                $"{Count(documents, "document")} with a value there and none at {field.Name}, which the model declares: "
                + "no rotation finds it",
                "give the property the name that is in the database by [JsonPropertyName]: a naming policy of the serializer is not seen; "
                + "then run pmm-crypt encrypt");
        }
    }

    /// <summary>The format that the service stores values in: by its own record, else by what there is.</summary>
    private async Task<StoredFormat> FormatAsync(IReadOnlyList<TableLayout> tables, Census census, CancellationToken stop)
    {
        var recorded = await new LedgerKeeper(store, model, tables, observer, time).FormatAsync(stop).ConfigureAwait(false);
        if (recorded != StoredFormat.Unknown)
            return recorded;
        return census.OpenedIn(StoredFormat.Envelope) > 0 || census.Problems.Any(problem => problem.Format == StoredFormat.Envelope)
            ? StoredFormat.Envelope
            : StoredFormat.Legacy;
    }

    /// <summary>The keys of the key file, and those that values name which it does not open: the most often named ones.</summary>
    private static uint[] KeyIds(Keyset? keyset, Census census) =>
    [
        .. (keyset?.Keys.Select(key => key.Id) ?? [])
            .Concat(census.Problems.Where(problem => problem.KeyId != 0).CountBy(problem => problem.KeyId)
                .OrderByDescending(key => key.Value).ThenBy(key => key.Key).Select(key => key.Key))
            .Distinct().Take(MostKeys),
    ];

    private async Task FindStraysAsync(
        IReadOnlyList<TableLayout> tables, EncryptedTable[] unread, uint[] keyIds, UndeclaredMembers members,
        CancellationToken stop)
    {
        const string Meaning =
            "the model has no field there, so no rotation finds them, and the key that they are under is destroyed some day";
        const string Action = "declare the field [Encrypted]; or decrypt what is there, or delete it, before rotate --prune";
        var known = keyIds.ToHashSet();
        foreach (var group in members.Found.Where(place => known.Contains(place.Key.KeyId))
            .GroupBy(place => (place.Key.Table, Column: $"{place.Key.Column}.{place.Key.Path}"))
            .OrderBy(group => group.Key.Table.ToString(), StringComparer.Ordinal).ThenBy(group => group.Key.Column, StringComparer.Ordinal))
        {
            Find(SchemaFindingKind.Stray, group.Key.Table, group.Key.Column,
                $"{Count(group.Sum(place => place.Value), "ciphertext")}: {Meaning}", Action);
        }

        var strays = await store.FindStraysAsync(tables, keyIds, inJsonOfTables: false, stop).ConfigureAwait(false);
        foreach (var column in strays.Found.Where(stray => !unread.Any(table => IsFieldOf(table, stray)))
            .GroupBy(stray => (stray.Table, stray.Column)))
            _findings.Add(new SchemaFinding(
                SchemaFindingKind.Stray, column.Key.Table, column.Key.Column,
                $"ciphertexts in {Count(column.Max(stray => stray.Rows), "row")} or more: {Meaning}", Action));
        _notes.AddRange(strays.NotSearched.Select(place => $"not searched for ciphertexts: {place}"));
        if (keyIds.Length == 0)
            _notes.Add("not searched for ciphertexts outside of the model: there is no key file, and no field holds a ciphertext");
    }

    private static bool IsFieldOf(EncryptedTable table, StrayReference stray) =>
        stray.Table.EndsWith($".{table.Name}", StringComparison.OrdinalIgnoreCase)
        && table.Columns.Any(column => column.Name.Equals(stray.Column, StringComparison.OrdinalIgnoreCase));

    /// <summary>A finding; or, of a service whose older versions had less, a note.</summary>
    private void Missing(SchemaFindingKind kind, EncryptedTable table, string? column, string meaning, string action)
    {
        if (model.AllowsMissing)
            _missing.Add(column is null ? table.ToString() : $"{table}.{column}");
        else
            Find(kind, table, column, meaning, action);
    }

    private void Find(SchemaFindingKind kind, EncryptedTable table, string? column, string meaning, string action) =>
        Add(new SchemaFinding(kind, table.ToString(), column, meaning, action));

    /// <summary>Each once: entities that share a table find the same of it.</summary>
    private void Add(SchemaFinding finding)
    {
        if (!_findings.Contains(finding))
            _findings.Add(finding);
    }

    private static string Count(long count, string noun) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
