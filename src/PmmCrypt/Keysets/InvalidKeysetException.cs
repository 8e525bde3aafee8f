namespace PmmCrypt.Keysets;

/// <summary>
/// A text is no key file, or its keyset breaks an invariant of the format. The message says which key and why; it holds no byte of a key
/// and no part of the text.
/// </summary>
public sealed class InvalidKeysetException : Exception
{
    /// <summary>Makes one that concerns the whole keyset.</summary>
    /// <param name="message">The reason.</param>
    public InvalidKeysetException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one that concerns one key.</summary>
    /// <param name="message">The reason; it names the key.</param>
    /// <param name="keyId">The id of the key.</param>
    public InvalidKeysetException(string message, uint keyId)
        : base(message) => KeyId = keyId;

    /// <summary>The id of the key that is at fault; null where it is the keyset as a whole.</summary>
    public uint? KeyId { get; }
}
