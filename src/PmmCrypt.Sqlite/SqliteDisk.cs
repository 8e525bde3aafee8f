using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>The disk that the database file is on.</summary>
internal static partial class SqliteDisk
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Makes durable what others committed without waiting for the disk (<c>PRAGMA synchronous</c> NORMAL in WAL mode, or OFF; by default
    /// the deletion of a rollback journal): a power cut must not bring back a value that a count has seen replaced.
    /// </summary>
    /// <remarks>
    /// The whole file system that holds it: to open the database file itself, and close it, would end SQLite's locks of it
    /// (https://www.sqlite.org/howtocorrupt.html, "Posix advisory locks canceled").
    /// </remarks>
    /// <param name="database">The database file.</param>
    /// <exception cref="StoreException">The disk did not take it.</exception>
    public static void Synchronize(string database)
    {
        if (OperatingSystem.IsWindows())
            return;
        if (!OperatingSystem.IsLinux())
        {
            SynchronizeAll();
            return;
        }

        var file = File.ResolveLinkTarget(database, returnFinalTarget: true)?.FullName ?? database;
        using var folder = new SafeFileHandle(Open(Path.GetDirectoryName(file)!, ReadOnly | CloseOnExec), ownsHandle: true);
        if (folder.IsInvalid)
            SynchronizeAll();       // a folder that may be passed through, and not listed
        else if (SynchronizeFileSystem(folder) != 0)
            throw new StoreException(
                $"What is written in {database} did not reach the disk: {Marshal.GetLastPInvokeErrorMessage()}.",
                "Look at the disk; then run this again.");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SynchronizeFileSystem(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SynchronizeAll();
}
