namespace PmmCrypt.Tool.Tests;

/// <summary>A wrong command line ends with 1, an error and a hint, and no data; nothing was touched.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("", "command")]
    [InlineData("key", "command")]
    [InlineData("frobnicate", "'frobnicate'")]
    [InlineData("key frobnicate", "'frobnicate'")]
    [InlineData("status --frobnicate", "'--frobnicate'")]
    [InlineData("status surplus", "'surplus'")]
    [InlineData("rotate --batch-size 0", "--batch-size")]
    [InlineData("rotate --batch-size many", "--batch-size")]
    [InlineData("status --batch-size", "--batch-size")]
    [InlineData("rotate --throttle 0", "--throttle takes a number of rows a second from 1 to 1000000, such as 500, or auto, not '0'")]
    [InlineData("rotate --throttle=-5", "or auto, not '-5'")]
    [InlineData("rotate --throttle slowly", "or auto, not 'slowly'")]
    [InlineData("init --throttle 10.5", "or auto, not '10.5'")]
    [InlineData("init --throttle", "--throttle")]
    [InlineData("rotate --retain=-1", "--retain")]
    [InlineData("rotate --retain 1w", "--retain")]
    [InlineData("rotate --retain NaN", "--retain")]
    [InlineData("rotate --settle-timeout=-1", "--settle-timeout")]
    [InlineData("init --settle-timeout soon", "--settle-timeout")]
    [InlineData("rotate --lock-timeout 1e99", "--lock-timeout")]
    [InlineData("rotate --format plain", "'plain'")]
    [InlineData("init --format keep", "'keep'")]
    [InlineData("status --postgres-ssl-mode perhaps", "'perhaps'")]
    [InlineData("status --postgres-addr host:port", "'host:port'")]
    [InlineData("status --postgres-addr host:70000", "'host:70000'")]
    [InlineData("status --postgres-addr :5432", "':5432'")]
    [InlineData("status --connection nonsense", "connection string")]
    [InlineData("status --connection sqlite:", "sqlite:")]
    [InlineData("key promote", "promote")]
    [InlineData("key disable one", "'one'")]
    [InlineData("key destroy 4294967296", "'4294967296'")]
    [InlineData("key merge", "merge")]
    [InlineData("verify --assembly none.dll", "none.dll")]
    [InlineData("rotate --backup no/such/folder/file --connection sqlite:none.db", "no/such/folder")]
    public async Task Is_refused(string line, string says)
    {
        var arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        (await PmmCryptProgram.RunAsync(arguments)).Fails(1).Says(says);
    }

    [Theory]
    [InlineData("status --postgres-pasword tell-no-one", "'--postgres-pasword'")]
    [InlineData("status --postgres-pasword=tell-no-one", "'--postgres-pasword'")]
    [InlineData("status --postgres-pasword:tell-no-one", "'--postgres-pasword'")]
    [InlineData("status -p tell-no-one --json", "'-p'")]
    [InlineData("key list --postgres-pasword tell-no-one --batch-size many", "'--postgres-pasword'")]
    public async Task What_stands_behind_an_option_that_is_none_may_be_a_password_and_is_not_repeated(string line, string says)
    {
        var result = (await PmmCryptProgram.RunAsync(line.Split(' '))).Ends(1).Says(says);

        Assert.DoesNotContain("tell-no-one", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate --json")]
    [InlineData("--json key")]
    [InlineData("key --json promote")]
    [InlineData("rotate --batch-size many --json")]
    [InlineData("status --json --postgres-ssl-mode perhaps")]
    [InlineData("status --json=perhaps")]
    public async Task Is_refused_in_JSON(string line)
    {
        var result = (await PmmCryptProgram.RunAsync(line.Split(' '))).Ends(1);

        Assert.NotEmpty(result.Json().GetProperty("error").GetString()!);
        Assert.NotEmpty(result.Json().GetProperty("hint").GetString()!);
        result.Says("error: ", "hint: ");
    }

    [Fact]
    public async Task Demo_refuses_a_folder_that_holds_something()
    {
        using var service = Service.Encrypted();
        var before = Directory.GetFiles(service.Folder).Length;

        (await service.RunBareAsync(["demo", "--folder", service.Folder])).Fails(1).Says(service.Folder);
        (await service.RunBareAsync(["demo", "--folder", service.KeyFile])).Fails(1).Says($"{service.KeyFile} cannot be used");

        Assert.Equal(before, Directory.GetFiles(service.Folder).Length);
        service.RequireAllUnderPrimary();
    }
}
