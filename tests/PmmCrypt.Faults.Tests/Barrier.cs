using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Faults.Tests;

/// <summary>
/// Holds the tool in the middle of a page's statement: a trigger lets its update of one agent wait for a lock that the test holds. What
/// the pages before have written is committed by then; the page itself is not. Services' own updates pass.
/// </summary>
internal sealed class Barrier : IAsyncDisposable
{
    private const int Id = 4711;

    private readonly PostgresDatabase _database;
    private readonly NpgsqlConnection _session;

    private Barrier(PostgresDatabase database, NpgsqlConnection session) => (_database, _session) = (database, session);

    /// <summary>Puts it up before agent i.</summary>
    public static Task<Barrier> BeforeAsync(Site site, int i) => BeforeAsync(site.Pmm, i);

    /// <inheritdoc cref="BeforeAsync(Site, int)"/>
    public static async Task<Barrier> BeforeAsync(PmmDatabase pmm, int i)
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
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_lock({Id})", session);
        await command.ExecuteNonQueryAsync();
        return new Barrier(pmm.Database, session);
    }

    /// <summary>Waits until the tool has come to it.</summary>
    public Task ReachedAsync(CliProcess run) => Waiting.UntilAsync(
        _database,
        $"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = {Id} AND NOT granted "
        + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        run);

    /// <summary>Lets the tool go on.</summary>
    public async Task LiftAsync()
    {
        await using var command = new NpgsqlCommand($"SELECT pg_advisory_unlock({Id})", _session);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
