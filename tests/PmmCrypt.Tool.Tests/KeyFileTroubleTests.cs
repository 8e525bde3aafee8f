using System.Text;
using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// A key file that is none, or that cannot be replaced: the error says what is wrong and what to do, and key file and database are as they
/// were. Run as an ordinary user where the tests are root's: root may do what the tests are about.
/// </summary>
[Trait("Category", "Slow")]
public sealed class KeyFileTroubleTests
{
    private const string Ordinary = "nobody";

    private static readonly string[] Verbs = ["rotate", "init", "status", "verify", "key add"];

    /// <summary>What Tink makes of an HMAC key: a keyset, but not of a key that encrypts.</summary>
    private const string HmacKeyset =
        "CM7C8QUSZwpcCi50eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5jcnlwdG8udGluay5IbWFjS2V5EigSBAgDEBAa"
        + "IEBBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fGAEQARjOwvEFIAE=";

    /// <summary>What is in the file, made of the keyset that the database is under, and what the error says of it.</summary>
    private static readonly Dictionary<string, (Func<HandKeyset, byte[]> Make, string Words)> NoKeyFiles = new()
    {
        ["empty"] = (_ => [], "it is empty"),
        ["blank"] = (_ => "\n"u8.ToArray(), "it is empty"),
        ["truncated"] = (keys => Ascii(keys.ToText()[..^8]), "not a Tink keyset"),
        ["truncated within base64"] = (keys => Ascii(keys.ToText()[..^1]), "not base64"),
        ["32 raw bytes"] = (_ => [.. Enumerable.Range(0xC0, 32).Select(i => (byte)i)], "32 raw bytes"),
        ["hex"] = (keys => Ascii(Convert.ToHexStringLower(keys.Keys[0].Material)), "hexadecimal"),
        ["base64 of 32 bytes"] = (keys => Ascii(Convert.ToBase64String(keys.Keys[0].Material)), "bare key"),
        ["a JSON keyset"] = (keys => Ascii($$"""{"primaryKeyId": {{keys.Primary}}, "key": []}"""), "JSON keyset"),
        ["an HMAC keyset"] = (_ => Ascii(HmacKeyset), "HmacKey"),
        ["two keys of the primary's id"] = (keys => Ascii(keys.WithOlder(keys).ToText()), "two keys have this id"),
        ["two primaries"] = (keys => WithTwoPrimaries(keys), "would be lost"),
        ["a disabled primary"] = (keys => WithDisabledPrimary(keys), "the primary, and disabled"),
    };

    public static TheoryData<string> Names => [.. NoKeyFiles.Keys];

    [SkippableTheory, MemberData(nameof(Names))]
    public async Task What_is_no_key_file_is_named_and_left_as_it_is(string name)
    {
        using var service = await OrdinaryAsync();
        var (make, words) = NoKeyFiles[name];
        WriteKeyFile(service, make(service.Keys));

        foreach (var verb in Verbs)
            await FailsAsync(service, verb, 3, service.KeyFile, words);
    }

    [SkippableFact]
    public async Task One_that_is_missing_is_not_made_anew()
    {
        using var service = await OrdinaryAsync();
        File.Delete(service.KeyFile);

        foreach (var verb in Verbs)
            await FailsAsync(service, verb, 3, service.KeyFile);
    }

    [SkippableFact]
    public async Task A_folder_is_no_key_file()
    {
        using var service = await OrdinaryAsync();
        File.Delete(service.KeyFile);
        Directory.CreateDirectory(service.KeyFile);
        GiveToOrdinary(service);

        foreach (var verb in Verbs)
            await FailsAsync(service, verb, 3, service.KeyFile, "folder");
    }

    [SkippableFact]
    public async Task A_trailing_newline_is_no_damage()
    {
        using var service = await OrdinaryAsync();
        WriteKeyFile(service, Ascii(service.Keys.ToText() + "\n"));

        foreach (var verb in new[] { "status", "verify", "init" })
            await SucceedsAsync(service, verb, service.KeyFile);
        (await RunAsync(service, "rotate")).Ends(0);

        Assert.Equal(service.Keys.ToText(), File.ReadAllText(service.KeyFile));
        service.RequireAllUnderPrimary();
    }

