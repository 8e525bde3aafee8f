using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>init, rotate and what they leave, on SQLite.</summary>
public sealed class RotateTests
{
    [Fact]
    public async Task Init_makes_the_key_and_encrypts_what_is_in_the_clear()
    {
        using var service = Service.InTheClear();
        (await service.RunAsync("init", "--dry-run")).Ends(2);
        Assert.False(File.Exists(service.KeyFile));
        Assert.StartsWith(Service.Marker, (string)service.Scalar("SELECT username FROM agents")!, StringComparison.Ordinal);

        (await service.RunAsync("init")).Ends(0).Says("Back up the key file");

        service.RequireAllUnderPrimary();
        Assert.Contains("\"pmm.agents.password\"", (string)service.Scalar("SELECT settings FROM settings")!, StringComparison.Ordinal);
        (await service.RunAsync("init")).Ends(0);
        (await service.RunAsync("init", "--dry-run")).Ends(0);
        Assert.Single(service.Keys.Keys);
    }

    [Theory]
    [InlineData("--dry-run")]
    [InlineData("--new-key")]
    [InlineData("--prune")]
    [InlineData("--format", "envelope")]
    [InlineData("--backup", "before.key")]
    [InlineData("--key-output", "after.key")]
    public async Task Who_joins_a_sweep_decides_nothing_about_keys(params string[] more)
    {
        using var service = Service.InTheClear();
        (await service.RunAsync("init")).Ends(0);

        (await service.RunAsync(["rotate", "--join", .. more])).Fails(1).Says("--join", more[0]);
    }

    [Fact]
    public async Task Where_nothing_is_under_way_and_no_key_waits_joining_adds_none()
    {
        using var service = Service.InTheClear();
        (await service.RunAsync("init")).Ends(0);

        (await service.RunAsync("rotate", "--join")).Ends(0).Prints("no key was added");

        Assert.Single(service.Keys.Keys);
        service.RequireAllUnderPrimary();
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("1000")]
    public async Task Init_and_rotate_end_as_ever_where_they_spare_the_database(string throttle)
    {
        using var service = Service.InTheClear();

        (await service.RunAsync("init", "--throttle", throttle)).Ends(0);
        (await service.RunAsync("rotate", "--throttle", throttle)).Ends(0);

        service.RequireAllUnderPrimary();
        Assert.Equal(2, service.Keys.Keys.Count);
    }

    [Fact, Trait("Category", "Slow")]
    public async Task Values_in_the_clear_are_counted_and_fail_only_where_that_was_asked_for()
    {
        using var service = Service.InTheClear();
        HandKeyset.Generate().Save(service.KeyFile);

        (await service.RunAsync("status")).Ends(0).Prints("in the clear");
        (await service.RunAsync("verify")).Ends(0).Says("9 values in the clear");
        (await service.RunAsync("status", "--require-encrypted")).Ends(2);
        (await service.RunAsync("verify", "--require-encrypted")).Ends(4).Says("error: ", "hint: ");
        (await service.RunAsync("init")).Ends(0);
        (await service.RunAsync("status", "--require-encrypted")).Ends(0);
        (await service.RunAsync("verify", "--require-encrypted")).Ends(0);
        service.RequireAllUnderPrimary();
    }

    [Fact, Trait("Category", "Slow")]
    public async Task A_dry_run_ends_with_2_whenever_rotate_would_write_and_changes_no_byte()
    {
        using var service = Service.Encrypted();
        await RequireNothingWrittenAsync(service, 2, "rotate", "--dry-run");                              // it would add a key
        await RequireNothingWrittenAsync(service, 0, "rotate", "--prune", "--dry-run");
        service.Keys.WithOlder(HandKeyset.Generate()).Save(service.KeyFile);
        await RequireNothingWrittenAsync(service, 2, "rotate", "--prune", "--dry-run");                   // it would retire one
        await RequireNothingWrittenAsync(service, 2, "rotate", "--dry-run", "--format", "envelope");
        (await service.RunAsync("key", "add")).Ends(0);
        await RequireNothingWrittenAsync(service, 2, "rotate", "--dry-run");                              // it would promote one
        (await service.RunAsync("key", "promote", $"{service.Keys.Keys[^1].Id}")).Ends(0);
        await RequireNothingWrittenAsync(service, 2, "rotate", "--dry-run");                              // it would finish
        await RequireNothingWrittenAsync(service, 2, "rotate", "--dry-run", "--json");
        await RequireNothingWrittenAsync(service, 2, "status");
        await RequireNothingWrittenAsync(service, 0, "verify");
    }

