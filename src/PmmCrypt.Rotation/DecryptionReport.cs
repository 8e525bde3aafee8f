namespace PmmCrypt.Rotation;

/// <summary>What putting a database into the clear found and did.</summary>
/// <param name="Rotation">The values, before and after.</param>
/// <param name="Values">How many values were encrypted, and were put into the clear, or would be.</param>
/// <param name="WasRecorded">Whether the service's own record said that they are encrypted.</param>
public sealed record DecryptionReport(RotationReport Rotation, long Values, bool WasRecorded);