    [SkippableFact]
    public async Task A_link_stays_one()
    {
        using var service = await OrdinaryAsync();
        Directory.CreateDirectory(service["real"]);
        File.Move(service.KeyFile, service["real/the.key"]);
        File.CreateSymbolicLink(service.KeyFile, "real/the.key");
        GiveToOrdinary(service);

        (await RunAsync(service, "rotate")).Ends(0);

        Assert.Equal("real/the.key", new FileInfo(service.KeyFile).LinkTarget);
        Assert.Null(new FileInfo(service["real/the.key"]).LinkTarget);
        service.RequireAllUnderPrimary();
    }

    [SkippableFact]
    public async Task One_that_this_user_may_not_read_is_not_taken_for_none()
    {
        using var service = await OrdinaryAsync();
        RequireRoot();
        Run("chown", "root:root", service.KeyFile);
        Run("chmod", "600", service.KeyFile);

        foreach (var verb in Verbs)
            await FailsAsync(service, verb, 3, service.KeyFile, "as the user that owns");
    }

    [SkippableFact]
    public async Task One_of_another_user_is_read_and_not_replaced_by_one_of_this_user()
    {
        using var service = await OrdinaryAsync();
        RequireRoot();
        Run("chown", "root:root", service.KeyFile);
        Run("chmod", "644", service.KeyFile);

        foreach (var verb in new[] { "status", "verify", "init" })
            await SucceedsAsync(service, verb, service.KeyFile);
        foreach (var verb in new[] { "rotate", "key add" })
            await FailsAsync(service, verb, 5, service.KeyFile, "belongs to user 0", "Run this as that user");
    }

    [SkippableFact]
    public async Task In_a_read_only_folder_it_can_be_read_and_not_replaced()
    {
        using var service = await OrdinaryAsync();
        RequireRoot();
        var keyFile = MoveToFolder(service);
        Run("chmod", "555", Path.GetDirectoryName(keyFile)!);

        foreach (var verb in new[] { "status", "verify" })
            await SucceedsAsync(service, verb, keyFile);
        foreach (var verb in new[] { "rotate", "init", "key add" })
            await FailsAsync(service, verb, 5, keyFile, "Permission denied");
    }

    [SkippableFact]
    public async Task On_a_full_disk_the_old_one_stays()
    {
        using var service = await OrdinaryAsync();
        Directory.CreateDirectory(service["disk"]);
        using var disk = Mount.At(service["disk"], "-t", "tmpfs", "-o", "size=16k,mode=777", "tmpfs");
        var keyFile = service["disk/pmm.key"];
        Run("cp", "-p", service.KeyFile, keyFile);
        Fill(service["disk/rest"]);

        foreach (var verb in new[] { "status", "verify", "init" })
            await SucceedsAsync(service, verb, keyFile);
        foreach (var verb in new[] { "rotate", "key add" })
            await FailsAsync(service, verb, 5, keyFile, "No space left", "Make room");
        File.Delete(service["disk/rest"]);
        (await RunAsync(service, "rotate", keyFile)).Ends(0);
        Assert.Equal(2, HandKeyset.Load(keyFile).Keys.Count);
    }

    [SkippableFact]
    public async Task On_a_full_disk_none_is_made_and_nothing_encrypted()
    {
        using var service = await OrdinaryAsync(Service.InTheClear());
        Directory.CreateDirectory(service["disk"]);
        using var disk = Mount.At(service["disk"], "-t", "tmpfs", "-o", "size=16k,mode=777", "tmpfs");
        Fill(service["disk/rest"]);
        var keyFile = service["disk/pmm.key"];

        await FailsAsync(service, "init", 5, keyFile, "No space left", "Make room");

        Assert.False(File.Exists(keyFile));
    }

