using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace PmmCrypt.Tests.Keysets;

/// <summary>
/// The system calls of a test's own thread: seen, delayed while the world is changed, and failed. The kernel hands each one of those named
/// here to another thread (seccomp's user notification) and waits for its word. So a disk fails, a file system lacks something, or another
/// process acts between two calls, and nothing in the product knows of it.
/// </summary>
internal static unsafe partial class SystemCalls
{
    public const int NotPermitted = 1;
    public const int InputOutput = 5;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
    public const int TooManyLinks = 31;
    public const int NotImplemented = 38;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    private const uint Architecture = 0xC000003E;       // AUDIT_ARCH_X86_64
    private const uint AllowIt = 0x7fff0000;            // SECCOMP_RET_ALLOW
    private const uint AskFirst = 0x7fc00000;           // SECCOMP_RET_USER_NOTIF
    private const nuint Receive = 0xC0502100;           // SECCOMP_IOCTL_NOTIF_RECV
    private const nuint Send = 0xC0182101;              // SECCOMP_IOCTL_NOTIF_SEND
    private const int Patience = 20;                    // how long one look for a call takes, in milliseconds

    private static readonly Dictionary<string, uint> Numbers = new()
    {
        ["read"] = 0, ["write"] = 1, ["flock"] = 73, ["fsync"] = 74, ["ftruncate"] = 77, ["rename"] = 82, ["link"] = 86, ["unlink"] = 87,
        ["fchmod"] = 91, ["fchown"] = 93, ["fsetxattr"] = 190, ["fremovexattr"] = 199, ["openat"] = 257, ["syncfs"] = 306,
        ["renameat2"] = 316,
    };

    /// <summary>A call that is about to be made.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="File">The path of the file that it is for; of two paths the first.</param>
    /// <param name="Flags">Of <c>openat</c>, how the file is opened.</param>
    public readonly record struct Call(string Name, string File, int Flags)
    {
        /// <summary>The name, and that of the file without its folder, a draft's as <c>draft</c>.</summary>
        public override string ToString() => File.EndsWith(".tmp", StringComparison.Ordinal)
            ? $"{Name} draft"
            : $"{Name} {Path.GetFileName(File)}";
    }

    /// <summary>Runs <paramref name="action"/> on a thread of its own and notes the calls of these names, in their order.</summary>
    public static List<string> Of(string names, Action action)
    {
        var seen = new List<string>();
        Answer(names, call =>
        {
            seen.Add(call.ToString());
            return 0;
        }, action);
        return seen;
    }

    /// <summary>Runs <paramref name="action"/> on a thread of its own; the calls of that name, for such a file, fail.</summary>
    public static void Fail(string call, int error, Action action) =>
        Answer(call.Split(' ')[0], made => made.ToString().StartsWith(call, StringComparison.Ordinal) ? error : 0, action);

    /// <summary>Runs <paramref name="action"/> on a thread of its own.</summary>
    /// <param name="names">The names of the calls to ask about, with blanks between them.</param>
    /// <param name="answer">Is asked before each. It returns 0 where the call is to be made, or the error with which it fails.</param>
    /// <param name="action">What makes the calls.</param>
    public static void Answer(string names, Func<Call, int> answer, Action action)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture64, "only on Linux on x86-64");
        var numbers = names.Split(' ').ToDictionary(name => Numbers[name]);
        var listener = -1;
        var done = false;
        Exception? thrown = null;
        using var listens = new ManualResetEventSlim();
        var watched = new Thread(() =>
        {
            listener = Listen([.. numbers.Keys]);
            listens.Set();
            thrown = listener < 0 ? null : Record.Exception(action);
        });
        watched.Start();
        listens.Wait();
        Skip.If(listener < 0, "system calls cannot be watched here");
        Exception? failure = null;
        var asked = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
                failure ??= AnswerNext(listener, numbers, answer);
        });
        asked.Start();
        watched.Join();
        Volatile.Write(ref done, true);
        asked.Join();
        _ = close(listener);
        if ((failure ?? thrown) is { } first)
            ExceptionDispatchInfo.Throw(first);
    }

    private const Architecture Architecture64 = System.Runtime.InteropServices.Architecture.X64;

    /// <summary>From now on the kernel asks about this thread's calls of these numbers.</summary>
    /// <returns>Where it asks; -1 where it cannot be made to.</returns>
    private static int Listen(uint[] numbers)
    {
        // The one architecture; then jump to the last line for each number, and over the one before it.
        List<ulong> filter = [Line(0x20, 4), Line(0x15, Architecture, unequal: numbers.Length + 1), Line(0x20, 0)];
        for (var i = 0; i < numbers.Length; i++)
            filter.Add(Line(0x15, numbers[i], equal: numbers.Length - i));
        filter.Add(Line(0x06, AllowIt));
        filter.Add(Line(0x06, AskFirst));
        fixed (ulong* lines = filter.ToArray())
        {
            var program = stackalloc ulong[] { (ulong)filter.Count, (ulong)lines };
            return prctl(38, 1, 0, 0, 0) == 0 ? (int)syscall(317, 1, 8, program) : -1;      // no new privileges; seccomp, with a listener
        }
    }

    private static ulong Line(uint code, uint operand, int equal = 0, int unequal = 0) =>
        code | ((ulong)equal << 16) | ((ulong)unequal << 24) | ((ulong)operand << 32);

    private static Exception? AnswerNext(int listener, Dictionary<uint, string> numbers, Func<Call, int> answer)
    {
        var look = (ulong)(uint)listener | (1UL << 32);         // struct pollfd, POLLIN
        if (poll(&look, 1, Patience) <= 0 || (look >> 48 & 1) == 0)
            return null;
        var notice = stackalloc ulong[10];                      // id; thread and flags; number and architecture; instruction; six arguments
        new Span<ulong>(notice, 10).Clear();
        if (ioctl(listener, Receive, notice) != 0)
            return null;
        var error = 0;
        var failure = Record.Exception(() => error = answer(Describe(numbers[(uint)notice[2]], notice + 4)));
        var reply = stackalloc ulong[3];                        // id; value; error and flags
        reply[0] = notice[0];
        reply[1] = 0;
        reply[2] = error == 0 ? 1UL << 32 : (uint)-error;       // go on; or this error
        _ = ioctl(listener, Send, reply);
        return failure;
    }

    private static Call Describe(string name, ulong* arguments) => name switch
    {
        "link" or "rename" or "unlink" => new(name, Text(arguments[0]), 0),
        "openat" => new(name, Text(arguments[1]), (int)arguments[2]),
        "renameat2" => new(name, Text(arguments[1]), (int)arguments[4]),
        _ => new(name, File.ResolveLinkTarget($"/proc/self/fd/{arguments[0]}", returnFinalTarget: false)?.FullName ?? "", 0),
    };

    private static string Text(ulong address) => Marshal.PtrToStringUTF8((nint)address)!;

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nuint first, nuint second, void* third);

    [LibraryImport("libc")]
    private static partial int ioctl(int file, nuint request, void* argument);

    [LibraryImport("libc")]
    private static partial int poll(void* files, nuint count, int timeout);

    [LibraryImport("libc")]
    private static partial int close(int file);
}
