namespace PmmCrypt.Packages.Tests;

[Collection(PackagesGroup.Name), Trait("Category", "Slow")]
public sealed class ToolPackageTests(PackagesFixture packages)
{
    [Fact]
    public async Task Runs_as_dotnet_pmm_crypt_once_it_is_on_the_path()
    {
        var shell = packages.Shell();

        var version = (await shell.RunAsync("dotnet pmm-crypt --version")).Ends(0);
        version.Require(version.Output.StartsWith(packages.Version, StringComparison.Ordinal), $"to say {packages.Version}");
        (await shell.RunAsync("dotnet pmm-crypt frobnicate")).Ends(1).Says("error: ", "hint: ");
    }

    [Fact]
    public async Task Runs_from_the_manifest_of_a_repository()
    {
        var shell = packages.Shell(packages.NewFolder("manifest"), toolOnPath: false);
        (await shell.RunAsync("dotnet new tool-manifest")).Ends(0);
        (await shell.RunAsync("dotnet tool install dotnet-pmm-crypt --version {0}", packages.Version)).Ends(0);

        var version = (await shell.RunAsync("dotnet pmm-crypt --version")).Ends(0);
        version.Require(version.Output.StartsWith(packages.Version, StringComparison.Ordinal), $"to say {packages.Version}");
        (await shell.RunAsync("dotnet tool run dotnet-pmm-crypt -- --help")).Ends(0).Says("rotate");
    }

    [Fact]
    public async Task Shows_all_of_it_and_suggests_commands_that_an_installed_tool_has()
    {
        var shell = packages.Shell(packages.NewFolder("demo"));

        var demo = (await shell.RunAsync("dotnet pmm-crypt demo --folder files")).Ends(0);

        string[] commands = [.. demo.Output.Split('\n')
            .Where(line => line.StartsWith("  dotnet ", StringComparison.Ordinal)).Select(line => line.Trim())];
        Assert.Equal(6, commands.Length);
        foreach (var command in commands)
            (await shell.RunAsync(command)).Ends(command.Contains("--dry-run", StringComparison.Ordinal) ? 2 : 0);
    }
}
