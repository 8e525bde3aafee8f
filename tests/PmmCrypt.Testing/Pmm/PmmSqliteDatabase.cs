using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace PmmCrypt.Testing.Pmm;

/// <summary>PMM's tables of secrets in an SQLite file, with the same rows and the same check as <see cref="PmmDatabase"/>.</summary>
public sealed class PmmSqliteDatabase
{
    private readonly PmmSeed _seed;

    private PmmSqliteDatabase(PmmSeed seed, string path)
    {
        _seed = seed;
        FilePath = path;
        Rows = new PmmRows(seed);
    }

    /// <summary>The file. Its name, without extension, is the database's name to the tool.</summary>
    public string FilePath { get; }

    /// <summary>The rows in the clear, as seeded.</summary>
    public PmmRows Rows { get; }

    private string Name => Path.GetFileNameWithoutExtension(FilePath);

    /// <summary>Makes the file and fills it.</summary>
    public static PmmSqliteDatabase Create(string path, PmmSeed seed, bool writeAheadLog = false)
    {
        var pmm = new PmmSqliteDatabase(seed, path);
        var stored = new PmmStoredRows(seed, pmm.Rows, pmm.Name);
        using var connection = pmm.Open();
        Execute(connection, $"PRAGMA journal_mode = {(writeAheadLog ? "WAL" : "DELETE")}");
        using var transaction = connection.BeginTransaction();
        Execute(connection, "CREATE TABLE settings (settings TEXT)");
        Execute(connection, "INSERT INTO settings VALUES ($p0)", stored.Settings().ToJsonString());
        Write(connection, "agents", "agent_id", pmm.Rows.Agent(0), stored.Agents());
        Write(connection, "backup_locations", "id", pmm.Rows.Location(0), stored.Locations());
        transaction.Commit();
        return pmm;
    }

    /// <summary>A copy of this database's files, under the same name in another folder. Nobody may be writing meanwhile.</summary>
    public PmmSqliteDatabase CopyTo(string folder)
    {
        // What a killed writer left beside the file is part of the database: its log, or its way back.
        foreach (var suffix in new[] { "", "-wal", "-journal" })
        {
            if (File.Exists(FilePath + suffix))
                File.Copy(FilePath + suffix, Path.Combine(folder, Path.GetFileName(FilePath) + suffix));
        }
        return new PmmSqliteDatabase(_seed, Path.Combine(folder, Path.GetFileName(FilePath)));
    }

    /// <summary>Reads every row again and compares every plaintext, every other column and every JSON member with the seed.</summary>
    /// <param name="open">Opens a stored value of a field; throws where it does not open.</param>
    /// <param name="storage">How the secrets must be stored by now. Default: as they were seeded.</param>
    public PmmCheck Check(Func<string, string, string> open, PmmStorage? storage = null)
    {
        // Elsewhere: who opens what a killed writer left, mends it, and that is for the tool to do.
        using var elsewhere = new TempFolder();
        using var connection = CopyTo(elsewhere.Path).Open();
        var comparison = new PmmComparison(open, storage ?? _seed.Storage);
        var agents = Compare(connection, comparison, "agents", "agent_id", Rows.Agents, Rows.AgentId, (id, i, row) => comparison.Row(
            "agents", id, Rows.Agent(i), row, PmmFields.Agents, _seed.Quirks && PmmRows.IsPmmAgent(i),
            Rows.HasOptionsAsString(i) ? "azure_options" : null));
        var locations = Compare(
            connection, comparison, "backup_locations", "id", Rows.Locations, Rows.LocationId,
            (id, i, row) => comparison.Row("backup_locations", id, Rows.Location(i), row, PmmFields.Locations));
        var settings = Read(connection, "settings").ToList();
        if (settings is [var only])
            comparison.Settings(PmmStoredRows.OtherSettings(), JsonNode.Parse((string)only["settings"]!)!.AsObject(), Name);
        else comparison.Differs("settings", $"{settings.Count} rows");
        return comparison.Result(agents, locations);
    }

    /// <summary>Runs a statement with parameters $p0, $p1, …</summary>
    public void Execute(string sql, params string[] parameters)
    {
        using var connection = Open();
        Execute(connection, sql, parameters);
    }

    private static int Compare(
        SqliteConnection connection, PmmComparison comparison, string table, string key, int count, Func<int, string> idOf,
        Action<string, int, JsonObject> compare)
    {
        var missing = Enumerable.Range(0, count).ToDictionary(idOf);
        var read = 0;
        foreach (var row in Read(connection, table))
        {
            read++;
            var id = (string)row[key]!;
            if (missing.Remove(id, out var i)) compare(id, i, row);
            else comparison.Differs($"{table} {id}", "is a new row");
        }
        foreach (var id in missing.Keys) comparison.Differs($"{table} {id}", "is missing");
        return read;
    }

    private static IEnumerable<JsonObject> Read(SqliteConnection connection, string table)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {table}";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = new JsonObject();
            for (var i = 0; i < reader.FieldCount; i++) row[reader.GetName(i)] = Value(reader.GetName(i), reader.GetValue(i));
            yield return row;
        }
    }

    private static JsonNode? Value(string column, object value) => value switch
    {
        DBNull => null,
        string text when PmmColumns.IsJson(column) => JsonNode.Parse(text),
        string text => text,
        long number when PmmColumns.IsBoolean(column) => number != 0,
        long number => number,
        _ => throw new InvalidDataException($"{column} holds a {value.GetType().Name}"),
    };

    private static void Write(SqliteConnection connection, string table, string key, JsonObject pattern, IEnumerable<JsonObject> rows)
    {
        var columns = pattern.Select(column => column.Key).ToArray();
        var definitions = columns.Select(column =>
            PmmColumns.IsBoolean(column) || PmmColumns.IsInteger(column) ? $"{column} INTEGER" : $"{column} TEXT");
        Execute(connection, $"CREATE TABLE {table} ({string.Join(", ", definitions)}, PRIMARY KEY ({key}))");
        using var insert = connection.CreateCommand();
        insert.CommandText = $"INSERT INTO {table} VALUES ({string.Join(", ", columns.Select((_, i) => $"$p{i}"))})";
        foreach (var row in rows)
        {
            insert.Parameters.Clear();
            for (var i = 0; i < columns.Length; i++) insert.Parameters.AddWithValue($"$p{i}", Stored(columns[i], row[columns[i]]));
            insert.ExecuteNonQuery();
        }
    }

    private static object Stored(string column, JsonNode? value) => value switch
    {
        null => DBNull.Value,
        _ when PmmColumns.IsJson(column) => value.ToJsonString(),
        _ when PmmColumns.IsBoolean(column) => value.GetValue<bool>() ? 1 : 0,
        _ when PmmColumns.IsInteger(column) => value.GetValue<int>(),
        _ => value.GetValue<string>(),
    };

    private static void Execute(SqliteConnection connection, string sql, params string[] parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < parameters.Length; i++) command.Parameters.AddWithValue($"$p{i}", parameters[i]);
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        return connection;
    }
}
