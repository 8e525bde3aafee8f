namespace PmmCrypt.Kill.Tests;

/// <summary>A call to the kernel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">All that strace says of it.</param>
/// <param name="Begin">Its place in the order of all beginnings and ends.</param>
/// <param name="End">The place of its end.</param>
internal sealed record SystemCall(string Name, string Text, int Begin, int End)
{
    /// <summary>Whether it puts bytes somewhere.</summary>
    public bool IsWrite => Name is "write" or "writev" or "pwrite64" or "sendto" or "sendmsg";

    /// <summary>Whether it gives a file another name.</summary>
    public bool IsNaming => Name.StartsWith("rename", StringComparison.Ordinal) || Name.StartsWith("link", StringComparison.Ordinal);

    /// <summary>Whether it waits until a file or folder is on the disk.</summary>
    public bool Synchronizes(string path) =>
        Name is "fsync" or "fdatasync" && Succeeded && Text.Contains($"<{path}>", StringComparison.Ordinal);

    /// <summary>Whether it waits until all of the file system that a folder is on is on the disk.</summary>
    public bool SynchronizesFileSystemOf(string folder) =>
        Name is "syncfs" && Succeeded && Text.Contains($"<{folder}>", StringComparison.Ordinal);

    /// <summary>Whether it locks a file, or a part of it, against others' writes.</summary>
    public bool Locks(string path) => Name is "fcntl" && Succeeded && Text.Contains($"<{path}>", StringComparison.Ordinal)
        && Text.Contains("F_SETLK", StringComparison.Ordinal) && Text.Contains("F_WRLCK", StringComparison.Ordinal);

    /// <summary>Whether it writes to a file.</summary>
    public bool WritesTo(string path) => IsWrite && Succeeded && Text.Contains($"<{path}>", StringComparison.Ordinal);

    /// <summary>Whether it had ended when the other began.</summary>
    public bool IsBefore(SystemCall other) => End < other.Begin;

    private bool Succeeded => !Text.Contains(") = -1 ", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Begin}-{End} {(Text.Length > 200 ? Text[..200] : Text)}";
}
