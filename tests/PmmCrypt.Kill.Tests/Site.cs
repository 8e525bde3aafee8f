using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>A database and its key file, for one run to be killed on and the next to finish.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly PmmDatabase? _postgres;
    private readonly PmmSqliteDatabase? _sqlite;

    public Site(TempFolder folder, PmmDatabase database) => (_folder, _postgres) = (folder, database);

    public Site(TempFolder folder, PmmSqliteDatabase database) => (_folder, _sqlite) = (folder, database);

    public string Folder => _folder.Path;

    public string KeyFile => _folder["pmm.key"];

    /// <summary>The SQLite file, in a folder of its own: when SQLite waits for its folder, it must not wait for the key's too.</summary>
    public string DatabaseFile => _sqlite!.FilePath;

    /// <summary>The PostgreSQL database.</summary>
    public PostgresDatabase Database => _postgres!.Database;

    /// <summary>The rows in the clear.</summary>
    public PmmRows Rows => _postgres?.Rows ?? _sqlite!.Rows;

    /// <summary>Says to the tool where the database and the key file are.</summary>
    public string[] Where =>
    [
        "--connection", _postgres?.Database.PlainConnectionString ?? $"sqlite:{_sqlite!.FilePath}", "--key-file", KeyFile,
        "--lock-timeout", "30",
    ];

    public string this[string name] => _folder[name];

    /// <summary>The key file as it lies there; null where there is none.</summary>
    public HandKeyset? Keys => File.Exists(KeyFile) ? HandKeyset.Load(KeyFile) : null;

    /// <summary>Compares every row with what was seeded.</summary>
    public async Task<PmmCheck> CheckAsync(Func<string, string> open, PmmStorage? storage) =>
        _postgres is null ? _sqlite!.Check((stored, _) => open(stored), storage) : await _postgres.CheckAsync(open, storage);

    /// <summary>A copy of both, and of what else lies in the folder: in PostgreSQL each row is at the same place.</summary>
    public async Task<Site> CopyAsync()
    {
        var folder = new TempFolder();
        foreach (var name in Files()) File.Copy(this[name], folder[name]);
        return _postgres is null
            ? new Site(folder, _sqlite!.CopyTo(Directory.CreateDirectory(folder["database"]).FullName))
            : new Site(folder, await _postgres.CopyAsync());
    }

    /// <summary>The names of the files in the folder of the key file.</summary>
    public IReadOnlyList<string> Files() => [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!)];

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        _folder.Dispose();
    }
}
