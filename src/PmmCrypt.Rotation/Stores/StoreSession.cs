namespace PmmCrypt.Rotation.Stores;

/// <summary>Another session of the database.</summary>
/// <param name="Description">Who it is, as far as it can be seen: process id, role, program, address.</param>
public sealed record StoreSession(string Description);
