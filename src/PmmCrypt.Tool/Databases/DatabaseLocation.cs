using PmmCrypt.PostgreSql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Tool.Databases;

/// <summary>Where the database is: a PostgreSQL server's, or an SQLite file.</summary>
internal abstract class DatabaseLocation
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>Opens an encrypted client key. PMM has no such variable, for its driver opens none.</summary>
    private const string KeyPassword = "PMM_POSTGRES_SSL_KEY_PASSWORD";

    /// <summary>Reads it from <c>--connection</c>.</summary>
    public static DatabaseLocation Of(string connection) => connection.StartsWith(SqlitePrefix, StringComparison.OrdinalIgnoreCase)
        ? Edition.Sqlite(connection[SqlitePrefix.Length..])
        : new Postgres(Target(connection));

    /// <summary>A PostgreSQL database.</summary>
    public static DatabaseLocation Of(PostgresTarget target) => new Postgres(target);

    /// <summary>Whether a password is part of it.</summary>
    public virtual bool HasPassword => false;

    /// <summary>A PostgreSQL database, by what the command line says of it.</summary>
    public static PostgresTarget Target(string connection)
    {
        try
        {
            return new PostgresTarget(connection, Environment.GetEnvironmentVariable(KeyPassword));
        }
        catch (StoreException e)
        {
            // No database has been asked yet: it is the command line that is wrong.
            throw new UsageException(e.Message, e.Hint);
        }
    }

    /// <summary>Connects.</summary>
    public abstract Task<IRotationStore> OpenAsync(CancellationToken cancellation);

    private sealed class Postgres(PostgresTarget target) : DatabaseLocation
    {
        public override bool HasPassword => target.HasPassword;

        public override async Task<IRotationStore> OpenAsync(CancellationToken cancellation) =>
            await PostgresRotationStore.OpenAsync(target, cancellation).ConfigureAwait(false);
    }
}
