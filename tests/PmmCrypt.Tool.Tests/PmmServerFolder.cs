using System.Diagnostics;
using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// What the container of PMM Server has for its rotation tool: a database, a key file, a <c>supervisorctl</c> on the path, which here notes
/// each call with the key file of then, and the tool under the name of PMM's.
/// </summary>
internal sealed class PmmServerFolder : IAsyncDisposable
{
    /// <summary>Of a command for which there is a file such as <c>stop-waits</c>, it waits for the file <c>stop-may</c>.</summary>
    private const string Supervisorctl =
        """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 1
        echo "$1 $2 $(cat "$PMM_ENCRYPTION_KEY_PATH" 2>/dev/null)" >>calls
        while [ -e "$1-waits" ] && ! [ -e "$1-may" ]; do sleep 0.05; done
        if [ -e unknown ]; then echo "$2: ERROR (no such process)"; exit 4; fi
        case $1 in
          stop) echo STOPPED >state ;;
          start) if [ -e broken ]; then echo FATAL >state; else echo RUNNING >state; fi ;;
          status) echo "$2                      $(cat state)   pid 1234, uptime 0:00:42" ;;
        esac
        """;

    private readonly TempFolder _folder = new();

    private PmmServerFolder()
    {
    }

    public PmmDatabase Pmm { get; private set; } = null!;

    public string this[string name] => _folder[name];

    public string KeyFile => _folder["pmm-encryption.key"];

    public string OldKeyFile => _folder["pmm-encryption_old.key"];

    public HandKeyset Keys => HandKeyset.Load(KeyFile);

    public string State => File.ReadAllText(_folder["state"]).Trim();

    /// <summary>The commands that supervisorctl was given, but for those that ask, each with the key file of then.</summary>
    public IReadOnlyList<(string Command, string KeyFile)> Calls => !File.Exists(_folder["calls"]) ? [] :
    [
        .. File.ReadAllLines(_folder["calls"]).Select(line => line.Split(' ')).Where(words => words[0] != "status")
            .Select(words => ($"{words[0]} {words[1]}", words[2])),
    ];

    private string SearchPath => $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";

    public static async Task<PmmServerFolder> CreateAsync(int rows = 30, bool quirks = false)
    {
        var server = PostgresServer.Require();
        var folder = new PmmServerFolder();
        var keys = HandKeyset.Generate();
        keys.Save(folder.KeyFile);
        await File.WriteAllTextAsync(folder._folder["state"], "RUNNING\n");
        await File.WriteAllTextAsync(folder._folder["supervisorctl"], Supervisorctl);
        File.SetUnixFileMode(folder._folder["supervisorctl"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(folder._folder["pmm-encryption-rotation"], PmmCryptProgram.File);
        folder.Pmm = await PmmDatabase.CreateAsync(
            server,
            new PmmSeed { Rows = rows, Quirks = quirks, Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) });
        return folder;
    }

    /// <summary>Tells supervisorctl how to behave: see there.</summary>
    public void Put(string file) => File.WriteAllText(_folder[file], "");

    /// <summary>Runs PMM's tool on this database.</summary>
    public Task<ToolResult> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    public async Task<ToolResult> RunAsync(IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return ToolResult.Of(
            $"pmm-encryption-rotation {string.Join(' ', arguments)}", await process.WaitAsync(PmmCryptProgram.Timeout));
    }

    /// <summary>Runs a verb of this tool, under its own name, on this database.</summary>
    public async Task<ToolResult> RunVerbAsync(params string[] arguments) => await PmmCryptProgram.RunAsync(
        [.. arguments, "--connection", Pmm.Database.PlainConnectionString],
        new Dictionary<string, string?> { ["PATH"] = SearchPath, ["PMM_ENCRYPTION_KEY_PATH"] = KeyFile });

    public CliProcess Start(IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments)
    {
        var database = new NpgsqlConnectionStringBuilder(Pmm.ConnectionString);
        string[] options =
        [
            "--postgres-addr", $"{database.Host}:{database.Port}", "--postgres-name", Pmm.Database.Name, "--postgres-username", "postgres",
        ];
        var all = new Dictionary<string, string?>
        {
            ["PATH"] = SearchPath,
            ["PMM_ENCRYPTION_KEY_PATH"] = KeyFile,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) all[name] = value;
        // What stands last counts, as with PMM's tool.
        string[] given = [.. options.Chunk(2).Where(option => !arguments.Contains(option[0])).SelectMany(option => option), .. arguments];
        return CliProcess.Start(_folder["pmm-encryption-rotation"], given, PmmCryptProgram.Clean(all));
    }

    /// <summary>Waits until supervisorctl was given a command.</summary>
    public async Task WaitForCallAsync(string command, CliProcess process)
    {
        var clock = Stopwatch.StartNew();
        while (Calls.All(call => call.Command != command))
        {
            Assert.False(process.HasExited, $"It ended before {command}.");
            Assert.True(clock.Elapsed < PmmCryptProgram.Timeout, $"{command} was not called.");
            await Task.Delay(20);
        }
    }

    public async Task RequireAllUnderPrimaryAsync() => (await Pmm.CheckAsync(Keys.OpenPrimary)).EnsureAsSeeded();

    public async ValueTask DisposeAsync()
    {
        if (Pmm is not null) await Pmm.DisposeAsync();
        _folder.Dispose();
    }
}
