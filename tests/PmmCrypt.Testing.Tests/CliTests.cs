using Xunit;

namespace PmmCrypt.Testing.Tests;

public sealed class CliTests
{
    [Fact]
    public async Task Hands_over_arguments_environment_and_input_and_takes_what_comes_back()
    {
        using var folder = new TempFolder();

        var result = await Cli.RunAsync(
            "sh",
            ["-c", "cat; printf '%s|' \"$1\" \"$GREETING\" \"${HOME-none}\"; pwd; echo trouble >&2; exit 7", "sh", "two words"],
            new Dictionary<string, string?> { ["GREETING"] = "привет", ["HOME"] = null },
            input: "in ",
            folder: folder.Path);

        Assert.Equal(new CliResult(7, $"in two words|привет|none|{folder.Path}\n", "trouble\n"), result);
        Assert.Throws<InvalidOperationException>(result.EnsureSuccess);
    }

    [Fact]
    public async Task Ends_a_process_that_takes_too_long_and_shows_what_it_said()
    {
        var run = Cli.RunAsync("sh", ["-c", "echo so far; sleep 60"], timeout: TimeSpan.FromMilliseconds(300));

        Assert.Contains("so far", (await Assert.ThrowsAsync<TimeoutException>(() => run)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("INT", 3)]
    [InlineData("TERM", 4)]
    public async Task Sends_signals(string signal, int exitCode)
    {
        using var folder = new TempFolder();
        using var process = CliProcess.Start(
            "sh", ["-c", $"trap 'exit 3' INT; trap 'exit 4' TERM; touch '{folder["ready"]}'; while :; do sleep 0.05; done"]);
        while (!File.Exists(folder["ready"])) await Task.Delay(10);

        if (signal == "KILL") process.Kill();
        else if (signal == "INT") process.Interrupt();
        else process.Terminate();

        Assert.Equal(exitCode, (await process.WaitAsync(TimeSpan.FromSeconds(20))).ExitCode);
    }
}
