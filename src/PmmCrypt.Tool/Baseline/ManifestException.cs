namespace PmmCrypt.Tool.Baseline;

/// <summary>An assembly is not the one that its manifest was written for.</summary>
internal sealed class ManifestException(string message, string hint) : Exception(message)
{
    /// <summary>What to do.</summary>
    public string Hint { get; } = hint;
}
