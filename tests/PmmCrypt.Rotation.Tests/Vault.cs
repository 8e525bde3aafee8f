using Microsoft.Data.Sqlite;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Sqlite;
using PmmCrypt.Testing;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// A database file with a table <c>accounts</c> (id, password, options with the members secret and later, other), and a key file: what a
/// service has. Plaintexts are <c>secret of ID</c>; <c>later</c> is encrypted in the envelope format alone.
/// </summary>
internal sealed class Vault : IDisposable
{
    private readonly TempFolder _folder = new();

    public Vault(params string[] ids)
    {
        Execute("CREATE TABLE accounts (id TEXT NOT NULL PRIMARY KEY, password TEXT, options TEXT, other TEXT)");
        foreach (var id in ids)
        {
            Execute("INSERT INTO accounts VALUES ($1, $2, $3, 'untouched')", id, $"secret of {id}",
                $$"""{"n": 1.50, "secret": "secret of {{id}}", "unknown": [1]}""");
        }
    }

    public static TimeSpan Moment { get; } = TimeSpan.FromMilliseconds(300);

    public Silence Said { get; } = new();

    public Clock Clock { get; } = new();

    public string KeyPath => _folder["service.key"];

    public string NotesPath => KeyPath + ".pmm-crypt.json";

    public string Folder => _folder.Path;

    public IReadOnlyList<string> OtherKeyFiles { get; set; } = [];

    public byte[] KeyFileBytes => File.ReadAllBytes(KeyPath);

    public byte[] DatabaseBytes => File.ReadAllBytes(_folder["service.db"]);

    public uint Primary => Keys(keyset => keyset.Primary.Id);

    public IReadOnlyList<uint> KeyIds => Keys(keyset => keyset.Keys.Select(key => key.Id).ToArray());

    public string this[string file] => _folder[file];

    /// <summary>A vault whose values <c>init</c> has encrypted.</summary>
    public static async Task<Vault> InitializedAsync(params string[] ids)
    {
        var vault = new Vault(ids);
        await vault.InitAsync();
        return vault;
    }

    public static EncryptionModel Model(params string[] moreColumns)
    {
        var password = new EncryptedField("password", StoredFormats.All);
        var secret = new EncryptedField("options", StoredFormats.All, "secret");
        var later = new EncryptedField("options", StoredFormats.Envelope, "later");
        return new EncryptionModel("accounts.dll",
        [
            new EncryptedTable(
                null,
                "accounts",
                [new KeyColumn("id", KeyColumnType.Text)],
                [
                    EncryptedColumn.Text(password),
                    EncryptedColumn.Json(
                        "options",
                        (ref JsonSplice json) =>
                        {
                            while (json.NextMember())
                            {
                                if (json.NameIs("secret"u8))
                                    json.Visit(secret);
                                else if (json.NameIs("later"u8))
                                    json.Visit(later);
                                else
                                    json.Skip();
                            }
                        },
                        secret,
                        later),
                    .. moreColumns.Select(name => EncryptedColumn.Text(new EncryptedField(name, StoredFormats.All))),
                ]),
        ]);
    }

    /// <summary>The same, for databases that may not have these columns yet.</summary>
    public static EncryptionModel OlderModel(params string[] moreColumns) => new PatientModel(Model(moreColumns).Tables);

    public async Task<WatchedStore> OpenAsync() =>
        new(await SqliteRotationStore.OpenAsync(_folder["service.db"], new SqliteStoreOptions { BusyTimeout = Moment }, default));

    public RotationEngine Engine(IRotationStore store, EncryptionModel? model = null) =>
        new(store, model ?? Model(), new KeyFileLocation(KeyPath, OtherKeyFiles), Said, Clock);

    public async Task<RotationReport> RotateAsync(
        RotationOptions? options = null, Action<WatchedStore>? watch = null, CancellationToken stop = default)
    {
        await using var store = await OpenAsync();
        watch?.Invoke(store);
        return await Engine(store).RotateAsync(options ?? Patient, stop);
    }

    public async Task<RotationReport> InitAsync(RotationOptions? options = null, Action<WatchedStore>? watch = null)
    {
        await using var store = await OpenAsync();
        watch?.Invoke(store);
        return (await Engine(store).InitializeAsync(options ?? Patient, default)).Report;
    }

    /// <summary>Two rows a page; a lock and a service are waited for briefly.</summary>
    public static RotationOptions Patient { get; } = new() { PageSize = new PageSize(2, 1 << 20), LockTimeout = Moment,
        SettleTimeout = TimeSpan.FromSeconds(60) };

    public T Keys<T>(Func<Keyset, T> read)
    {
        using var file = KeyFile.Load(KeyPath);
        return read(file.Keyset);
    }

