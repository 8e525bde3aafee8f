using System.Net;
using System.Net.Sockets;

namespace PmmCrypt.Testing;

/// <summary>A PostgreSQL cluster of a test's own, for what a shared one does not survive: crashes, restarts, other settings.</summary>
public sealed class PrivateCluster : IAsyncDisposable
{
    /// <summary>Holds the folder of the server programs (initdb, postgres, pg_ctl).</summary>
    public const string ProgramsVariable = "PMMCRYPT_TEST_PGBIN";

    private const int Attempts = 10;
    private readonly string _programs;
    private readonly string _folder;
    private readonly string _settings;
    private readonly Lazy<Task> _takenDown;
    private int _port;
    private bool _running;

    private PrivateCluster(string programs, string settings)
    {
        _programs = programs;
        _settings = settings;
        _takenDown = new(TakeDownAsync);
        // Not below TMPDIR: user postgres must be able to walk in, and a socket's path may have 107 bytes only.
        _folder = $"/tmp/pmmcrypt-pg.{Guid.NewGuid():N}"[..32];
    }

    /// <summary>The cluster as a server that databases can be made on. It stays the same over restarts.</summary>
    public PostgresServer Server => new($"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres");

    /// <summary>The data folder, for who looks at the bytes on the disk: they are all there once the server has been stopped.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>The server's log.</summary>
    public string Log => Path.Combine(_folder, "log");

    /// <summary>
    /// Makes and starts a cluster. Where there are no server programs, the calling test is skipped on a laptop and fails in CI.
    /// </summary>
    /// <param name="durable">Whether it waits for the disk as a real one does: for power-loss tests and measurements.</param>
    /// <param name="settings">Further settings, as <c>name=value</c> without blanks.</param>
    public static Task<PrivateCluster> StartAsync(bool durable = false, params string[] settings) =>
        StartAsync(TestMachine.Require(ProgramsVariable, "PostgreSQL's server programs are"), durable, settings);

    /// <summary>The same with the server programs of a folder.</summary>
    public static async Task<PrivateCluster> StartAsync(string programs, bool durable, params string[] settings)
    {
        string[] always = ["listen_addresses=127.0.0.1", "wal_level=logical", "max_prepared_transactions=10"];
        string[] careless = durable ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
        var cluster = new PrivateCluster(programs, string.Join(' ', always.Concat(careless).Concat(settings).Select(s => $"-c {s}")));
        await cluster.MakeAsync(
            "initdb", "-D", cluster.Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync");
        return cluster;
    }

    /// <summary>Makes and starts a standby of this cluster, which follows it until it is promoted.</summary>
    public async Task<PrivateCluster> StartStandbyAsync()
    {
        var standby = new PrivateCluster(_programs, _settings);
        await standby.MakeAsync(
            "pg_basebackup", "-D", standby.Data, "-d", $"host=127.0.0.1 port={_port} user=postgres", "-R", "-X", "stream", "-c", "fast",
            "--no-sync");
        return standby;
    }

    /// <summary>Makes a standby a server of its own.</summary>
    public async Task PromoteAsync() => (await ProgramAsync("pg_ctl", "-D", Data, "-w", "promote")).EnsureSuccess();

    /// <summary>Stops it. Immediate is a crash: no checkpoint is written, and the next start recovers.</summary>
    public async Task StopAsync(bool immediate = false)
    {
        _running = false;
        (await ProgramAsync("pg_ctl", "-D", Data, "-m", immediate ? "immediate" : "fast", "-w", "stop")).EnsureSuccess();
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        if (!await TryStartAsync()) throw new InvalidOperationException(await File.ReadAllTextAsync(Log));
    }

    /// <summary>Stops and starts it.</summary>
    public async Task RestartAsync(bool immediate = false)
    {
        await StopAsync(immediate);
        await StartAgainAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        return new ValueTask(_takenDown.Value);
    }

    /// <summary>Once: where the process is told to end, the test's own dispose and the end of the process may both ask for it.</summary>
    private async Task TakeDownAsync()
    {
        if (_running) await StopAsync(immediate: true);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Fills the data folder by a program, and starts the server.</summary>
    private async Task MakeAsync(string program, params string[] arguments)
    {
        // SIGTERM, as tests/run.sh sends it when it is stopped itself, runs no finally block, but this.
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        try
        {
            Directory.CreateDirectory(_folder);
            if (Environment.IsPrivilegedProcess) (await Cli.RunAsync("chown", ["postgres", _folder])).EnsureSuccess();
            (await ProgramAsync(program, arguments)).EnsureSuccess();
            await StartOnFreePortAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>A port that was free a moment ago may be taken by now, so another is tried.</summary>
    private async Task StartOnFreePortAsync()
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            _port = LoopbackPort.Free();
            if (await TryStartAsync()) return;
        }
        throw new InvalidOperationException($"No PostgreSQL server started. Its log:\n{await File.ReadAllTextAsync(Log)}");
    }

    private async Task<bool> TryStartAsync()
    {
        var options = $"-p {_port} -k {_folder} {_settings}";
        _running = (await ProgramAsync("pg_ctl", "-D", Data, "-l", Log, "-w", "-o", options, "start")).ExitCode == 0;
        return _running;
    }

    /// <summary>The server refuses to run as root, so root becomes user postgres. The folder is one that this user may stand in.</summary>
    private Task<CliResult> ProgramAsync(string name, params string[] arguments)
    {
        var program = Path.Combine(_programs, name);
        return Environment.IsPrivilegedProcess
            ? Cli.RunAsync("runuser", ["-u", "postgres", "--", program, .. arguments], folder: _folder)
            : Cli.RunAsync(program, arguments, folder: _folder);
    }

    private void OnProcessExit(object? sender, EventArgs e) => _takenDown.Value.GetAwaiter().GetResult();
}
