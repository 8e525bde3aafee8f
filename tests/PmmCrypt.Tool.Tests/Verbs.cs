namespace PmmCrypt.Tool.Tests;

/// <summary>DESIGN's verbs and their options, written down once more: the tool is held to them.</summary>
internal static class Verbs
{
    /// <summary>What every verb takes.</summary>
    public static readonly string[] GlobalOptions =
    [
        "--connection", "--postgres-addr", "--postgres-name", "--postgres-username", "--postgres-password", "--postgres-ssl-mode",
        "--postgres-ssl-ca-path", "--postgres-ssl-key-path", "--postgres-ssl-cert-path", "--key-file", "--assembly", "--lock-timeout",
        "--json",
    ];

    /// <summary>Each verb with what it takes beside.</summary>
    public static readonly Dictionary<string, string[]> All = new()
    {
        ["key generate"] = ["--output"],
        ["key list"] = [],
        ["key add"] = ["--key-output"],
        ["key promote"] = ["<ID>", "--key-output"],
        ["key disable"] = ["<ID>", "--key-output"],
        ["key enable"] = ["<ID>", "--key-output"],
        ["key destroy"] = ["<ID>", "--key-output"],
        ["key merge"] = ["<FILE>", "--key-output"],
        ["key find"] = ["<FOLDER>", "--write", "--batch-size"],
        ["init"] = ["--format", "--dry-run", "--batch-size", "--throttle", "--online", "--settle-timeout", "--on-error", "--normalize"],
        ["status"] = ["--require-encrypted", "--batch-size"],
        ["check"] = ["--shipped", "--batch-size"],
        ["rotate"] =
        [
            "--dry-run", "--prune", "--retain", "--format", "--batch-size", "--new-key", "--online", "--settle-timeout", "--backup",
            "--throttle", "--on-error", "--key-output", "--join", "--restart-service", "--ready-url", "--accept-key-loss", "--normalize",
            "--i-want-plaintext-in-the-database", "--manifest",
        ],
        ["verify"] = ["--require-encrypted", "--batch-size"],
        ["repair"] =
            ["--old-key", "--accept-key-loss", "--dry-run", "--batch-size", "--throttle", "--online", "--settle-timeout", "--normalize"],
        ["restore"] = ["<FILE>", "--old-key", "--dry-run", "--batch-size", "--throttle", "--settle-timeout"],
        ["encrypt"] = ["--format", "--dry-run", "--batch-size", "--throttle", "--online", "--settle-timeout", "--on-error", "--normalize"],
        ["decrypt"] =
        [
            "--i-want-plaintext-in-the-database", "--dry-run", "--batch-size", "--throttle", "--online", "--settle-timeout",
        ],
        ["demo"] = ["--folder"],
    };

    public static TheoryData<string> Names => [.. All.Keys];
}
