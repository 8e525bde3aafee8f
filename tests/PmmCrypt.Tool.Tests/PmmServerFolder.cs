using System.Diagnostics;
using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// What the container of PMM Server has for its rotation tool: a database, a key file, a <c>supervisorctl</c> on the path, which here notes
/// each call with the key file of then, and the tool under the name of PMM's.
/// </summary>
internal sealed class PmmServerFolder : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private PmmServerFolder()
    {
    }

    public PmmDatabase Pmm { get; private set; } = null!;

    /// <summary>Where PMM says that it is ready: at once, unless a test says otherwise.</summary>
    public ReadyEndpoint Ready { get; } = ReadyEndpoint.Start();

    /// <summary>Whether PMM's tool is told where to ask; it knows where PMM itself answers.</summary>
    public bool SaysWhereToAsk { get; set; } = true;

    public string this[string name] => _folder[name];

    public string KeyFile => _folder["pmm-encryption.key"];

    public string OldKeyFile => _folder["pmm-encryption_old.key"];

    public HandKeyset Keys => HandKeyset.Load(KeyFile);

    public string State => SupervisorStub.State(_folder.Path);

    /// <summary>The commands that supervisorctl was given, but for those that ask, each with the key file of then.</summary>
    public IReadOnlyList<(string Command, string KeyFile)> Calls => SupervisorStub.Calls(_folder.Path);

    private string SearchPath => SupervisorStub.SearchPath(_folder.Path);

    public static async Task<PmmServerFolder> CreateAsync(int rows = 30, bool quirks = false)
    {
        var server = PostgresServer.Require();
        var folder = new PmmServerFolder();
        var keys = HandKeyset.Generate();
        keys.Save(folder.KeyFile);
        SupervisorStub.PutInto(folder._folder.Path);
        File.CreateSymbolicLink(folder._folder["pmm-encryption-rotation"], PmmCryptProgram.File);
        folder.Pmm = await PmmDatabase.CreateAsync(
            server,
            new PmmSeed { Rows = rows, Quirks = quirks, Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) });
        return folder;
    }

    /// <summary>What the manager says of the service from now on.</summary>
    public void SetState(string state) => File.WriteAllText(_folder["state"], $"{state}\n");

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
    public async Task<ToolResult> RunVerbAsync(params string[] arguments)
    {
        using var process = StartVerb(arguments);
        return ToolResult.Of($"pmm-crypt {string.Join(' ', arguments)}", await process.WaitAsync(PmmCryptProgram.Timeout));
    }

    /// <summary>Starts a verb of this tool, under its own name, on this database.</summary>
    public CliProcess StartVerb(params string[] arguments) => CliProcess.Start(
        PmmCryptProgram.File, [.. arguments, "--connection", Pmm.Database.PlainConnectionString],
        PmmCryptProgram.Clean(new Dictionary<string, string?> { ["PATH"] = SearchPath, ["PMM_ENCRYPTION_KEY_PATH"] = KeyFile }));

    public CliProcess Start(IReadOnlyDictionary<string, string?>? environment = null, params string[] arguments)
    {
        var database = new NpgsqlConnectionStringBuilder(Pmm.ConnectionString);
        string[] options =
        [
            "--postgres-addr", $"{database.Host}:{database.Port}", "--postgres-name", Pmm.Database.Name, "--postgres-username", "postgres",
            .. SaysWhereToAsk ? ["--ready-url", Ready.Url] : Array.Empty<string>(),
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
        await Ready.DisposeAsync();
        if (Pmm is not null) await Pmm.DisposeAsync();
        try
        {
            // What the runs have left but the key files, of which the stub of supervisorctl notes one with each call.
            SecretSearch.OfSeededAndKeyFilesIn(_folder.Path).RequireNoneBelow(
                _folder.Path, file => KeyFiles.IsOne(file) || Path.GetFileName(file) == "calls");
        }
        finally
        {
            _folder.Dispose();
        }
    }
}