    [SkippableFact]
    public async Task A_bind_mounted_file_is_refused_for_a_container_would_go_on_reading_the_old_one()
    {
        using var service = await OrdinaryAsync();
        var keyFile = MoveToFolder(service);
        File.Copy(keyFile, service["host.key"]);
        GiveToOrdinary(service);
        using var bound = Mount.At(keyFile, "--bind", service["host.key"]);

        foreach (var verb in new[] { "status", "verify", "init" })
            await SucceedsAsync(service, verb, keyFile);
        foreach (var verb in new[] { "rotate", "key add" })
            await FailsAsync(service, verb, 5, keyFile, "bind-mounted", "--key-output");
        (await RunAsync(service, "rotate --dry-run", keyFile)).Ends(2);
        var mounted = await File.ReadAllTextAsync(keyFile);
        (await RunAsync(service, $"rotate --key-output {service["new.key"]}", keyFile)).Ends(0).Says(service["new.key"]);
        Assert.Equal(mounted, await File.ReadAllTextAsync(keyFile));
        Assert.Equal(mounted, await File.ReadAllTextAsync(service["host.key"]));
        (await RunAsync(service, "verify", service["new.key"])).Ends(0);
    }

    /// <summary>As Kubernetes mounts a secret: nothing in it can be written, and the name is a link to what the newest of it is.</summary>
    [SkippableFact]
    public async Task In_a_folder_that_is_mounted_to_be_read_only_it_is_refused_and_the_new_one_can_be_put_elsewhere()
    {
        using var service = await OrdinaryAsync();
        var old = service.Keys.Primary;
        Directory.CreateDirectory(service["secret/..2026_01_01"]);
        File.Copy(service.KeyFile, service["secret/..2026_01_01/pmm.key"]);
        File.CreateSymbolicLink(service["secret/..data"], "..2026_01_01");
        File.CreateSymbolicLink(service["secret/pmm.key"], "..data/pmm.key");
        Directory.CreateDirectory(service["mounted"]);
        GiveToOrdinary(service);
        using var bound = Mount.At(service["mounted"], "--bind", "-o", "ro", service["secret"]);
        var keyFile = service["mounted/pmm.key"];

        foreach (var verb in new[] { "status", "verify" })
            await SucceedsAsync(service, verb, keyFile);
        foreach (var verb in new[] { "rotate", "key add", "init" })
            await FailsAsync(service, verb, 5, keyFile, "read-only file system", "--key-output");
        (await RunAsync(service, $"rotate --key-output {service["new.key"]}", keyFile)).Ends(0).Says(service["new.key"]);
        Assert.Equal(old, HandKeyset.Load(keyFile).Primary);
        var rotated = HandKeyset.Load(service["new.key"]);
        Assert.NotEqual(old, rotated.Primary);
        Assert.Equal(2, rotated.Keys.Count);

        File.Copy(service["new.key"], service["secret/..2026_01_01/pmm.key"], overwrite: true);     // the secret is changed
        (await RunAsync(service, $"rotate --prune --retain 0 --key-output {service["pruned.key"]}", keyFile)).Ends(0);
        Assert.Equal(rotated.Primary, Assert.Single(HandKeyset.Load(service["pruned.key"]).Keys).Id);
        (await RunAsync(service, "verify", service["pruned.key"])).Ends(0);
    }

    /// <summary>The tool has read the key file and waits for a table, while another process, that knows no lock, writes the file.</summary>
    [SkippableTheory]
    [InlineData("rotate")]
    [InlineData("init")]
    public async Task One_that_another_process_changed_since_it_was_read_is_not_overwritten(string verb)
    {
        using var folder = new TempFolder();
        var keyFile = folder["pmm.key"];
        var keys = HandKeyset.Generate();
        keys.Save(keyFile);
        var seed = new PmmSeed { Rows = 20, Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) };
        await using var pmm = await PmmDatabase.CreateAsync(PostgresServer.Require(), seed);
        var others = keys.WithOlder(HandKeyset.Generate());
        var table = await pmm.Database.OpenAsync();
        await using (var transaction = await table.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("LOCK TABLE agents IN ACCESS EXCLUSIVE MODE", table);
            await command.ExecuteNonQueryAsync();
            using var run = PmmCryptProgram.Start(
                [verb, "--online", "--connection", pmm.Database.PlainConnectionString, "--key-file", keyFile]);
            const string Waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'agents'::regclass";
            while (await pmm.Database.ScalarAsync<long>(Waiting) == 0)
            {
                Assert.False(run.HasExited, "It ended before it was seen waiting.");
                await Task.Delay(20);
            }

            others.Save(keyFile);
            await transaction.RollbackAsync();
            await table.DisposeAsync();
            ToolResult.Of(verb, await run.WaitAsync(PmmCryptProgram.Timeout)).Fails(5)
                .Says(keyFile, "changed by somebody else", "Run this again");
        }

