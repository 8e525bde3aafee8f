using System.Globalization;
using System.Runtime.InteropServices;

namespace PmmCrypt.Tests;

/// <summary>
/// Searches the memory of this process for bytes that should have been overwritten. What is searched for is kept masked, so that nothing
/// here is found; and no collection takes place meanwhile, which would leave copies behind that nobody can reach.
/// </summary>
internal sealed unsafe partial class Memory
{
    private const int Head = 4;         // the bytes that are looked for first: they stand here in the clear
    private const byte Mask = 0x5a;
    private const int Chunk = 1 << 20;
    private const long Budget = 16L << 20;

    private readonly byte[] _masked;

    private Memory(byte[] masked) => _masked = masked;

    /// <summary>Keeps bytes to be searched for. They are a copy: overwrite them where they come from.</summary>
    public static Memory Of(ReadOnlySpan<byte> bytes)
    {
        var masked = new byte[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            masked[i] = (byte)(bytes[i] ^ Mask);
        return new Memory(masked);
    }

    /// <summary>The ASCII text as UTF-8, without a copy of that.</summary>
    public static Memory OfUtf8(ReadOnlySpan<char> ascii)
    {
        var masked = new byte[ascii.Length];
        for (var i = 0; i < ascii.Length; i++)
            masked[i] = (byte)(ascii[i] ^ Mask);
        return new Memory(masked);
    }

    /// <summary>The text as UTF-16, without a copy of that.</summary>
    public static Memory OfUtf16(ReadOnlySpan<char> text) => Of(MemoryMarshal.AsBytes(text));

    /// <summary>
    /// Runs <paramref name="action"/> deep in the stack of a thread of its own, so that what is called afterwards does not overwrite what
    /// it leaves there, and looks whether any of the bytes are somewhere in memory after it.
    /// </summary>
    /// <param name="action">What has the secret and should have overwritten it. Returns what to search for.</param>
    public static void AssertOverwritten(Func<Memory[]> action)
    {
        for (var attempt = 0; ; attempt++)
        {
            bool[] found = [];
            var isWhole = false;
            Exception? thrown = null;
            var thread = new Thread(() => thrown = Record.Exception(() =>
            {
                action();                                   // compiled, and what it keeps for ever is made
                GC.Collect();
                GC.WaitForPendingFinalizers();
                Assert.True(GC.TryStartNoGCRegion(Budget));
                var sought = Deep(action, 64);
                found = [.. sought.Select(one => one.IsSomewhere())];
                isWhole = System.Runtime.GCSettings.LatencyMode == System.Runtime.GCLatencyMode.NoGCRegion;
                if (isWhole)
                    GC.EndNoGCRegion();
            }));
            thread.Start();
            thread.Join();
            Assert.Null(thrown);
            if (!isWhole && attempt < 10)
                continue;       // somebody took more memory than that, and there was a collection
            Assert.True(isWhole);
            Assert.All(found, one => Assert.False(one, "it is still in memory"));
            return;
        }
    }

    private static Memory[] Deep(Func<Memory[]> action, int depth)
    {
        Span<byte> room = stackalloc byte[1024];
        room[depth] = 1;
        var sought = depth == 0 ? action() : Deep(action, depth - 1);
        return room[depth] == 1 ? sought : [];
    }

    private bool IsSomewhere()
    {
        var buffer = (byte*)NativeMemory.Alloc(Chunk);
        try
        {
            var own = ((ulong)buffer, (ulong)buffer + Chunk);
            var found = false;
            foreach (var (start, end) in Regions())
            {
                for (var at = start; at < end && !found; at += (ulong)(Chunk - _masked.Length))
                    found = Contains(buffer, at, Math.Min(Chunk, end - at), own);
            }

            return found;
        }
        finally
        {
            NativeMemory.Clear(buffer, Chunk);
            NativeMemory.Free(buffer);
        }
    }

    private bool Contains(byte* buffer, ulong at, ulong size, (ulong Start, ulong End) own)
    {
        var local = stackalloc ulong[] { (ulong)buffer, size };
        var remote = stackalloc ulong[] { at, size };
        var read = process_vm_readv(Environment.ProcessId, local, 1, remote, 1, 0);
        if (read <= 0)
            return false;       // gone meanwhile, or only reserved
        var chunk = new ReadOnlySpan<byte>(buffer, (int)read);
        Span<byte> head = stackalloc byte[Head];
        for (var i = 0; i < Head; i++)
            head[i] = (byte)(_masked[i] ^ Mask);
        for (var offset = 0; chunk[offset..].IndexOf(head) is >= 0 and var next; offset++)
        {
            offset += next;
            var address = at + (ulong)offset;
            if ((address < own.Start || address >= own.End) && IsHere(chunk[offset..]))
                return true;
        }

        return false;
    }

    private bool IsHere(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < _masked.Length)
            return false;
        for (var i = 0; i < _masked.Length; i++)
        {
            if ((bytes[i] ^ Mask) != _masked[i])
                return false;
        }

        return true;
    }

    /// <summary>Where something can be written: the heaps and the stacks.</summary>
    private static List<(ulong Start, ulong End)> Regions()
    {
        var regions = new List<(ulong, ulong)>();
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!parts[1].StartsWith("rw", StringComparison.Ordinal))
                continue;
            var ends = parts[0].Split('-');
            regions.Add((ulong.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                ulong.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
        }

        return regions;
    }

    [LibraryImport("libc")]
    private static partial nint process_vm_readv(int process, ulong* local, nuint locals, ulong* remote, nuint remotes, nuint flags);
}
