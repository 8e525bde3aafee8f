namespace PmmCrypt.Keysets;

/// <summary>
/// The moments at which writing a key file changes the world outside, in their order. A test of crashes hands a delegate to
/// <see cref="KeyFile"/>, is called with each of these names, and ends the process at one; nothing else needs them.
/// </summary>
public static class KeyFileSteps
{
    /// <summary>The temporary file holds the new keyset, perhaps not yet on the disk.</summary>
    public const string TempWritten = "key-temp-written";

    /// <summary>The temporary file is on the disk. The key file is still the old one.</summary>
    public const string TempSynced = "key-temp-synced";

    /// <summary>The key file is the new one; after a power failure it may still be the old one.</summary>
    public const string Renamed = "key-renamed";

    /// <summary>A new key file has its name; after a power failure it may still have none.</summary>
    public const string Created = "key-created";

    /// <summary>The key file is the new one, whatever happens.</summary>
    public const string FolderSynced = "key-folder-synced";
}
