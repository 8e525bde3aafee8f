namespace PmmCrypt.Rotation.Keys;

/// <summary>Where the key file is, and where else one may be.</summary>
/// <param name="Path">The key file.</param>
/// <param name="Others">Files to try, and to name, where the key file does not open the database: the default path, the one of
/// before.</param>
public sealed record KeyFileLocation(string Path, IReadOnlyList<string> Others)
{
    /// <summary>
    /// Where the key file is written to, where <see cref="Path"/> cannot be replaced and is only read: a mounted secret. Once there is such
    /// a file it is the key file, and goes on from <see cref="Path"/>; the operator then puts it in its place. Null to replace the key file.
    /// </summary>
    public string? Output { get; init; }

    /// <summary>
    /// The folder for what is kept of lost values, where the key file's own cannot be written; null for none.
    /// </summary>
    public string? OtherFolder { get; init; }
}
