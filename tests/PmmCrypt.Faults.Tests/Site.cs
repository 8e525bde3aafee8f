using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;
using PmmCrypt.Tool.Tests;

namespace PmmCrypt.Faults.Tests;

/// <summary>PMM's database on a real server and its key file, on which the tool is run as a user runs it.</summary>
internal sealed class Site : IAsyncDisposable
{
    /// <summary>Enough agents for a sweep of many pages.</summary>
    public const int Agents = 60;

    /// <summary>Few enough rows in a page that a sweep which is held in its middle has written some and has some to write.</summary>
    public const string PageSize = "5";

    private const string Versions =
        "SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM ("
        + "SELECT 'a ' || xmin::text || a::text AS row FROM agents a "
        + "UNION ALL SELECT 'l ' || xmin::text || l::text FROM backup_locations l "
        + "UNION ALL SELECT 's ' || xmin::text || s::text FROM settings s) AS rows";

    private readonly TempFolder _folder = new();
    private readonly PrivateCluster? _cluster;
    private byte[]? _keyFileBefore;
    private string? _versionsBefore;

    private Site(PmmDatabase pmm, PrivateCluster? cluster)
    {
        Pmm = pmm;
        _cluster = cluster;
        Connection = pmm.Database.PlainConnectionString;
    }

    public PmmDatabase Pmm { get; }

    public PostgresDatabase Database => Pmm.Database;

    /// <summary>The database as the tool is told of it.</summary>
    public string Connection { get; set; }

    public string KeyFile => _folder["pmm.key"];

    public HandKeyset Keys => HandKeyset.Load(KeyFile);

    /// <summary>The agents that hold secrets, in the order in which a sweep comes to them: as they were inserted.</summary>
    public static int[] InSweepOrder => [.. Enumerable.Range(0, Agents).Where(i => !PmmRows.IsPmmAgent(i))];

    /// <summary>An agent in the middle of the sweep.</summary>
    public static int Middle => InSweepOrder[Agents / 2];

