using System.Text;
using System.Text.Json;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>
/// A database of marked plaintexts and a key file of known keys. Every run of the tool on them is watched, and all that it leaves but the
/// key files themselves is searched. Every other run is asked for JSON.
/// </summary>
internal sealed class Vault : IAsyncDisposable
{
    private readonly TalkativeCluster _cluster;
    private readonly SecretSearch _search = new();
    private PmmDatabase _pmm = null!;
    private int _runs;
    private readonly TempFolder _keyFolder = new();
    private readonly TempFolder _scratch = new();

    private Vault(TalkativeCluster cluster) => _cluster = cluster;

    public PostgresDatabase Database => _pmm.Database;

    public PmmDatabase Pmm => _pmm;

    /// <summary>The server that it is on. Whoever crashes it starts it again.</summary>
    public TalkativeCluster Cluster => _cluster;

    public PostgresServer Server => _cluster.Server;

    public string KeyFile => _keyFolder["pmm.key"];

    public HandKeyset Keys => HandKeyset.Load(KeyFile);

    public string Scratch => _scratch.Path;

    public SecretSearch Search => _search;

    /// <summary>Variables for the tool.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <summary>The verbs that were run, and how they ended.</summary>
    public HashSet<(string Verb, int ExitCode)> Runs { get; } = [];

    /// <summary>A file beside the key file.</summary>
    public string this[string name] => _keyFolder[name];

    /// <summary>As PMM 3 leaves it, with nothing but ciphertexts: they are made here, and no plaintext was ever in the database.</summary>
    public static async Task<Vault> EncryptedAsync(TalkativeCluster cluster)
    {
        var vault = new Vault(cluster);
        var keys = HandKeyset.Generate();
        vault.Search.Add(keys);
        keys.Save(vault.KeyFile);
        await vault.CreateAsync(new PmmSeed
        {
            Rows = 12,
            Storage = PmmStorage.Legacy,
            Encrypt = (plaintext, _) => keys.Seal(vault.Search.Mark(plaintext)),
        });
        await vault.Database.ExecuteAsync("CREATE SCHEMA test; CREATE TABLE test.before AS SELECT agent_id, username FROM agents");
        return vault;
    }