    /// <summary>Edits the key file, as a key verb does.</summary>
    public void Edit(Action<KeysetManager> edit)
    {
        using var heldLock = KeyFileLock.Acquire(KeyPath, Moment);
        using var file = KeyFile.Load(KeyPath);
        using var manager = new KeysetManager(file.Keyset);
        edit(manager);
        using var keyset = manager.ToKeyset();
        file.Replace(keyset, heldLock).Dispose();
    }

    /// <summary>Notes a key as one that was being added, as a run leaves it that is killed before it promotes the key.</summary>
    public void NoteAdding(uint keyId) => File.WriteAllText(NotesPath, $$"""{"adding": {{keyId}}}""");

    /// <summary>A value as a service writes it that has loaded this keyset.</summary>
    public static string Seal(Keyset keyset, string plaintext, StoredFormat format = StoredFormat.Legacy)
    {
        using var cipher = new FieldCipher(keyset, format);
        return cipher.Encrypt(plaintext)!;
    }

    /// <summary>A layer under the primary, over whatever is given.</summary>
    public static string Layer(Keyset keyset, string text)
    {
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var stored = new System.Buffers.ArrayBufferWriter<byte>();
        cipher.Encrypt(System.Text.Encoding.UTF8.GetBytes(text), StoredFormat.Legacy, stored);
        return System.Text.Encoding.UTF8.GetString(stored.WrittenSpan);
    }

    /// <summary>The keyset as it is now, for a service to keep.</summary>
    public Keyset LoadKeyset() => KeyFile.Load(KeyPath).Keyset;

    public string? Stored(string id, string expression = "password") =>
        Scalar($"SELECT {expression} FROM accounts WHERE id = $1", id) as string;

    public string? Secret(string id) => Stored(id, "json_extract(options, '$.secret')");

    public uint KeyOf(string id)
    {
        using var keyset = LoadKeyset();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        return cipher.Inspect(Stored(id)).KeyId;
    }

    /// <summary>
    /// Every value opens with the key file as it is to what it is meant to be, under the primary key where that is asked for.
    /// </summary>
    public void AssertIntact(bool underPrimary = false, string? except = null)
    {
        using var keyset = LoadKeyset();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy, ClearText.Passed);
        foreach (var id in Ids())
        {
            if (id == except)
                continue;
            Assert.Equal($"secret of {id}", cipher.Decrypt(Stored(id)));
            Assert.Equal($"secret of {id}", cipher.Decrypt(Secret(id)));
            Assert.Equal("1.5", Scalar("SELECT CAST(json_extract(options, '$.n') AS TEXT) FROM accounts WHERE id = $1", id));
            Assert.Equal("untouched", Stored(id, "other"));
            if (!underPrimary)
                continue;
            Assert.Equal((keyset.Primary.Id, 1), (cipher.Inspect(Stored(id)).KeyId, cipher.Inspect(Stored(id)).Layers));
            Assert.Equal((keyset.Primary.Id, 1), (cipher.Inspect(Secret(id)).KeyId, cipher.Inspect(Secret(id)).Layers));
        }
    }

    public void Execute(string sql, params object[] parameters)
    {
        using var connection = Connect();
        using var command = Command(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    /// <summary>Every row as it is stored, in which columns may be NULL, as one text.</summary>
    public string AllStored() => (string)Scalar(
        "SELECT group_concat(id || '|' || coalesce(password, 'NULL') || '|' || coalesce(options, 'NULL') || '|' || other, char(10)) "
        + "FROM accounts")!;

    /// <summary>Every row as it is stored.</summary>
    public IReadOnlyList<(string Id, string Password, string Options, string Other)> Rows()
    {
        using var connection = Connect();
        using var command = Command(connection, "SELECT id, password, options, other FROM accounts ORDER BY id", []);
        using var reader = command.ExecuteReader();
        var rows = new List<(string, string, string, string)>();
        while (reader.Read())
            rows.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)));
        return rows;
    }

    public void Dispose() => _folder.Dispose();

    private List<string> Ids()
    {
        using var connection = Connect();
        using var command = Command(connection, "SELECT id FROM accounts ORDER BY id", []);
        using var reader = command.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read())
            ids.Add(reader.GetString(0));
        return ids;
    }

    private object? Scalar(string sql, params object[] parameters)
    {
        using var connection = Connect();
        using var command = Command(connection, sql, parameters);
        return command.ExecuteScalar();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, object[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", parameters[i]);
        return command;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={_folder["service.db"]};Pooling=False");
        connection.Open();
        return connection;
    }

    private sealed class PatientModel(IReadOnlyList<EncryptedTable> tables) : EncryptionModel("accounts.dll", tables)
    {
        public override bool AllowsMissing => true;
    }
}
