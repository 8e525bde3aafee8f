namespace PmmCrypt.Fuzzing;

/// <summary>Random numbers for one input, from the run's seed and the input's number alone: each can be made again by itself.</summary>
public sealed class Chance
{
    private ulong _state;

    /// <summary>Begins the numbers of an input.</summary>
    public void Begin(ulong seed, long input) => _state = Mix(Mix(seed) ^ (ulong)input);

    /// <summary>From 0 to <paramref name="end"/> - 1.</summary>
    public int Below(int end) => (int)(((Next() >> 32) * (ulong)end) >> 32);

    /// <summary>Once in <paramref name="times"/>.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    public byte Byte() => (byte)(Next() >> 56);

    public uint UInt32() => (uint)(Next() >> 32);

    public void Fill(Span<byte> bytes)
    {
        foreach (ref var b in bytes)
            b = Byte();
    }

    private ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>SplitMix64's finalizer.</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