    /// <summary>With the same plaintexts in the clear, which the cluster does not write into its log when it is given them.</summary>
    public static async Task<Vault> InTheClearAsync(TalkativeCluster cluster)
    {
        var vault = new Vault(cluster);
        await vault.CreateAsync(new PmmSeed { Rows = 12 });
        await using var connection = await vault.Database.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(TalkativeCluster.Unheard, connection);
        await command.ExecuteNonQueryAsync();
        command.CommandText =
            """
            UPDATE agents SET username = $1 || username, password = $1 || password, agent_password = $1 || agent_password,
              mysql_options = CASE WHEN mysql_options ? 'tls_key'
                THEN jsonb_set(mysql_options, '{tls_key}', to_jsonb($1 || (mysql_options ->> 'tls_key'))) ELSE mysql_options END
            """;
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = vault.Search.Mark("") });
        await command.ExecuteNonQueryAsync();
        return vault;
    }

    /// <summary>Runs a verb on this database with this key file, to its end.</summary>
    /// <param name="exitCode">How it must end.</param>
    /// <param name="arguments">The verb, and what it takes beside.</param>
    public async Task<CliResult> RunAsync(int exitCode, params string[] arguments)
    {
        using var run = Start(arguments);
        return await EndAsync(run, exitCode, arguments);
    }

    /// <summary>Starts a verb that the test will signal, or wait for.</summary>
    public WatchedTool Start(params string[] arguments)
    {
        string[] database = arguments.Contains("--connection") ? [] : ["--connection", Database.PlainConnectionString];
        string[] keyFile = arguments.Contains("--key-file") ? [] : ["--key-file", KeyFile];
        string[] json = _runs++ % 2 == 1 ? ["--json"] : [];
        string[] all = [.. arguments, .. database, .. keyFile, .. json];
        return WatchedTool.Start(_search, all, _scratch.Path, [_keyFolder.Path], KeyFiles.IsOne, Environment);
    }

    /// <summary>Runs the tool under the name of PMM's, with a manager of services that says that PMM stops and starts, to its end.</summary>
    public async Task<CliResult> RunAsPmmAsync(int exitCode, params string[] arguments)
    {
        // Out of the folders that are looked into: what stands in for the manager notes the key file.
        using var folder = new TempFolder();
        SupervisorStub.PutInto(folder.Path);
        var program = folder["pmm-encryption-rotation"];
        File.CreateSymbolicLink(program, WatchedTool.Program);
        await using var ready = ReadyEndpoint.Start();
        var database = new Npgsql.NpgsqlConnectionStringBuilder(Database.PlainConnectionString);
        string[] all =
        [
            "--postgres-addr", $"{database.Host}:{database.Port}", "--postgres-name", Database.Name, "--postgres-username",
            database.Username!, "--ready-url", ready.Url, .. arguments,
        ];
        var environment = new Dictionary<string, string?>(Environment)
        {
            ["PATH"] = SupervisorStub.SearchPath(folder.Path),
            ["PMM_ENCRYPTION_KEY_PATH"] = KeyFile,
        };
        using var run = WatchedTool.Start(_search, all, _scratch.Path, [_keyFolder.Path], KeyFiles.IsOne, environment, program);
        return await EndAsync(run, exitCode, "pmm-encryption-rotation");
    }

    /// <summary>Stops the server, searches all that it has on its disk, and starts it again.</summary>
    public async Task RequireNoneOnServersDiskAsync()
    {
        await _cluster.StopAsync();
        try
        {
            Assert.True(_search.RequireNoneBelow(_cluster.Data) > 500, "This is no data folder.");
        }
        finally
        {
            await _cluster.StartAgainAsync();       // for the scenarios that follow
        }
    }

    /// <summary>Waits for the end of a run, and searches what it said and left.</summary>
    public async Task<CliResult> EndAsync(WatchedTool run, int exitCode, params string[] arguments)
    {
        var result = await run.WaitAsync();
        var isJson = run.Arguments.Contains("--json");
        var call = string.Join(' ', run.Arguments);
        Assert.True(result.ExitCode == exitCode, $"{call} ended with {result.ExitCode}, not {exitCode}\n{result.Output}\n{result.Error}");
        if (isJson && exitCode != 128 + 9) JsonDocument.Parse(result.Output).Dispose();
        Runs.Add((arguments[0] == "key" ? $"key {arguments[1]}" : arguments[0], exitCode));
        LearnKeys();
        _search.RequireNone($"the data of {call}", IsPrintedKey(arguments) ? WithoutKey(result.Output, isJson) : result.Output);
        _search.RequireNone($"the talk of {call}", result.Error);
        _search.RequireNoneBelow(_scratch.Path, KeyFiles.IsOne);
        _search.RequireNoneBelow(_keyFolder.Path, KeyFiles.IsOne);
        _search.RequireNone($"the server's log of {call}", _cluster.ReadLog());
        return result;
    }

    /// <summary>An agent in the middle of a sweep in small pages.</summary>
    public const int Middle = 6;

    /// <summary>Holds a sweep before the agent in its middle: what was done before is committed, the page with it is not.</summary>
    public Task<RowBarrier> BarrierAsync() => RowBarrier.BeforeAsync(_pmm, Middle);

    /// <summary>Starts a rotation in small pages, which waits at a barrier by now.</summary>
    public async Task<WatchedTool> StartUpToAsync(RowBarrier barrier, params string[] more)
    {
        var run = Start(["rotate", "--online", "--batch-size", "2", .. more]);
        await barrier.ReachedAsync(run.Process);
        return run;
    }

    /// <summary>A role that may do to PMM's tables what a rotation needs, or what else is said; with <see cref="DropAsync"/> it goes.</summary>
    public async Task<string> CreateRoleAsync(string grants = "GRANT SELECT, UPDATE ON agents, backup_locations, settings TO {0}")
    {
        var role = $"role_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN; {grants.Replace("{0}", role, StringComparison.Ordinal)}");
        return role;
    }

    public Task DropAsync(string role) => Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");

    /// <summary>A superuser whom the server asks for a password, and does not write it into its log when it is set.</summary>
    public async Task<string> CreateRoleWithPasswordAsync(string password)
    {
        const string Role = "watched";
        var rules = Path.Combine(_cluster.Data, "pg_hba.conf");
        await File.WriteAllTextAsync(rules, $"host all {Role} all scram-sha-256\n{await File.ReadAllTextAsync(rules)}");
        await Database.ExecuteAsync($"{TalkativeCluster.Unheard} CREATE ROLE {Role} SUPERUSER LOGIN PASSWORD '{password}'");
        await Database.ExecuteAsync("SELECT pg_reload_conf()");
        return Role;
    }

    /// <summary>A connection of a superuser whose statements, and their errors, the server does not write into its log.</summary>
    public async Task<string> UnheardAsync()
    {
        const string Role = "unheard";
        await Database.ExecuteAsync(
            $"""
             DO $$ BEGIN
               IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{Role}') THEN CREATE ROLE {Role} SUPERUSER LOGIN; END IF;
             END $$;
             ALTER ROLE {Role} SET log_min_messages = panic;
             ALTER ROLE {Role} SET log_min_error_statement = panic;
             ALTER ROLE {Role} SET log_statement = none;
             ALTER ROLE {Role} SET log_min_duration_statement = -1;
             ALTER ROLE {Role} SET log_duration = off;
             """);
        return Database.ConnectionStringFor(Role);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsRunning) await _pmm.DisposeAsync();
        _keyFolder.Dispose();
        _scratch.Dispose();
    }

    /// <summary>The keys that a run made.</summary>
    private void LearnKeys()
    {
        var scratch = Directory.GetFiles(_scratch.Path, "*.key", SearchOption.AllDirectories);
        foreach (var file in Directory.GetFiles(_keyFolder.Path).Concat(scratch))
        {
            if (!KeyFiles.IsOne(file) || Path.GetFileName(file).StartsWith("broken", StringComparison.Ordinal)) continue;
            _search.Add(HandKeyset.Load(file));
        }
    }

    private static bool IsPrintedKey(string[] arguments) => arguments is ["key", "generate", ..] && !arguments.Contains("--output");

    /// <summary>What <c>key generate</c> prints, without the key file that it is to print.</summary>
    private string WithoutKey(string output, bool isJson)
    {
        var text = isJson ? JsonDocument.Parse(output).RootElement.GetProperty("keyFile").GetString()! : output.Trim();
        _search.Add(HandKeyset.Parse(text));
        Assert.NotEmpty(_search.Find(Encoding.UTF8.GetBytes(output)));
        return output.Replace(text, "", StringComparison.Ordinal);
    }

    private async Task CreateAsync(PmmSeed seed)
    {
        _pmm = await PmmDatabase.CreateAsync(_cluster.Server, seed);
        await Database.ExecuteAsync(KeepUncompressed);
    }

    /// <summary>What the server compresses could not be searched for.</summary>
    private const string KeepUncompressed =
        """
        DO $$ DECLARE c record; BEGIN
          FOR c IN SELECT attrelid::regclass AS t, attname FROM pg_attribute
            WHERE attrelid IN ('agents'::regclass, 'backup_locations'::regclass, 'settings'::regclass) AND attnum > 0 AND attstorage = 'x'
          LOOP EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', c.t, c.attname); END LOOP;
        END $$
        """;
}
