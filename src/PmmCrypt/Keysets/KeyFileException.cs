namespace PmmCrypt.Keysets;

/// <summary>A key file cannot be read or written. The message names the file and the reason; it holds no byte of a key.</summary>
public sealed class KeyFileException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="kind">What is wrong.</param>
    /// <param name="path">The path of the file, as the user gave it.</param>
    /// <param name="message">The file and the reason.</param>
    /// <param name="hint">What to do about it.</param>
    /// <param name="innerException">What was found; null where the message says it all.</param>
    public KeyFileException(KeyFileProblem kind, string path, string message, string hint, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Path = path;
        Hint = hint;
    }

    /// <summary>What is wrong.</summary>
    public KeyFileProblem Kind { get; }

    /// <summary>The path of the file, as the user gave it.</summary>
    public string Path { get; }

    /// <summary>What to do about it: a sentence for the user.</summary>
    public string Hint { get; }
}
