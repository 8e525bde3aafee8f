namespace PmmCrypt.Rotation.Keys;

/// <summary>Where the key file is, and where else one may be.</summary>
/// <param name="Path">The key file.</param>
/// <param name="Others">Files to try, and to name, where the key file does not open the database: the default path, the one of
/// before.</param>
public sealed record KeyFileLocation(string Path, IReadOnlyList<string> Others);
