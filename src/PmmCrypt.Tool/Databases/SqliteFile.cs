using PmmCrypt.Rotation.Stores;
using PmmCrypt.Sqlite;

namespace PmmCrypt.Tool.Databases;

/// <summary>An SQLite database.</summary>
internal sealed class SqliteFile : DatabaseLocation
{
    private readonly string _path;

    public SqliteFile(string path) =>
        _path = path.Length > 0 ? path : throw new UsageException("--connection sqlite: names no file", "write sqlite:FILE");

    public override async Task<IRotationStore> OpenAsync(CancellationToken cancellation) =>
        await SqliteRotationStore.OpenAsync(_path, null, cancellation).ConfigureAwait(false);
}
