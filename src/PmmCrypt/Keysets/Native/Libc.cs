using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PmmCrypt.Keysets.Native;

/// <summary>
/// The calls of Linux that .NET has no name for, or whose failure it does not tell exactly. Each is made again where a signal interrupted
/// it, and throws a <see cref="LinuxException"/> where it fails.
/// </summary>
internal static partial class Libc
{
    // Only flags whose numbers are the same on every architecture that .NET runs on; those of O_DIRECTORY and O_NOFOLLOW are not.
    private const int WriteOnly = 0x1;
    private const int ReadWrite = 0x2;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int NoTerminal = 0x100;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int LockRelease = 8;
    private const int CurrentFolder = -100;                 // AT_FDCWD
    private const int NoFollow = 0x100;                     // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000;                   // AT_EMPTY_PATH
    private const uint BasicStatus = 0x7ff;                 // STATX_BASIC_STATS
    private const uint NoReplace = 1;                       // RENAME_NOREPLACE
    private const int LargestAttribute = 64 * 1024;         // XATTR_SIZE_MAX, XATTR_LIST_MAX

    /// <summary>Opens for reading. A pipe or a device is opened too, without waiting for its other end: look what it is.</summary>
    public static SafeFileHandle OpenRead(string path) => Open(path, NonBlocking | NoTerminal);

    /// <summary>
    /// Opens a file for reading and writing; makes it, mode 0600, where it is missing. In two calls: in a folder like /tmp the kernel
    /// refuses one that may do either to whoever does not own the file.
    /// </summary>
    public static SafeFileHandle OpenOrCreate(string path)
    {
        try
        {
            return Open(path, ReadWrite | NonBlocking | NoTerminal);
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.NotFound)
        {
            return Open(path, ReadWrite | Create | Exclusive);
        }
    }

    /// <summary>Makes a file that is not there yet, mode 0600, and opens it for writing.</summary>
    public static SafeFileHandle CreateNew(string path) => Open(path, WriteOnly | Create | Exclusive);

    public static FileStatus Status(SafeFileHandle file)
    {
        FileStatus status;
        while (Interrupted(NativeStatusOf(file, "", EmptyPath, BasicStatus, out status)))
        {
        }

        return status;
    }

    /// <summary>Of what has this name itself, also where it is a symbolic link.</summary>
    public static FileStatus Status(string path)
    {
        FileStatus status;
        while (Interrupted(NativeStatus(CurrentFolder, path, NoFollow, BasicStatus, out status)))
        {
        }

        return status;
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    public static int Read(SafeFileHandle file, Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            nint count;
            while (Interrupted(count = NativeRead(file, buffer[total..], (nuint)(buffer.Length - total))))
            {
            }

            if (count == 0)
                break;
            total += (int)count;
        }

        return total;
    }

    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint count;
            while (Interrupted(count = NativeWrite(file, bytes, (nuint)bytes.Length)))
            {
            }