    /// <summary>Everything that PMM 3 encrypts is encrypted, under the one key of the key file.</summary>
    /// <param name="cluster">Where; else the test run's server.</param>
    public static async Task<Site> EncryptedAsync(PrivateCluster? cluster = null)
    {
        var keys = HandKeyset.Generate();
        var site = await CreateAsync(cluster, new PmmSeed { Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) });
        keys.Save(site.KeyFile);
        return site;
    }

    /// <summary>Nothing is encrypted, and there is no key file.</summary>
    public static Task<Site> InTheClearAsync() => CreateAsync(null, new PmmSeed { Storage = PmmStorage.Clear });

    private static async Task<Site> CreateAsync(PrivateCluster? cluster, PmmSeed seed) =>
        new(await PmmDatabase.CreateAsync(cluster?.Server ?? PostgresServer.Require(), seed with { Rows = Agents }), cluster);

    /// <summary>Runs a verb on this database with this key file.</summary>
    public async Task<ToolResult> RunAsync(params string[] arguments) => await PmmCryptProgram.RunAsync(All(arguments));

    /// <summary>Starts a verb that goes on while the test does something else.</summary>
    public CliProcess Start(params string[] arguments) => PmmCryptProgram.Start(All(arguments));

    /// <summary>Starts a rotation beside sessions of services, in small pages.</summary>
    public CliProcess StartRotation(params string[] more) => Start(["rotate", "--online", "--batch-size", PageSize, .. more]);

    public static async Task<ToolResult> EndAsync(CliProcess run) =>
        ToolResult.Of("the run", await run.WaitAsync(PmmCryptProgram.Timeout));

    /// <summary>A role that may do to PMM's tables what the tool needs, and nothing else. It is dropped with the database.</summary>
    public async Task<string> CreateRoleAsync(string grants = "GRANT SELECT, UPDATE ON agents, backup_locations, settings TO {0}")
    {
        var role = $"role_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        await Database.ExecuteAsync(grants.Replace("{0}", role, StringComparison.Ordinal));
        return role;
    }

    /// <summary>Remembers key file and rows for <see cref="RequireUntouchedAsync"/>.</summary>
    public async Task RememberAsync()
    {
        _keyFileBefore = File.Exists(KeyFile) ? await File.ReadAllBytesAsync(KeyFile) : null;
        _versionsBefore = await Database.ScalarAsync<string>(Versions);
    }

    /// <summary>No key was made, not even for a moment that left a trace, and no row was written, not even with what it held.</summary>
    public async Task RequireUntouchedAsync()
    {
        Assert.Equal(_keyFileBefore, File.Exists(KeyFile) ? await File.ReadAllBytesAsync(KeyFile) : null);
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), path => path != KeyFile && path != KeyFile + ".lock");
        Assert.Equal(_versionsBefore, await Database.ScalarAsync<string>(Versions));
    }

    /// <summary>Every value opens with the key file as it lies there, and holds what it should.</summary>
    public async Task RequireAllOpenAsync() => (await Pmm.CheckAsync(OpenWith(Keys))).EnsureAsSeeded();

    public async Task RequireAllUnderPrimaryAsync() => (await Pmm.CheckAsync(Keys.OpenPrimary)).EnsureAsSeeded();

    /// <summary>A run that was stopped in its middle: everything opens, and the same command ends the work without another key.</summary>
    public async Task RequireHalfDoneAndFinishesAsync()
    {
        var keys = Keys;
        Assert.Equal(2, keys.Keys.Count);
        var done = 0;
        foreach (var i in InSweepOrder)
            done += HandKeyset.KeyIdOf((await StoredAsync(i))!) == keys.Primary ? 1 : 0;
        Assert.InRange(done, 1, InSweepOrder.Length - 1);
        await RequireAllOpenAsync();
        await RequireFinishesAsync();
    }

    /// <summary>The same command, run once more, ends the work and adds no key.</summary>
    public async Task RequireFinishesAsync()
    {
        var before = Keys;
        (await RunAsync("rotate", "--online", "--lock-timeout", "60")).Ends(0);    // who was killed may hold it a while
        Assert.Equal(before.Primary, Keys.Primary);
        Assert.Equal(before.Keys.Count, Keys.Keys.Count);
        await RequireAllUnderPrimaryAsync();
        (await RunAsync("status")).Ends(0);
    }

    /// <summary>A column of agent i as it is stored.</summary>
    public Task<string?> StoredAsync(int i, string column = "username") =>
        Database.ScalarAsync<string>($"SELECT {column}::text FROM agents WHERE agent_id = $1", Pmm.Rows.AgentId(i));

    /// <summary>Stores a username of agent i as a service does.</summary>
    public async Task StoreAsync(int i, string stored) => Assert.Equal(1, await Database.ExecuteAsync(
        "UPDATE agents SET username = $2 WHERE agent_id = $1", Pmm.Rows.AgentId(i), stored));

    /// <summary>Adds agents that have no secret but the username of agent i, each the same ciphertext.</summary>
    public Task<int> CopyAgentAsync(int i, int copies) => Database.ExecuteAsync(
        $"""
        INSERT INTO agents (agent_id, agent_type, pmm_agent_id, service_id, node_id, username, created_at, updated_at, disabled, status, tls, tls_skip_verify)
          SELECT 'copy-' || n, agent_type, pmm_agent_id, service_id, node_id, username, created_at, updated_at, disabled, status, tls, tls_skip_verify
            FROM agents, generate_series(1, {copies}) n WHERE agent_id = $1
        """,
        Pmm.Rows.AgentId(i));

    /// <summary>Their usernames as they are stored.</summary>
    public async Task<string[]> CopiesAsync() =>
        (await Database.ScalarAsync<string[]>("SELECT array_agg(username::text) FROM agents WHERE agent_id LIKE 'copy-%'"))!;

    public async ValueTask DisposeAsync()
    {
        // A private server is thrown away with its databases, and may be down.
        if (_cluster is null)
        {
            var roles = await Database.ScalarAsync<string[]>(
                "SELECT array_agg(DISTINCT grantee::text) FROM information_schema.role_column_grants WHERE grantee LIKE 'role\\_%'");
            foreach (var role in roles ?? [])
                await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
            await Pmm.DisposeAsync();
        }

        try
        {
            RequireNoSecretLeft();
        }
        finally
        {
            _folder.Dispose();
        }
    }

    /// <summary>What the runs have said was searched when each ended; here, what they have left but the key files.</summary>
    private void RequireNoSecretLeft()
    {
        var search = SecretSearch.OfSeededAndKeyFilesIn(_folder.Path);
        search.RequireNoneBelow(_folder.Path, KeyFiles.IsOne);
        if (_cluster is not null) search.RequireNone("the server's log", File.ReadAllBytes(_cluster.Log));
    }

    /// <summary>Opens a value under whichever key.</summary>
    private static Func<string, string> OpenWith(HandKeyset keys) => stored => keys.Open(stored).Plaintext;

    private string[] All(string[] arguments) => [.. arguments, "--connection", Connection, "--key-file", KeyFile];
}
