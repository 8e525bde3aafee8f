using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PmmCrypt.Tests.Keysets;

/// <summary>What the tests ask of Linux themselves, apart from the product's own calls.</summary>
internal static partial class TestLibc
{
    public static bool IsRoot => geteuid() == 0;

    /// <summary>
    /// Runs as the user nobody, as far as files are concerned: Linux checks a thread's access by its file system user, and takes root's
    /// rights over files from the thread that has another.
    /// </summary>
    public static void AsNobody(Action action) => OnItsOwnThread(() =>
    {
        _ = setfsgid(Nobody);
        _ = setfsuid(Nobody);
        Assert.Equal(Nobody, (uint)setfsuid(uint.MaxValue));
        action();
    });

    /// <summary>Runs on a thread of root's that has given up CAP_SYS_ADMIN, without which no security label is set.</summary>
    public static void WithoutRightToLabel(Action action) => OnItsOwnThread(() =>
    {
        uint[] header = [0x20080522, 0];
        var sets = new uint[6];         // effective, permitted, inheritable; then the same for the capabilities from 32 on
        Assert.Equal(0, capget(header, sets));
        sets[0] &= ~(1u << 21);
        Assert.Equal(0, capset(header, sets));
        action();
    });

    public const uint Nobody = 65534;

    public static void SetOwner(string path, uint owner, uint group) => Assert.Equal(0, chown(path, owner, group));

    public static void SetMode(string path, uint mode) => Assert.Equal(0, chmod(path, mode));

    public static bool TrySetAttribute(string path, string name, byte[] value) => setxattr(path, name, value, (nuint)value.Length, 0) == 0;

    public static byte[]? GetAttribute(string path, string name)
    {
        var value = new byte[4096];
        var length = getxattr(path, name, value, (nuint)value.Length);
        return length < 0 ? null : value[..(int)length];
    }

    /// <summary>Another descriptor of the same open file, as a process that was forked has it.</summary>
    public static SafeFileHandle Duplicate(int file) => new(dup(file), ownsHandle: true);

    public static void MakePipe(string path) => Assert.Equal(0, mkfifo(path, 0x180));

    /// <summary>Who a thread is ends with the thread.</summary>
    private static void OnItsOwnThread(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(action));
        thread.Start();
        thread.Join();
        if (thrown is not null)
            ExceptionDispatchInfo.Throw(thrown);
    }

    [LibraryImport("libc")]
    private static partial int dup(int file);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int capget(uint[] header, [In, Out] uint[] sets);

    [LibraryImport("libc")]
    private static partial int capset(uint[] header, uint[] sets);

    [LibraryImport("libc")]
    private static partial int setfsuid(uint user);

    [LibraryImport("libc")]
    private static partial int setfsgid(uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint owner, uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setxattr(string path, string name, byte[] value, nuint size, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getxattr(string path, string name, byte[] value, nuint size);
}
