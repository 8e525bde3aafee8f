using Npgsql;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Testing.Faults;

/// <summary>
/// Holds the tool in the middle of a page's statement: a trigger lets its update of one agent wait for a lock that the test holds. What
/// the pages before have written is committed by then; the page itself is not. Services' own updates pass.
/// </summary>
public sealed class RowBarrier : IAsyncDisposable
{
    private const int Id = 4711;

    private static readonly string LowerIt = $"SELECT pg_advisory_lock({Id})";

    private readonly PostgresDatabase _database;
    private readonly NpgsqlConnection _session;

    private RowBarrier(PostgresDatabase database, NpgsqlConnection session) => (_database, _session) = (database, session);

    /// <summary>Puts it up before agent i.</summary>
    public static async Task<RowBarrier> BeforeAsync(PmmDatabase pmm, int i)
    {
        // The tool's own lock_timeout is for locks that are not a test's.
        await pmm.Database.ExecuteAsync(
            $"""
            CREATE SCHEMA barrier;
            CREATE FUNCTION barrier.wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = 0 AS
              $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Id}); RETURN new; END $$;
            CREATE TRIGGER barrier BEFORE UPDATE ON agents FOR EACH ROW
              WHEN (old.agent_id = '{pmm.Rows.AgentId(i)}' AND old.username IS DISTINCT FROM new.username
                    AND current_setting('application_name') = 'pmm-crypt')
              EXECUTE FUNCTION barrier.wait();
            """);
        var session = await pmm.Database.OpenAsync();
        await ExecuteAsync(session, LowerIt);
        return new RowBarrier(pmm.Database, session);
    }

    /// <summary>Waits until the tool has come to it.</summary>
    public Task ReachedAsync(CliProcess run) => Waiting.UntilAsync(
        _database,
        $"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = {Id} AND NOT granted "
        + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        run);

    /// <summary>Lets the tool go on.</summary>
    public Task LiftAsync() => ExecuteAsync(_session, $"SELECT pg_advisory_unlock({Id})");

    /// <summary>Puts it up again after <see cref="LiftAsync"/>.</summary>
    public Task LowerAsync() => ExecuteAsync(_session, LowerIt);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private static async Task ExecuteAsync(NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync();
    }
}
