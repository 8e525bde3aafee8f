namespace PmmCrypt.Fields;

/// <summary>A stored value does not open. It says which field and which key, and holds no byte of the value.</summary>
public sealed class FieldDecryptionException : Exception
{
    /// <summary>Makes one with a message.</summary>
    public FieldDecryptionException(string message)
        : base(message)
    {
    }
}