    [Fact]
    public async Task A_backup_is_the_key_file_of_before_for_its_owner_alone_and_overwrites_nothing()
    {
        using var service = Service.Encrypted();
        var before = await File.ReadAllBytesAsync(service.KeyFile);
        var backup = service["before.key"];

        (await service.RunAsync("rotate", "--backup", backup)).Ends(0).Says("Back up the key file");

        Assert.Equal(before, await File.ReadAllBytesAsync(backup));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup));
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);
        (await service.RunAsync("rotate", "--backup", backup)).Fails(5).Says(backup);
        Assert.Equal(before, await File.ReadAllBytesAsync(backup));
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
        service.RequireAllUnderPrimary();
    }

    [Fact, Trait("Category", "Slow")]
    public async Task Prune_disables_a_key_and_destroys_it_when_it_was_retained_long_enough()
    {
        using var service = Service.Encrypted();
        var old = service.Keys.Primary;
        (await service.RunAsync("rotate")).Ends(0);
        var primary = service.Keys.Primary;

        (await service.RunAsync("rotate", "--prune")).Ends(0).Prints($"{old}");
        Assert.False(service.Keys.Keys.Single(key => key.Id == old).IsEnabled);
        (await service.RunAsync("rotate", "--prune")).Ends(0);
        Assert.Equal(2, service.Keys.Keys.Count);
        (await service.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0).Prints($"{old}");

        Assert.Equal(primary, Assert.Single(service.Keys.Keys).Id);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task A_new_key_is_added_to_a_rotation_under_way_only_where_that_was_asked_for()
    {
        using var service = Service.Encrypted();
        (await service.RunAsync("key", "add")).Ends(0);
        (await service.RunAsync("rotate", "--new-key")).Fails(5);
        (await service.RunAsync("key", "promote", $"{service.Keys.Keys[^1].Id}")).Ends(0);

        (await service.RunAsync("rotate", "--new-key")).Ends(0);

        Assert.Equal(3, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task A_format_is_written_where_it_was_asked_for_and_kept_otherwise()
    {
        using var service = Service.Encrypted();
        const string Envelopes = "SELECT count(*) FROM agents WHERE username LIKE 'pmm1$%' AND password LIKE 'pmm1$%'";

        (await service.RunAsync("rotate")).Ends(0);
        Assert.Equal(0L, service.Scalar(Envelopes));
        (await service.RunAsync("rotate", "--format", "envelope")).Ends(0);
        Assert.Equal(3L, service.Scalar(Envelopes));
        (await service.RunAsync("rotate", "--format", "keep")).Ends(0);
        Assert.Equal(3L, service.Scalar(Envelopes));
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Rotated_twice_a_value_is_as_long_as_before_and_opens()
    {
        using var service = Service.Encrypted();
        const string Lengths =
            "SELECT group_concat(length(password) || ' ' || length(json_extract(mysql_options, '$.tls_key'))) FROM agents";
        var before = service.Scalar(Lengths);
        var (first, stored) = (service.Keys.Primary, service.StoredPassword(0));

        (await service.RunAsync("rotate")).Ends(0);
        (await service.RunAsync("rotate")).Ends(0);

        Assert.Equal(before, service.Scalar(Lengths));
        Assert.NotEqual(stored, service.StoredPassword(0));
        Assert.NotEqual(first, service.Keys.Primary);
        service.RequireAllUnderPrimary();
    }

    private static async Task RequireNothingWrittenAsync(Service service, int exitCode, params string[] arguments)
    {
        var before = Snapshot(service);
        (await service.RunAsync(arguments)).Ends(exitCode);
        Assert.Equal(before, Snapshot(service));
    }

    /// <summary>Every file's bytes; lock files are empty or name a process.</summary>
    private static Dictionary<string, string> Snapshot(Service service) => Directory.GetFiles(service.Folder)
        .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal))
        .ToDictionary(path => path, path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));
}
