namespace PmmCrypt.Rotation.Retirement;

/// <summary>What became of the keys that are not the primary.</summary>
/// <param name="Disabled">Keys that nothing refers to, and that open nothing from now on.</param>
/// <param name="Destroyed">Keys that nothing has referred to for long enough, and that are gone from the file.</param>
/// <param name="Kept">Keys that stay as they are, and why.</param>
/// <param name="ArchivePath">Where the key file was copied before keys were destroyed; null where none was.</param>
public sealed record RetirementReport(
    IReadOnlyList<uint> Disabled, IReadOnlyList<uint> Destroyed, IReadOnlyList<(uint KeyId, string Why)> Kept, string? ArchivePath);
