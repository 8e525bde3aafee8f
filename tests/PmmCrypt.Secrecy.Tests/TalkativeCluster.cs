using PmmCrypt.Testing;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>A PostgreSQL cluster that writes into its log whatever it is told, parameters too, and compresses nothing.</summary>
public sealed class TalkativeCluster : IAsyncDisposable
{
    private static readonly string[] Settings =
    [
        "log_statement=all", "log_min_duration_statement=0", "log_parameter_max_length=-1", "log_parameter_max_length_on_error=-1",
        "log_min_messages=debug1", "log_min_error_statement=debug1", "log_error_verbosity=verbose", "log_connections=on",
        "log_disconnections=on", "log_lock_waits=on", "log_temp_files=0", "log_line_prefix=%m[%p]%q%u@%d:%a:", "wal_compression=off",
    ];

    /// <summary>Said in a session, it keeps that session's own statements out of the log.</summary>
    public const string Unheard =
        "SET log_statement = none; SET log_min_duration_statement = -1; SET log_min_error_statement = panic; SET log_min_messages = panic;";

    private readonly PrivateCluster _cluster;
    private long _logRead;

    private TalkativeCluster(PrivateCluster cluster) => _cluster = cluster;

    public PostgresServer Server => _cluster.Server;

    public string Data => _cluster.Data;

    public bool IsRunning { get; private set; } = true;

    public static async Task<TalkativeCluster> StartAsync() => new(await PrivateCluster.StartAsync(durable: false, Settings));

    /// <summary>What the log has that it had not when this was last called.</summary>
    public byte[] ReadLog()
    {
        using var log = new FileStream(_cluster.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = _logRead;
        using var more = new MemoryStream();
        log.CopyTo(more);
        _logRead = log.Position;
        return more.ToArray();
    }

    /// <summary>Has everything written to the disk, and stops.</summary>
    public async Task StopAsync()
    {
        await Server.ExecuteAsync("CHECKPOINT");
        await _cluster.StopAsync();
        IsRunning = false;
    }

    /// <summary>Stops as in a crash, after all that was done has reached the disk.</summary>
    public async Task CrashAsync()
    {
        await Server.ExecuteAsync("CHECKPOINT");
        await _cluster.StopAsync(immediate: true);
        IsRunning = false;
    }

    public async Task StartAgainAsync()
    {
        await _cluster.StartAgainAsync();
        IsRunning = true;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
