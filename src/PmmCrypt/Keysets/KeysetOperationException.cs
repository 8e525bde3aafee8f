namespace PmmCrypt.Keysets;

/// <summary>
/// A <see cref="KeysetManager"/> refuses an edit, because values would no longer open or the keyset would mean something else. The message
/// says what was refused and what to do instead. The keyset is as it was.
/// </summary>
public sealed class KeysetOperationException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What was refused, and what to do instead.</param>
    /// <param name="keyId">The id of the key in question.</param>
    public KeysetOperationException(string message, uint keyId)
        : base(message) => KeyId = keyId;

    /// <summary>The id of the key in question.</summary>
    public uint KeyId { get; }
}
