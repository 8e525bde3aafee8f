using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PmmCrypt.Testing.Secrets;

/// <summary>
/// Reads files that others hold locked, as a key file's lock is by a run: .NET opens no file without a lock of its own, and fails then.
/// </summary>
internal static class UnlockedFile
{
    private const int ReadOnly = 0, NonBlocking = 0x800, CloseOnExec = 0x80000;     // of Linux: a pipe is not waited for
    private const int NoSuchFile = 2;

    /// <summary>The bytes of a file; null where it has gone meanwhile.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[]? Read(string path)
    {
        if (!OperatingSystem.IsLinux()) return File.ReadAllBytes(path);
        using var handle = new SafeFileHandle(Open(path, ReadOnly | NonBlocking | CloseOnExec), ownsHandle: true);
        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == NoSuchFile ? null : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
