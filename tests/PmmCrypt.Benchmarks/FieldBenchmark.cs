using System.Buffers.Text;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// One field encrypted to a string, next to what no such thing can be cheaper than: AES-GCM and base64 on spans that are there already, of
/// a plaintext that is UTF-8 already, with a nonce that is only counted. And next to the same with a string made of it, which shows what
/// the string alone costs.
/// </summary>
internal sealed class FieldBenchmark(int rounds, int milliseconds)
{
    public const string Bare = "bare";
    public const string BareToString = "bare, to a string";
    public const string Field = "FieldCipher";

    private static readonly int[] Sizes = [32, 2048];

    public IReadOnlyList<FieldMeasurement> Run()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var measured = new List<FieldMeasurement>();
        foreach (var size in Sizes)
        {
            var plaintext = new string('s', size);
            using var bare = new BareCipher(plaintext);
            Action<int> runBare = times => bare.Encrypt(times, toString: false);
            Action<int> runBareToString = times => bare.Encrypt(times, toString: true);
            Action<int> runField = times =>
            {
                for (var i = 0; i < times; i++)
                    GC.KeepAlive(cipher.Encrypt(plaintext));
            };
            var times = WarmUp(runBare, runBareToString, runField);
            for (var round = 1; round <= rounds; round++)
            {
                measured.Add(Measure(Bare, size, round, times, runBare));
                measured.Add(Measure(BareToString, size, round, times, runBareToString));
                measured.Add(Measure(Field, size, round, times, runField));
            }
        }
        return measured;
    }

    /// <summary>Runs both sides until the runtime has compiled them for good, and says how many operations a measurement takes.</summary>
    private int WarmUp(params Action<int>[] sides)
    {
        const int Batch = 1000;
        var watch = Stopwatch.StartNew();
        var batches = 0;
        while (watch.Elapsed < TimeSpan.FromSeconds(1))
        {
            foreach (var side in sides) side(Batch);
            batches++;
        }
        return Math.Max(Batch, (int)(batches * Batch * sides.Length * (milliseconds / watch.Elapsed.TotalMilliseconds)));
    }

    private static FieldMeasurement Measure(string side, int size, int round, int times, Action<int> run)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        run(times);
        watch.Stop();
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return new FieldMeasurement(side, size, round, watch.Elapsed.TotalNanoseconds / times, (double)allocated / times);
    }

    private sealed class BareCipher : IDisposable
    {
        private const int NonceSize = 12;
        private const int TagSize = 16;

        private readonly AesGcm _cipher = new(RandomNumberGenerator.GetBytes(32), TagSize);
        private readonly byte[] _plaintext;
        private readonly byte[] _message;
        private readonly byte[] _base64;
        private long _count;

        public BareCipher(string plaintext)
        {
            _plaintext = Encoding.UTF8.GetBytes(plaintext);
            _message = new byte[NonceSize + _plaintext.Length + TagSize];
            _base64 = new byte[Base64.GetMaxEncodedToUtf8Length(_message.Length)];
        }

        public void Encrypt(int times, bool toString)
        {
            for (var i = 0; i < times; i++)
            {
                var message = _message.AsSpan();
                BinaryPrimitives.WriteInt64LittleEndian(message, _count++);
                _cipher.Encrypt(message[..NonceSize], _plaintext, message[NonceSize..^TagSize], message[^TagSize..]);
                Base64.EncodeToUtf8(message, _base64, out _, out _);
                if (toString) GC.KeepAlive(Encoding.ASCII.GetString(_base64));
            }
        }

        public void Dispose() => _cipher.Dispose();
    }
}

/// <summary>What one side cost in one round.</summary>
/// <param name="Side">Which.</param>
/// <param name="Bytes">The plaintext's size.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="Nanoseconds">Wall time an operation.</param>
/// <param name="Allocated">Bytes allocated an operation.</param>
internal sealed record FieldMeasurement(string Side, int Bytes, int Round, double Nanoseconds, double Allocated);
