using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary><c>--accept-key-loss</c> and <c>restore</c>: values whose key is lost go into a file, and come back when it is found.</summary>
[Trait("Category", "Slow")]
public sealed class KeyLossTests : IDisposable
{
    private readonly HandKeyset _lost = HandKeyset.Generate();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("rotate")]
    [InlineData("repair")]
    public async Task Moved_into_a_file_and_put_back_they_are_what_they_were(string verb)
    {
        using var service = Service.Encrypted();
        service.StorePassword(1, _lost.Seal(Service.Password(1)));
        (await service.RunAsync(verb)).Ends(4);

        (await service.RunAsync(verb, "--accept-key-loss", $"{_lost.Primary}", "--dry-run")).Ends(2)
            .Prints("would move 1 value under lost keys").Says("agents 000001 password");
        Assert.Empty(Backups(service));
        var result = (await service.RunAsync(verb, "--accept-key-loss", $"{_lost.Primary}")).Ends(0);
        var backup = Assert.Single(Backups(service));
        result.Prints($"moved 1 value under lost keys into {backup}").Says("agents 000001 password", $"pmm-crypt restore {backup}");
        Assert.Equal(DBNull.Value, service.Scalar("SELECT password FROM agents WHERE agent_id = '000001'"));
        (await service.RunAsync("verify")).Ends(0);

        _lost.Save(service["found.key"]);
        (await service.RunAsync("restore", backup)).Ends(4).Says("agents 000001 password", $"{_lost.Primary}");
        (await service.RunAsync("restore", backup, "--old-key", service["found.key"], "--dry-run")).Ends(2).Prints("would put back 1 value");
        (await service.RunAsync("restore", backup, "--old-key", service["found.key"])).Ends(0).Prints("put back 1 value")
            .Says("agents 000001 password");
        service.RequireAllUnderPrimary();
        (await service.RunAsync("restore", backup, "--old-key", service["found.key"])).Ends(0).Prints("1 value had been in place");
    }

    [Fact]
    public async Task Several_keys_are_named_one_by_one_and_the_report_lists_what_was_moved()
    {
        using var service = Service.Encrypted();
        var other = HandKeyset.Generate();
        service.StorePassword(0, _lost.Seal("a"));
        service.StorePassword(2, other.Seal("b"));
        string[] keys = ["--accept-key-loss", $"{_lost.Primary}", "--accept-key-loss", $"{other.Primary}"];

        var loss = (await service.RunAsync(["rotate", .. keys, "--json"])).Ends(0).Json().GetProperty("loss");

        Assert.Equal(Backups(service), loss.GetProperty("files").EnumerateArray().Select(file => file.GetString()!));
        Assert.Equal(2, loss.GetProperty("count").GetInt32());
        Assert.Equal(
            [("000000", _lost.Primary), ("000002", other.Primary)],
            loss.GetProperty("values").EnumerateArray()
                .Select(value => (value.GetProperty("row").GetString()!, value.GetProperty("keyId").GetUInt32())));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        using var service = Service.Encrypted();

        (await service.RunAsync("rotate", "--accept-key-loss", "yes")).Fails(1).Says("--accept-key-loss takes the id of a key");
        (await service.RunAsync("rotate", "--accept-key-loss", $"{service.Keys.Primary}")).Fails(5).Says("is not lost");
        (await service.RunAsync("rotate", "--accept-key-loss", "1", "--join")).Fails(1).Says("--join");
        (await service.RunAsync("rotate", "--accept-key-loss", "1", "--key-output", service["new.key"])).Fails(1).Says("--key-output");
        (await service.RunAsync("restore", service["none.json"])).Fails(1).Says("none.json");
        (await service.RunAsync("restore", service.KeyFile)).Fails(5).Says("no backup of encrypted values");
        Assert.Single(service.Keys.Keys);
    }

    [SkippableTheory]
    [InlineData(PmmStorage.Legacy)]
    [InlineData(PmmStorage.Envelope)]
    public async Task On_PostgreSQL_columns_and_members_of_every_kind_go_and_come_back(PmmStorage storage)
    {
        var keys = HandKeyset.Generate();
        keys.Save(_folder["pmm.key"]);
        var isEnvelope = storage == PmmStorage.Envelope;
        // Of every third value the key is lost, and of the key check.
        var number = 0;
        await using var pmm = await PmmDatabase.CreateAsync(PostgresServer.Require(), new PmmSeed
        {
            Rows = 90,
            Quirks = true,
            Storage = storage,
            Encrypt = (plaintext, field) =>
                (field == PmmFields.KeyCheckField || number++ % 3 == 0 ? _lost : keys).Seal(plaintext, isEnvelope),
        });
        async Task<ToolResult> RunAsync(params string[] arguments) => await PmmCryptProgram.RunAsync(
            [.. arguments, "--connection", pmm.Database.PlainConnectionString, "--key-file", _folder["pmm.key"]]);
        HandKeyset Now() => HandKeyset.Load(_folder["pmm.key"]);

        (await RunAsync("rotate", "--batch-size", "20", "--accept-key-loss", $"{_lost.Primary}")).Ends(0);
        (await RunAsync("verify")).Ends(0);
        var lost = await pmm.CheckAsync(Now().OpenPrimary);
        Assert.NotEmpty(lost.Differences);
        Assert.All(lost.Differences, difference => Assert.Matches("is null$|is String$|opens to another|was empty|does not open", difference));
        var backup = Assert.Single(Directory.GetFiles(_folder.Path, "pmm-encryption-migration-backup-*"));

        _lost.Save(_folder["pmm_old.key"]);     // where PMM would leave it
        (await RunAsync("restore", backup)).Ends(0);

        (await pmm.CheckAsync(Now().OpenPrimary)).EnsureAsSeeded();
    }

    private static string[] Backups(Service service) => Directory.GetFiles(service.Folder, "pmm-encryption-migration-backup-*");
}
