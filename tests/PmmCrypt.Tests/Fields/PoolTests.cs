using System.Buffers;
using System.Reflection;
using System.Security.Cryptography;
using PmmCrypt.Aead;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>
/// What is taken from a pool goes back to it, whatever becomes of the value, and what is drawn in bulk is handed out once. Alone: the pools
/// are emptied first, and what others give back meanwhile would do instead of what is not given back.
/// </summary>
[Collection(nameof(MemoryGroup))]
public sealed class PoolTests
{
    private const int Large = 20_000;
    private const int Small = 8192;         // an exception and its trace; no buffer of this test is so small

    private static readonly EncryptedField Field = new("options", StoredFormats.All, "password");
    private static readonly EncryptedColumn Column = EncryptedColumn.Json("options", Members, Field);
    private static readonly string Secret = new('s', Large);

    [Fact]
    public void Buffers_go_back()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy, ClearText.Passed);
        using var othersKeyset = KeysetManager.Generate();
        using var others = new FieldCipher(othersKeyset, StoredFormat.Legacy);
        var stored = cipher.Encrypt(Secret)!;
        var utf8 = KnownAnswers.Utf8(stored);
        var theirs = others.Encrypt(Secret)!;
        var aroundTheirs = cipher.Encrypt(theirs)!;
        var layers = stored;
        for (var i = 1; i < 17; i++)
            layers = Layer(cipher, layers);
        var damaged = stored[..^8] + (stored[^8] == 'A' ? 'B' : 'A') + stored[^7..];
        var noVersion = new string('A', Large);
        var noText = new ArrayBufferWriter<byte>();
        cipher.Encrypt(Enumerable.Repeat((byte)0xff, Large).ToArray(), StoredFormat.Legacy, noText);
        var storedNoText = System.Text.Encoding.ASCII.GetString(noText.WrittenSpan);
        var surrogate = Secret + '\ud800';
        var writer = new ArrayBufferWriter<byte>(4 * Large);
        var bytes = new byte[Large];
        var storedBytes = SecretText.Bytes.Encrypt(bytes, cipher, Field);
        var storedNoBytes = FieldChange.Encrypting(cipher).Apply<string>(Secret, SecretText.String, Field).Stored!;

        Empty<byte>();
        Empty<char>();
        Check("clear", () => cipher.Inspect(Secret));
        Check("opened", () => cipher.Inspect(stored));
        Check("opened, UTF-8", () => cipher.Inspect(utf8));
        Check("unknown key", () => cipher.Inspect(theirs));
        Check("damaged", () => cipher.Inspect(damaged));
        Check("looks encrypted", () => cipher.Inspect(aroundTheirs));
        Check("no version", () => cipher.Inspect(noVersion));
        Check("too many layers", () => cipher.Inspect(layers));
        Check("decrypted", () => cipher.Decrypt(stored), 2 * Large);
        Check("passed", () => cipher.Decrypt(Secret));
        Check("no text", () => Record.Exception(() => cipher.Decrypt(storedNoText)));
        Check("no Unicode", () => Record.Exception(() => cipher.Encrypt(surrogate)));
        Check("written", () => cipher.Open(utf8, writer));
        Check("encrypted", () =>
        {
            cipher.Encrypt(utf8, StoredFormat.Legacy, writer);
            return null;
        });
        Check("bytes", () => SecretText.Bytes.Encrypt(bytes, cipher, Field), 2 * storedBytes.Length);
        Check(
            "bytes back", () => FieldChange.Decrypting(cipher).Apply(Secret<byte[]>.FromStored(storedBytes), SecretText.Bytes, Field), Large);
        Check("no bytes", () => Record.Exception(
            () => FieldChange.Decrypting(cipher).Apply(Secret<Guid>.FromStored(storedNoBytes), SecretText.Parsable<Guid>(), Field)));
        foreach (var document in (string[])[
            $$"""{"password": "\u0041{{Secret}}"}""", $$"""{"password": "\ud800{{Secret}}"}""",
            $$"""{"x": "\u0041{{Secret}}"}""", $$"""{"password": "{{Secret}}"}"""])
        {
            var json = KnownAnswers.Utf8(document);
            var inString = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(document);
            Check(document[..20], () => Column.Walk(json, new Shows(replaces: false), writer));
            Check($"{document[..20]} in a string", () => Column.Walk(inString, new Shows(replaces: false), writer), inString.Length);
        }

        var replaced = KnownAnswers.Utf8($$"""{"password": "{{Secret}}"}""");
        Check("replaced", () => Column.Walk(replaced, new Shows(replaces: true), writer));
        var lone = KnownAnswers.Utf8($"\"{Secret}\\ud800\"");
        Check("no document", () => Column.Walk(lone, new Shows(replaces: false), writer));

        void Check(string what, Func<object?> use, int result = 0)
        {
            var least = Enumerable.Range(0, 6).Min(_ =>
            {
                writer.Clear();
                var before = GC.GetAllocatedBytesForCurrentThread();
                GC.KeepAlive(use());
                return GC.GetAllocatedBytesForCurrentThread() - before;
            });
            Assert.True(least < result + Small, $"{what}: {least} bytes");
        }
    }

    /// <summary>Takes more than a pool keeps, of every size that is used here, and gives nothing back.</summary>
    private static void Empty<T>()
    {
        for (var size = Small; size <= 8 * Large; size *= 2)
        {
            for (var i = 0; i < 64 * Environment.ProcessorCount; i++)
                ArrayPool<T>.Shared.Rent(size);
        }
    }

    [Fact]
    public void Ciphers_end_with_their_key()
    {
        using var keyset = KeysetManager.Generate();
        var key = new AesGcmKey(keyset.Primary);
        key.Encrypt(new byte[12], default, default, new byte[16]);
        var hidden = typeof(AesGcmKey).GetField("_cipher", BindingFlags.Instance | BindingFlags.NonPublic)!;
        var ciphers = (ThreadLocal<AesGcm>)hidden.GetValue(key)!;
        var cipher = Assert.Single(ciphers.Values);

        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => cipher.Encrypt(new byte[12], new byte[1], new byte[1], new byte[16]));
        Assert.Throws<ObjectDisposedException>(() => ciphers.Values);
    }

    [Fact]
    public void Nonces_are_drawn_in_bulk_handed_out_once_and_forgotten()
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(() =>
        {
            byte[] nonce = new byte[Nonces.Size];
            Nonces.Next(nonce);
            var pool = (byte[])typeof(Nonces).GetField("Pool", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;
            var seen = new HashSet<string> { Convert.ToHexString(nonce) };
            for (var i = 1; i < pool.Length / Nonces.Size; i++)
            {
                Assert.All(pool[..(i * Nonces.Size)], b => Assert.Equal(0, b));
                var next = pool.AsSpan(i * Nonces.Size, Nonces.Size).ToArray();
                Nonces.Next(nonce);
                Assert.Equal(next, nonce);
                Assert.True(seen.Add(Convert.ToHexString(nonce)));
            }

            Assert.All(pool, b => Assert.Equal(0, b));
            Nonces.Next(nonce);
            Assert.True(seen.Add(Convert.ToHexString(nonce)));
            Assert.Contains(pool, b => b != 0);     // drawn into the same room
        }));
        thread.Start();
        thread.Join();
        Assert.Null(thrown);
    }

    private static string Layer(FieldCipher cipher, string text)
    {
        var next = new ArrayBufferWriter<byte>();
        cipher.Encrypt(KnownAnswers.Utf8(text), StoredFormat.Legacy, next);
        return System.Text.Encoding.ASCII.GetString(next.WrittenSpan);
    }

    private static void Members(ref JsonSplice json)
    {
        while (json.NextMember())
        {
            if (json.NameIs("password"u8))
                json.Visit(Field);
            else
                json.Skip();
        }
    }

    private sealed class Shows(bool replaces) : IFieldVisitor
    {
        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            if (replaces)
            {
                stored.CopyTo(replacement.GetSpan(stored.Length));
                replacement.Advance(stored.Length);
            }

            return replaces;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
        }
    }
}
