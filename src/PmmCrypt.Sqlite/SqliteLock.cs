using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>The rotation lock of a database file: an exclusive lock (flock on Unix) on a file beside it, which says who holds it.</summary>
/// <remarks>
/// The operating system drops it with the process that holds it, however that ends. The file itself stays: if it were deleted, one process
/// could lock the deleted file while another locks a new one.
/// </remarks>
internal sealed partial class SqliteLock : IAsyncDisposable
{
    private const string Suffix = ".pmm-crypt.lock";
    private const int MaxLength = 256;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle _handle;
    private readonly string _file;
    private readonly string _holder;

    private SqliteLock(SafeFileHandle handle, string file)
    {
        _handle = handle;
        _file = file;
        _holder = $"{Environment.ProcessId} {Guid.NewGuid():N}\n";
        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Encoding.ASCII.GetBytes(_holder), 0);
    }

    /// <summary>Whether it is held still: not released, and the file beside the database is the one that was locked.</summary>
    public bool IsHeld => !_handle.IsClosed && ReadHolder(_file) == _holder;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="StoreLockedException">Another holds it still after <paramref name="timeout"/>.</exception>
    public static async Task<SqliteLock> TakeAsync(string database, TimeSpan timeout, CancellationToken cancellation)
    {
        var file = FileOf(database);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryTake(file) is { } taken)
                return taken;
            if (watch.Elapsed >= timeout)
                throw new StoreLockedException(
                    $"Another rotation of {database} is running{Holder(file)}.", "Wait until it has ended, and run this again.");
            await Task.Delay(RetryDelay, cancellation).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The lock's file, beside the database itself: two symbolic links to one database lead to one lock.</summary>
    private static string FileOf(string database) =>
        (File.ResolveLinkTarget(database, returnFinalTarget: true)?.FullName ?? database) + Suffix;

    private static SqliteLock? TryTake(string file)
    {
        try
        {
            return new SqliteLock(Open(file), file);
        }
        catch (IOException error) when (IsHeldElsewhere(error))
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"The lock file {file} cannot be written: {error.Message}",
                "Run this as the user that owns the database file and its folder.", error);
        }
    }

    private static SafeFileHandle Open(string file)
    {
        // On Windows a sharing mode that lets the holder's name be read; on Unix, None is what .NET turns into an exclusive flock.
        if (OperatingSystem.IsWindows())
            return File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var isNew = !File.Exists(file);
        var handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        if (isNew)
        {
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            GiveToOwnerOf(file[..^Suffix.Length], handle);
        }

        return handle;
    }

    /// <summary>Made by root, it would keep out the user that the database is of. Where this is not root, it is that user's already.</summary>
    private static void GiveToOwnerOf(string database, SafeFileHandle handle)
    {
        const int CurrentFolder = -100;                 // AT_FDCWD
        const uint OwnerAndGroup = 0x18;                // STATX_UID | STATX_GID
        Span<uint> status = stackalloc uint[64];        // struct statx, the same on every architecture
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && Statx(CurrentFolder, database, 0, OwnerAndGroup, status) == 0)
            _ = SetOwner(handle, status[5], status[6]);
    }

    private static bool IsHeldElsewhere(IOException error)
    {
        const int WindowsSharingViolation = unchecked((int)0x80070020);
        const int LinuxWouldBlock = 11;
        const int MacWouldBlock = 35;
        return error.HResult == (OperatingSystem.IsWindows() ? WindowsSharingViolation
            : OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() ? MacWouldBlock : LinuxWouldBlock);
    }

    private static string Holder(string file) =>
        ReadHolder(file)?.Split(' ') is [var pid, _] && int.TryParse(pid, out _) ? $" (process {pid})" : "";

    private static string? ReadHolder(string file)
    {
        try
        {
            using var handle = OpenUnlocked(file);
            if (handle.IsInvalid)
                return null;
            Span<byte> bytes = stackalloc byte[MaxLength];
            return Encoding.ASCII.GetString(bytes[..RandomAccess.Read(handle, bytes, 0)]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Opens the file to read it. On Unix, .NET would lock it by that, and fail: it is opened without.</summary>
    private static SafeFileHandle OpenUnlocked(string file)
    {
        const int ReadOnly = 0;
        return OperatingSystem.IsWindows()
            ? File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
            : new SafeFileHandle(Open(file, ReadOnly), ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<uint> status);

    [LibraryImport("libc", EntryPoint = "fchown")]
    private static partial int SetOwner(SafeFileHandle file, uint owner, uint group);
}
