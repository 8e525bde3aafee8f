using PmmCrypt.Testing;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

public sealed class DemoTests
{
    [Fact, Trait("Category", "Slow")]
    public async Task Leaves_its_files_and_every_command_that_it_suggests_works_on_them()
    {
        using var folder = new TempFolder();
        var demo = folder["my demo"];
        var shown = (await PmmCryptProgram.RunAsync(["demo", "--folder", demo])).Ends(0);
        var expected = new Dictionary<string, int>
        {
            ["status"] = 0, ["rotate --dry-run"] = 2, ["rotate"] = 0, ["rotate --prune"] = 0, ["key list"] = 0, ["verify"] = 0,
        };

        var tried = new List<string>();
        foreach (var line in shown.Output.Split('\n').Where(line => line.StartsWith("  dotnet pmm-crypt ", StringComparison.Ordinal)))
        {
            var command = line["  dotnet pmm-crypt ".Length..];
            var verb = command[..command.IndexOf(" --connection", StringComparison.Ordinal)];
            tried.Add(verb);
            var program = ToolProgram.File;
            // Through a shell, as a reader pastes it.
            var result = await Cli.RunAsync("sh", ["-c", $"'{program}' {command}"]);
            ToolResult.Of(command, result).Ends(expected[verb]);
        }
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), tried.Order(StringComparer.Ordinal));
        Assert.Equal(3, HandKeyset.Load(Path.Combine(demo, "pmm-encryption.key")).Keys.Count);
    }

    [Fact]
    public async Task Shows_a_value_in_the_clear_and_as_each_key_encrypts_it()
    {
        using var folder = new TempFolder();
        var shown = (await PmmCryptProgram.RunAsync(["demo", "--folder", folder["demo"]])).Ends(0);
        var keys = HandKeyset.Load(Path.Combine(folder["demo"], "pmm-encryption.key"));

        string[] values = [.. shown.Output.Split('\n').Where(line => line.Contains("as it is stored: ", StringComparison.Ordinal))
            .Select(line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..])];

        Assert.Equal(3, values.Length);
        Assert.Equal(
            [0U, keys.Keys[0].Id, keys.Primary],
            values.Select(value => HandKeyset.KeyIdOf(value.Length < 60 ? value : value[..60])));
    }

    [Fact]
    public async Task Makes_a_folder_of_its_own_where_none_is_named()
    {
        var result = (await PmmCryptProgram.RunAsync(["demo", "--json"])).Ends(0).Json();
        var database = result.GetProperty("database").GetString()!;
        try
        {
            Assert.True(File.Exists(database));
            Assert.True(File.Exists(result.GetProperty("keyFile").GetString()));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(database)!, recursive: true);
        }
    }
}
