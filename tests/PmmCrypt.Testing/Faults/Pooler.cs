using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace PmmCrypt.Testing.Faults;

/// <summary>A pgbouncer in transaction mode before a server: between two transactions, a client has no session.</summary>
public sealed class Pooler : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];

    private readonly TempFolder _folder = new();
    private readonly string _program;
    private readonly NpgsqlConnectionStringBuilder _server;
    private CliProcess? _process;

    private Pooler(string program, NpgsqlConnectionStringBuilder server) => (_program, _server) = (program, server);

    private int Port { get; } = LoopbackPort.Free();

    /// <summary>Starts one. Where the program is missing, the test is skipped on a laptop and fails in CI.</summary>
    public static async Task<Pooler> StartAsync(PostgresDatabase database)
    {
        var program = Places.FirstOrDefault(File.Exists);
        const string Missing = "pgbouncer is missing (Debian: apt-get install pgbouncer)";
        if (program is null && TestMachine.IsCi) throw new InvalidOperationException(Missing);
        Skip.If(program is null, Missing);
        var pooler = new Pooler(program!, new NpgsqlConnectionStringBuilder(database.PlainConnectionString));
        await pooler.StartAgainAsync();
        return pooler;
    }

    /// <summary>The way to the server through it.</summary>
    public string Through(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    /// <summary>Starts it after <see cref="KillAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        var (settings, users) = (_folder["pgbouncer.ini"], _folder["users"]);
        await File.WriteAllTextAsync(users, $"\"{_server.Username}\" \"\"\n");
        await File.WriteAllTextAsync(
            settings,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [databases]
                * = host={_server.Host} port={_server.Port}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {Port}
                unix_socket_dir =
                auth_type = trust
                auth_file = {users}
                pool_mode = transaction
                """));
        string[] command = [_program, settings];
        if (Environment.IsPrivilegedProcess)        // it refuses to run as root
        {
            (await Cli.RunAsync("chown", ["-R", "postgres", _folder.Path])).EnsureSuccess();
            command = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", .. command];
        }

        _process?.Dispose();
        _process = CliProcess.Start(command[0], command[1..], folder: _folder.Path);
        await Waiting.UntilAsync(
            async () =>
            {
                if (_process.HasExited) throw new InvalidOperationException("pgbouncer did not start.");
                using var client = new TcpClient();
                try
                {
                    await client.ConnectAsync(IPAddress.Loopback, Port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "pgbouncer listens");
    }

    /// <summary>Ends it without a word to anybody.</summary>
    /// <returns>What it has said: its log.</returns>
    public async Task<CliResult> KillAsync()
    {
        _process!.Kill();
        return await _process.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        _folder.Dispose();
    }
}
