namespace PmmCrypt.Rotation.Healing;

/// <summary>A key file, and what it opens by itself.</summary>
/// <param name="Path">The file.</param>
/// <param name="KeyIds">Its keys.</param>
/// <param name="Opens">Values whose outermost layer is under one of its keys.</param>
/// <param name="OpensToTheEnd">Those of which every layer that any of the files opens is.</param>
public sealed record FoundKeyFile(string Path, IReadOnlyList<uint> KeyIds, long Opens, long OpensToTheEnd);
