using Microsoft.Win32.SafeHandles;
using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>Waits for the disk: what has returned from here survives a power failure.</summary>
internal static class KeyFileDisk
{
    /// <summary>Waits until a file's content is on the disk.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The key file, as the user gave it.</param>
    public static void Synchronize(SafeFileHandle file, string path)
    {
        try
        {
            Synchronize(file);
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.NotDurable(path, failure.Message, failure);
        }
    }

    /// <summary>Waits until a file's name is on the disk.</summary>
    /// <param name="path">The key file, as the user gave it.</param>
    /// <param name="resolved">Where it really is.</param>
    public static void SynchronizeFolder(string path, string resolved)
    {
        try
        {
            using var folder = Libc.OpenRead(Path.GetDirectoryName(resolved)!);
            Synchronize(folder);
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.AccessDenied)
        {
            SynchronizeFileSystem(path, resolved);      // a folder that may be passed through, and not listed
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.NotDurable(path, failure.Message, failure);
        }
    }

    private static void SynchronizeFileSystem(string path, string resolved)
    {
        try
        {
            using var file = Libc.OpenRead(resolved);
            Libc.SynchronizeFileSystem(file);
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.NotDurable(path, failure.Message, failure);
        }
    }

    private static void Synchronize(SafeFileHandle file)
    {
        try
        {
            Libc.Synchronize(file);
        }
        catch (LinuxException failure) when (failure.Errno
            is LinuxException.Invalid or LinuxException.NotSupported or LinuxException.ReadOnlyFileSystem)
        {
            // A file system that has no such thing: what it has taken it has taken.
        }
    }
}
