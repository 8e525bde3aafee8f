namespace PmmCrypt.Tool.Tests;

/// <summary>A rotation past values that do not open.</summary>
[Trait("Category", "Slow")]
public sealed class OnErrorTests
{
    [Fact]
    public async Task What_does_not_open_is_passed_over_named_and_kept_with_its_key()
    {
        using var service = Service.Encrypted();
        service.Damage("000001", "password");
        var damaged = (string)service.Scalar("SELECT password FROM agents WHERE agent_id = '000001'")!;
        var old = service.Keys.Primary;

        (await service.RunAsync("rotate", "--on-error", "skip")).Ends(4)
            .Prints("rotated to a new key").Says("agents 000001 password", $"{old}", "no key was retired");

        Assert.NotEqual(old, service.Keys.Primary);
        Assert.Equal(damaged, service.Scalar("SELECT password FROM agents WHERE agent_id = '000001'"));
        (await service.RunAsync("rotate", "--on-error", "skip", "--prune", "--retain", "0")).Ends(4);
        Assert.Equal(2, service.Keys.Keys.Count);
        Assert.All(service.Keys.Keys, key => Assert.True(key.IsEnabled));

        var report = (await service.RunAsync("rotate", "--on-error", "skip", "--prune", "--json")).Ends(4).Json();
        var problem = Assert.Single(report.GetProperty("plan").GetProperty("problems").EnumerateArray());
        Assert.Equal(
            ("agents", "000001", "password", "legacy", old),
            (problem.GetProperty("table").GetString(), problem.GetProperty("row").GetString(), problem.GetProperty("field").GetString(),
                problem.GetProperty("format").GetString(), problem.GetProperty("keyId").GetUInt32()));

        // Mended from a backup, the value opens: its key is still there.
        service.Damage("000001", "password");
        service.RequireAllOpen();
        (await service.RunAsync("rotate", "--prune")).Ends(0);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Unless_it_was_asked_for_nothing_is_written()
    {
        using var service = Service.Encrypted();
        service.Damage("000001", "password");
        var before = await File.ReadAllBytesAsync(service.KeyFile);

        (await service.RunAsync("rotate")).Fails(4).Says("agents 000001 password");
        (await service.RunAsync("rotate", "--on-error", "stop")).Fails(4);
        (await service.RunAsync("rotate", "--on-error", "skip", "--dry-run")).Ends(2).Says("agents 000001 password");
        (await service.RunAsync("rotate", "--on-error", "shrug")).Fails(1);

        Assert.Equal(before, await File.ReadAllBytesAsync(service.KeyFile));
    }

    [Fact]
    public async Task Init_encrypts_beside_what_does_not_open()
    {
        using var service = Service.Encrypted();
        service.Damage("000001", "password");
        service.Execute("UPDATE agents SET agent_password = 'in the clear'");
        const string Damaged = "SELECT password FROM agents WHERE agent_id = '000001'";
        var damaged = service.Scalar(Damaged);

        (await service.RunAsync("init")).Fails(4);
        (await service.RunAsync("init", "--on-error", "skip")).Ends(4).Says("agents 000001 password");

        Assert.Equal(damaged, service.Scalar(Damaged));
        Assert.Equal(1L, service.Scalar("SELECT count(DISTINCT agent_password IS NULL) FROM agents"));
        Assert.Equal("in the clear", service.Keys.OpenPrimary((string)service.Scalar("SELECT min(agent_password) FROM agents")!));
        Assert.Equal("in the clear", service.Keys.OpenPrimary((string)service.Scalar("SELECT max(agent_password) FROM agents")!));
    }
}