            bytes = bytes[(int)count..];
        }
    }

    public static void Truncate(SafeFileHandle file)
    {
        while (Interrupted(NativeTruncate(file, 0)))
        {
        }
    }

    /// <summary>Waits until the file, or the folder's entries, are on the disk.</summary>
    public static void Synchronize(SafeFileHandle file)
    {
        while (Interrupted(NativeSynchronize(file)))
        {
        }
    }

    /// <summary>Waits until everything of the file system that holds this file is on the disk.</summary>
    public static void SynchronizeFileSystem(SafeFileHandle file)
    {
        while (Interrupted(NativeSynchronizeFileSystem(file)))
        {
        }
    }

    /// <summary>Takes the exclusive lock of this file. False where another holds it.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        try
        {
            while (Interrupted(NativeLock(file, LockExclusive | LockNonBlocking)))
            {
            }

            return true;
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.WouldBlock)
        {
            return false;
        }
    }

    /// <summary>Releases it, also where another process has a copy of this open file.</summary>
    public static void Unlock(SafeFileHandle file)
    {
        while (Interrupted(NativeLock(file, LockRelease)))
        {
        }
    }

    public static void SetOwner(SafeFileHandle file, uint owner, uint group)
    {
        while (Interrupted(NativeSetOwner(file, owner, group)))
        {
        }
    }

    public static void SetMode(SafeFileHandle file, UnixFileMode mode)
    {
        while (Interrupted(NativeSetMode(file, (uint)mode)))
        {
        }
    }

    public static void Rename(string from, string to) => Interrupted(NativeRename(from, to));

    /// <summary>Gives the file a second name, which is free; fails where it is not.</summary>
    public static void Link(string from, string to) => Interrupted(NativeLinkFile(from, to));

    /// <summary>Renames the file to a name that is free; fails where it is not.</summary>
    public static void RenameToFree(string from, string to)
    {
        try
        {
            Interrupted(NativeRenameTo(CurrentFolder, from, CurrentFolder, to, NoReplace));
        }
        catch (EntryPointNotFoundException)     // an old C library
        {
            throw new LinuxException(LinuxException.NotImplemented);
        }
    }

    public static void Unlink(string path) => Interrupted(NativeUnlink(path));

    /// <summary>The path without symbolic links and dots; the file must exist.</summary>
    public static string RealPath(string path)
    {
        var resolved = NativeRealPath(path, 0);
        if (resolved == 0)
            throw new LinuxException(Marshal.GetLastPInvokeError());
        try
        {
            return Marshal.PtrToStringUTF8(resolved)!;
        }
        finally
        {
            NativeFree(resolved);
        }
    }

    /// <summary>The names of the file's extended attributes; none where the file system has none.</summary>
    public static string[] ListAttributes(SafeFileHandle file)
    {
        var names = new byte[LargestAttribute];
        try
        {
            nint length;
            while (Interrupted(length = NativeListAttributes(file, names, (nuint)names.Length)))
            {
            }

            return Encoding.UTF8.GetString(names, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.NotSupported)
        {
            return [];
        }
    }

    /// <summary>An extended attribute; null where the file has none of this name.</summary>
    public static byte[]? GetAttribute(SafeFileHandle file, string name)
    {
        var value = new byte[LargestAttribute];
        try
        {
            nint length;
            while (Interrupted(length = NativeGetAttribute(file, name, value, (nuint)value.Length)))
            {
            }

            return value[..(int)length];
        }
        catch (LinuxException failure) when (failure.Errno is LinuxException.NoAttribute or LinuxException.NotSupported)
        {
            return null;
        }
    }

    public static void SetAttribute(SafeFileHandle file, string name, ReadOnlySpan<byte> value)
    {
        while (Interrupted(NativeSetAttribute(file, name, value, (nuint)value.Length, 0)))
        {
        }
    }

    public static void RemoveAttribute(SafeFileHandle file, string name)
    {
        while (Interrupted(NativeRemoveAttribute(file, name)))
        {
        }
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        nint file;
        while (Interrupted(file = NativeOpen(path, flags | CloseOnExec, (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite))))
        {
        }

        return new SafeFileHandle(file, ownsHandle: true);
    }

    private static bool Interrupted(nint result)
    {
        if (result >= 0)
            return false;
        var errno = Marshal.GetLastPInvokeError();
        return errno == LinuxException.Interrupted ? true : throw new LinuxException(errno);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeOpen(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint NativeRead(SafeFileHandle file, Span<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint NativeWrite(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int NativeTruncate(SafeFileHandle file, nint length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeSynchronize(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int NativeSynchronizeFileSystem(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int NativeLock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int NativeSetOwner(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int NativeSetMode(SafeFileHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeRename(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeRenameTo(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeLinkFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeUnlink(string path);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint NativeRealPath(string path, nint resolved);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void NativeFree(nint pointer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeStatusOf(SafeFileHandle file, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeStatus(int folder, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    private static partial nint NativeListAttributes(SafeFileHandle file, Span<byte> names, nuint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint NativeGetAttribute(SafeFileHandle file, string name, Span<byte> value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeSetAttribute(SafeFileHandle file, string name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "fremovexattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int NativeRemoveAttribute(SafeFileHandle file, string name);
}
