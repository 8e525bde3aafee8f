namespace PmmCrypt.Keysets;

/// <summary>What a key of a keyset may be used for. The numbers are Tink's.</summary>
public enum KeyStatus
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>The key opens values, and encrypts them where it is the primary.</summary>
    Enabled = 1,

    /// <summary>The key is kept, but opens nothing until it is enabled again.</summary>
    Disabled = 2,
}
