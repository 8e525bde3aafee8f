namespace PmmCrypt.Testing.Tink;

/// <summary>A key of a <see cref="HandKeyset"/>.</summary>
public sealed record HandKey(uint Id, bool IsEnabled, byte[] Material);
