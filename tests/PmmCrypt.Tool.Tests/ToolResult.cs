using System.Text.Json;
using PmmCrypt.Testing;

namespace PmmCrypt.Tool.Tests;

/// <summary>What a call of the tool came to. Each assertion shows the whole of it when it fails.</summary>
internal sealed record ToolResult(string Call, int ExitCode, string Output, string Error)
{
    public static ToolResult Of(string call, CliResult result) => new(call, result.ExitCode, result.Output, result.Error);

    public ToolResult Ends(int exitCode)
    {
        Require(ExitCode == exitCode, $"to end with {exitCode}");
        return this;
    }

    /// <summary>An error and a hint on standard error, and no data.</summary>
    public ToolResult Fails(int exitCode)
    {
        Ends(exitCode);
        Require(Output.Length == 0, "to print no data");
        Require(ErrorLine("error: ") is not null && ErrorLine("hint: ") is not null, "to say error: and hint:");
        return this;
    }

    public ToolResult Says(params string[] words)
    {
        foreach (var word in words) Require(Error.Contains(word, StringComparison.Ordinal), $"to say '{word}'");
        return this;
    }

    public ToolResult Prints(params string[] words)
    {
        foreach (var word in words) Require(Output.Contains(word, StringComparison.Ordinal), $"to print '{word}'");
        return this;
    }

    /// <summary>The one JSON document of standard output, which carries the process's exit code.</summary>
    public JsonElement Json()
    {
        JsonElement document;
        try
        {
            document = JsonDocument.Parse(Output).RootElement;
        }
        catch (JsonException e)
        {
            throw Unexpected($"to print one JSON document ({e.Message})");
        }
        Require(
            document.ValueKind == JsonValueKind.Object && document.TryGetProperty("exitCode", out var code) && code.GetInt32() == ExitCode,
            "to have its exit code in the document");
        return document;
    }

    public void Require(bool condition, string what)
    {
        if (!condition) throw Unexpected(what);
    }

    private string? ErrorLine(string start) => Error.Split('\n').FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));

    private Xunit.Sdk.XunitException Unexpected(string what) =>
        new($"Expected {Call}\n{what}. It ended with {ExitCode}.\nstdout: {Output}\nstderr: {Error}");
}
