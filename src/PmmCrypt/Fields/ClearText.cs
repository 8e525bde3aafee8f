namespace PmmCrypt.Fields;

/// <summary>What decryption does with a stored value that is not encrypted.</summary>
public enum ClearText
{
    /// <summary>
    /// It is an error: a value that should be a ciphertext and is none has been damaged, or was written by something else.
    /// </summary>
    Refused = 0,

    /// <summary>It is the secret, as PMM takes it. For a service whose stored values are still being encrypted.</summary>
    Passed,
}
