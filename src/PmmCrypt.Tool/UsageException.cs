namespace PmmCrypt.Tool;

/// <summary>The command line, or an environment variable that stands in for it, asks for what cannot be.</summary>
internal sealed class UsageException(string message, string? hint = null) : Exception(message)
{
    /// <summary>What to write instead.</summary>
    public string? Hint { get; } = hint;
}
