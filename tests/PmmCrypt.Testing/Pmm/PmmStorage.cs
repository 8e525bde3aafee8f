namespace PmmCrypt.Testing.Pmm;

/// <summary>How a PMM database holds its secrets.</summary>
public enum PmmStorage
{
    /// <summary>Nothing is encrypted: PMM 2, or before the first start.</summary>
    Clear,

    /// <summary>As PMM 3.0 to 3.9: some fields stay in the clear, and settings list the encrypted columns.</summary>
    Legacy,

    /// <summary>As PMM's announced successor: every field, and a key check in settings.</summary>
    Envelope,
}
