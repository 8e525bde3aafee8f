namespace PmmCrypt.Keysets;

/// <summary>Another process holds the lock of a key file, and did not release it in time.</summary>
public sealed class KeyFileLockedException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="path">The path of the key file, as the user gave it.</param>
    /// <param name="holder">Who holds the lock; null where that is not known.</param>
    public KeyFileLockedException(string path, string? holder)
        : base($"the key file {path} is locked by {holder ?? "another process"}")
    {
        Path = path;
        Holder = holder;
    }

    /// <summary>The path of the key file, as the user gave it.</summary>
    public string Path { get; }

    /// <summary>Who holds the lock, as in <c>process 4711 (dotnet-pmm-crypt) on pmm-server</c>; null where that is not known.</summary>
    public string? Holder { get; }

    /// <summary>What to do about it: a sentence for the user.</summary>
    public string Hint { get; } =
        "Wait until it has ended and run this again. The lock ends with the process that holds it; leave its file where it is.";
}