        Assert.Equal(others.ToText(), File.ReadAllText(keyFile));
        (await pmm.CheckAsync(keys.OpenPrimary)).EnsureAsSeeded();
        (await PmmCryptProgram.RunAsync([verb, "--connection", pmm.Database.PlainConnectionString, "--key-file", keyFile])).Ends(0);
    }

    /// <summary>Root rotates for a service of another user, who then goes on: with the file, its notes, and both locks.</summary>
    [SkippableTheory]
    [InlineData("600")]
    [InlineData("640")]
    public async Task What_root_rotates_is_still_its_users_who_reads_the_new_one_and_rotates_next(string mode)
    {
        using var service = await OrdinaryAsync();
        RequireRoot();
        Run("chmod", mode, service.KeyFile);
        var owner = Said("stat", "-c", "%u:%g %a", service.KeyFile);

        service.User = null;
        (await service.RunAsync("rotate")).Ends(0);
        (await service.RunAsync("rotate", "--prune")).Ends(0);
        Assert.Equal(owner, Said("stat", "-c", "%u:%g %a", service.KeyFile));
        foreach (var file in Directory.GetFiles(service.Folder))
            Assert.Equal($"{file} {Ordinary}", Said("stat", "-c", "%n %U", file));
        Assert.Equal(File.ReadAllText(service.KeyFile), Said("runuser", "-u", Ordinary, "--", "cat", service.KeyFile));

        service.User = Ordinary;
        (await service.RunAsync("verify")).Ends(0);
        (await service.RunAsync("rotate")).Ends(0);
        (await service.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);
        Assert.Equal(owner, Said("stat", "-c", "%u:%g %a", service.KeyFile));
        service.RequireAllUnderPrimary();
    }

    /// <summary>
    /// A power failure may keep the rename of the key file and lose one that was before it: then a key would wait of which nothing says that
    /// no service was given time to load it.
    /// </summary>
    [SkippableFact]
    public async Task The_note_of_a_key_has_its_name_on_the_disk_before_the_key_file_has_the_key()
    {
        using var service = Service.Encrypted();
        var log = service["calls"];
        string[] tool = [PmmCryptProgram.File, "rotate", "--connection", service.Connection, "--key-file", service.KeyFile];
        var strace = File.Exists("/usr/bin/strace")
            ? await Cli.RunAsync("strace", ["-f", "-y", "-e", "trace=rename,renameat,renameat2,fsync", "-o", log, .. tool])
            : null;
        Skip.If(strace is null || !File.Exists(log) || strace.Error.Contains("PTRACE", StringComparison.Ordinal), "strace is needed");
        Assert.Equal(0, strace!.ExitCode);

        var calls = await File.ReadAllLinesAsync(log);
        var named = Array.FindIndex(calls, call => IsRename(call, service.KeyFile + ".pmm-crypt.json"));
        var synced = Array.FindIndex(calls, named + 1, call => call.Contains($"<{service.Folder}>)", StringComparison.Ordinal));
        var added = Array.FindIndex(calls, call => IsRename(call, service.KeyFile));
        Assert.True(named >= 0 && named < synced && synced < added, $"{named}, {synced}, {added}:\n{string.Join('\n', calls)}");

        static bool IsRename(string call, string to) => call.Contains("rename", StringComparison.Ordinal)
            && call.Contains($", \"{to}\"", StringComparison.Ordinal);
    }

    private static async Task<Service> OrdinaryAsync(Service? service = null)
    {
        service ??= Service.Encrypted();
        if (!Environment.IsPrivilegedProcess) return service;
        Skip.IfNot(await PmmCryptProgram.IsForAsync(Ordinary), $"user {Ordinary} cannot run the tool where it was built");
        GiveToOrdinary(service);
        service.User = Ordinary;
        return service;
    }

    private static Task FailsAsync(Service service, string verb, int exitCode, string keyFile, params string[] words) =>
        RequireUnchangedAsync(
            service, async () => (await RunAsync(service, verb, keyFile)).Fails(exitCode).Says([keyFile, .. words]), keyFile);

    private static Task SucceedsAsync(Service service, string verb, string keyFile) =>
        RequireUnchangedAsync(service, async () => (await RunAsync(service, verb, keyFile)).Ends(0), keyFile);

    private static Task<ToolResult> RunAsync(Service service, string verb, string? keyFile = null) => keyFile is null
        ? service.RunAsync(verb.Split(' '))
        : service.RunBareAsync([.. verb.Split(' '), "--connection", service.Connection, "--key-file", keyFile]);

    /// <summary>Neither the key file nor a row of the database is another afterwards, and no temporary file is left.</summary>
    private static async Task RequireUnchangedAsync(Service service, Func<Task> run, string keyFile)
    {
        var before = (KeyFileState(keyFile), Rows(service));
        await run();
        Assert.Equal(before, (KeyFileState(keyFile), Rows(service)));
        var all = new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = true };
        Assert.DoesNotContain(Directory.GetFiles(service.Folder, "*", all), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    private static string KeyFileState(string path) => !Path.Exists(path) ? "none"
        : Directory.Exists(path) ? "folder"
        : $"{Said("stat", "-c", "%i %u:%g %a", path)} {Convert.ToHexString(File.ReadAllBytes(path))}";

    private static string Rows(Service service) => (string)service.Scalar(
        """
        SELECT (SELECT group_concat(agent_id || username || password || mysql_options || updated_at) FROM agents)
          || (SELECT group_concat(settings) FROM settings)
        """)!;

    private static void WriteKeyFile(Service service, byte[] bytes)
    {
        File.WriteAllBytes(service.KeyFile, bytes);
        if (service.User is not null) GiveToOrdinary(service);
    }

    private static void GiveToOrdinary(Service service)
    {
        if (Environment.IsPrivilegedProcess) Run("chown", "-hR", $"{Ordinary}:", service.Folder);
    }

    /// <summary>Puts the key file into a folder of its own, which the database is not in.</summary>
    private static string MoveToFolder(Service service)
    {
        Directory.CreateDirectory(service["keys"]);
        File.Move(service.KeyFile, service["keys/pmm.key"]);
        GiveToOrdinary(service);
        return service["keys/pmm.key"];
    }

    private static byte[] WithTwoPrimaries(HandKeyset keys)
    {
        byte[] other = [0x08, 0x07];
        return Ascii(Convert.ToBase64String([.. other, .. Convert.FromBase64String(keys.ToText())]));
    }

    private static byte[] WithDisabledPrimary(HandKeyset keys)
    {
        var bytes = Convert.FromBase64String(keys.ToText());
        bytes[bytes.AsSpan().LastIndexOf((byte[])[0x10, 0x01, 0x18]) + 1] = 2;
        return Ascii(Convert.ToBase64String(bytes));
    }

    private static void Fill(string path)
    {
        using var rest = File.Create(path);
        Assert.Throws<IOException>(() => rest.Write(new byte[64 * 1024]));
    }

    private static void RequireRoot() => Skip.IfNot(Environment.IsPrivilegedProcess, "only root changes users and mounts");

    private static void Run(string program, params string[] arguments) => Said(program, arguments);

    private static string Said(string program, params string[] arguments) =>
        Cli.RunAsync(program, arguments).GetAwaiter().GetResult().EnsureSuccess().Output.TrimEnd('\n');

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
