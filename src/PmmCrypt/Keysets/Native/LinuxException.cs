using System.Runtime.InteropServices;

namespace PmmCrypt.Keysets.Native;

/// <summary>A system call failed. Whoever made it knows what it was for, and says so to the user.</summary>
internal sealed class LinuxException(int errno) : Exception(Marshal.GetPInvokeErrorMessage(errno))
{
    // Linux's numbers, which are these on every architecture that .NET runs on.
    public const int NotPermitted = 1;              // EPERM
    public const int NotFound = 2;                  // ENOENT
    public const int Interrupted = 4;               // EINTR
    public const int WouldBlock = 11;               // EAGAIN, EWOULDBLOCK
    public const int AccessDenied = 13;             // EACCES
    public const int Busy = 16;                     // EBUSY
    public const int Exists = 17;                   // EEXIST
    public const int OtherDevice = 18;              // EXDEV
    public const int NotAFolder = 20;               // ENOTDIR
    public const int Invalid = 22;                  // EINVAL
    public const int NoSpace = 28;                  // ENOSPC
    public const int ReadOnlyFileSystem = 30;       // EROFS
    public const int TooManyLinks = 31;             // EMLINK
    public const int NotImplemented = 38;           // ENOSYS
    public const int LinkLoop = 40;                 // ELOOP
    public const int NoAttribute = 61;              // ENODATA
    public const int NotSupported = 95;             // EOPNOTSUPP, ENOTSUP
    public const int QuotaExceeded = 122;           // EDQUOT

    public int Errno { get; } = errno;
}
