using System.Text;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;
using Xunit;

namespace PmmCrypt.Testing.Tests;

/// <summary>No run of the tool says a secret that a test does not hear of: here with a tool that says what it should not.</summary>
public sealed class ToolTalkTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HandKeyset _keys = HandKeyset.Generate();

    public ToolTalkTests() => _keys.Save(_folder["pmm.key"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("echo tell-no-one")]
    [InlineData("echo 'the value tell-no-one-user-7 does not open' >&2")]
    [InlineData("printf 'xtell-no-onex' | base64 >&2")]
    [InlineData("cat \"$3\"")]
    [InlineData("cat \"$3\" >&2")]
    [InlineData("base64 -d \"$3\" | od -An -v -tx1 | tr -d ' \\n'")]
    [InlineData("cat \"$3\".archive")]
    [InlineData("cat \"$3\" >&2; rm \"$3\"")]
    [InlineData("cat \"$3\".archive > \"$3\"; cat \"$3\"")]
    public async Task What_it_says_is_found(string body)
    {
        HandKeyset.Generate().Save(_folder["pmm.key.archive"]);

        await LeaksAsync(body, "rotate", "--key-file", _folder["pmm.key"]);
    }

    [Theory]
    [InlineData("--key-output", "new.key")]
    [InlineData("--backup", "anything")]
    [InlineData("merge", "other.key")]
    public async Task A_key_of_any_file_that_it_is_told_of_is_one(string option, string name)
    {
        HandKeyset.Generate().Save(_folder["a key"]);

        await LeaksAsync("cp \"$(dirname \"$2\")/a key\" \"$2\"; cat \"$2\"", option, _folder[name]);
    }

    [Fact]
    public async Task A_key_of_a_folder_that_it_is_told_of_is_one() => await LeaksAsync("cat \"$2\"/*.key", "find", _folder.Path);

    [Fact]
    public async Task Of_what_is_no_key_file_either_half_is_one()
    {
        var bytes = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(_keys.Keys[0].Material));
        await File.WriteAllBytesAsync(_folder["pmm.key"], bytes);

        await LeaksAsync("head -c 32 \"$3\"", "rotate", "--key-file", _folder["pmm.key"]);
        await LeaksAsync("tail -c 32 \"$3\" >&2", "rotate", "--key-file", _folder["pmm.key"]);
    }

    [Fact]
    public async Task In_the_environment_or_in_a_shells_line_it_is_the_same()
    {
        var program = await ToolAsync("cat \"${PMM_ENCRYPTION_KEY_PATH:-$2}\"");
        var environment = new Dictionary<string, string?> { ["PMM_ENCRYPTION_KEY_PATH"] = _folder["pmm.key"] };

        await Assert.ThrowsAsync<SecretFoundException>(() => RunAsync(program, [], environment));
        var line = $"sh '{program}' --key-file '{_folder["pmm.key"]}'";
        await Assert.ThrowsAsync<SecretFoundException>(() => Cli.RunAsync("sh", ["-c", line]));
    }

    [Fact]
    public async Task Who_does_not_wait_for_it_hears_of_it_at_the_end()
    {
        var program = await ToolAsync($"cat '{_folder["pmm.key"]}'; touch '{_folder["said"]}'; exec sleep 60");
        var process = CliProcess.Start("sh", [program, "--key-file", _folder["pmm.key"]]);
        while (!File.Exists(_folder["said"])) await Task.Delay(10);

        Assert.Throws<SecretFoundException>(process.Dispose);
    }

    [Fact]
    public async Task A_key_that_it_is_asked_to_print_is_none_but_beside_it_is()
    {
        var other = _folder["other"];
        HandKeyset.Generate().Save(other);
        var key = _folder["pmm.key"];

        Assert.Equal(_keys.ToText(), (await RunAsync(await ToolAsync($"cat '{key}'"), ["key", "generate"])).Output);
        var json = $$"""printf '{"keyFile": "%s"}' "$(cat '{{key}}')" """;
        var document = (await RunAsync(await ToolAsync(json), ["key", "generate"])).Output;
        Assert.Contains(_keys.ToText(), document, StringComparison.Ordinal);
        await LeaksAsync($"cat '{key}'; cat '{key}' >&2", "key", "generate");
        await LeaksAsync($"cat '{key}'", "key", "generate", "--output", key);
        await LeaksAsync($"cat '{other}' >&2", "key", "generate", "--key-file", other);
    }

    [Fact]
    public async Task What_is_no_secret_is_none_nor_is_what_another_program_says()
    {
        const string Body = "echo 'rotated 7 values' >&2; echo '{\"exitCode\": 0}'";

        Assert.Equal(0, (await RunAsync(await ToolAsync(Body), ["rotate", "--key-file", _folder["pmm.key"]])).ExitCode);
        Assert.Equal(_keys.ToText(), (await Cli.RunAsync("cat", [_folder["pmm.key"]])).Output);
    }

    private async Task LeaksAsync(string body, params string[] arguments)
    {
        var program = await ToolAsync(body);
        await Assert.ThrowsAsync<SecretFoundException>(() => RunAsync(program, arguments));
    }

    /// <summary>Read by the shell: a file that was just written may be busy for who executes it, while another test starts a process.</summary>
    private static Task<CliResult> RunAsync(
        string program, string[] arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        Cli.RunAsync("sh", [program, .. arguments], environment);

    /// <summary>A program under the tool's name.</summary>
    private async Task<string> ToolAsync(string body)
    {
        var program = Path.Combine(Directory.CreateDirectory(_folder[$"bin-{Guid.NewGuid():N}"]).FullName, "pmm-crypt");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n{body}\n");
        return program;
    }
}
