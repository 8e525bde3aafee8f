namespace PmmCrypt.Rotation.Healing;

/// <summary>A key file, and what it opens by itself.</summary>
/// <param name="Path">The file.</param>
/// <param name="KeyIds">Its keys.</param>
/// <param name="Disabled">
/// Those of them that are disabled there, and count here as if they were not: as a key file it takes a key enable first.
/// </param>
/// <param name="Opens">Values whose outermost layer is under one of its keys.</param>
/// <param name="OpensToTheEnd">Those of which every layer that any of the files opens is.</param>
public sealed record FoundKeyFile(
    string Path, IReadOnlyList<uint> KeyIds, IReadOnlyList<uint> Disabled, long Opens, long OpensToTheEnd);
