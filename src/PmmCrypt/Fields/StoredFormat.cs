namespace PmmCrypt.Fields;

/// <summary>How a ciphertext is written into the database.</summary>
public enum StoredFormat
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>Base64 alone, as PMM 3.0 to 3.9 writes it. Whether a value is one shows only by its shape.</summary>
    Legacy = 1,

    /// <summary>The prefix <c>pmm1$</c>, then base64, as later PMM writes it. The value says what it is.</summary>
    Envelope = 2,
}

/// <summary>A set of stored formats.</summary>
[Flags]
public enum StoredFormats
{
    /// <summary>None; no field is encrypted in none.</summary>
    None = 0,

    /// <inheritdoc cref="StoredFormat.Legacy"/>
    Legacy = 1,

    /// <inheritdoc cref="StoredFormat.Envelope"/>
    Envelope = 2,

    /// <summary>Every format.</summary>
    All = Legacy | Envelope,
}

/// <summary>Conversions between one format and a set of them.</summary>
public static class StoredFormatExtensions
{
    /// <summary>The set of this one format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is <see cref="StoredFormat.Unknown"/> or no format at all.</exception>
    public static StoredFormats AsFlag(this StoredFormat format) => format switch
    {
        StoredFormat.Legacy => StoredFormats.Legacy,
        StoredFormat.Envelope => StoredFormats.Envelope,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "A stored format is Legacy or Envelope."),
    };
}
