using System.Buffers;
using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests;

/// <summary>Alone: a test beside these would take memory, and have it collected.</summary>
[CollectionDefinition(nameof(MemoryGroup), DisableParallelization = true)]
public sealed class MemoryGroup;

/// <summary>Keys and secrets are overwritten in every buffer that they were in: none is found when the whole process is searched.</summary>
[Collection(nameof(MemoryGroup))]
[Trait("Category", "Slow")]
public sealed class MemoryTests : IDisposable
{
    private static readonly EncryptedField Field = new("options", StoredFormats.All, "password");
    private static readonly EncryptedColumn Column = EncryptedColumn.Json("options", Members, Field);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_not_overwritten_is_found()
    {
        var kept = new byte[32];
        Assert.ThrowsAny<Exception>(() => Memory.AssertOverwritten(() =>
        {
            RandomNumberGenerator.Fill(kept);
            return [Memory.Of(kept)];
        }));
    }

    [Fact]
    public void A_new_key_is_nowhere_after_its_keyset() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        return [KeyOf(keyset)];
    });

    [Fact]
    public void Nor_after_it_was_written_and_read() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        var text = InsecureCleartextKeyset.WriteUtf8(keyset);
        var sought = Memory.Of(text);
        InsecureCleartextKeyset.Read(text).Dispose();
        CryptographicOperations.ZeroMemory(text);
        return [KeyOf(keyset), sought];
    });

    [Fact]
    public void Nor_is_the_UTF8_of_a_key_file_that_is_a_string() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        var text = InsecureCleartextKeyset.Write(keyset);
        InsecureCleartextKeyset.Read(text).Dispose();
        return [KeyOf(keyset), Memory.OfUtf8(text)];
    });

    [Fact]
    public void Nor_are_the_keys_of_a_keyset_that_is_refused() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        var text = InsecureCleartextKeyset.WriteUtf8(keyset);
        var serialized = new byte[text.Length];
        System.Buffers.Text.Base64.DecodeFromUtf8(text, serialized, out _, out var size);
        serialized[1] ^= 1;                                 // another primary, which is not there
        System.Buffers.Text.Base64.EncodeToUtf8(serialized.AsSpan(0, size), text, out _, out _);
        Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(text));
        CryptographicOperations.ZeroMemory(text);
        CryptographicOperations.ZeroMemory(serialized);
        return [KeyOf(keyset)];
    });

    [Fact]
    public void Nor_the_text_of_a_file_that_has_blanks_within_its_base64() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        var text = InsecureCleartextKeyset.WriteUtf8(keyset);
        text[^3] = (byte)'*';
        Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(text));
        CryptographicOperations.ZeroMemory(text);
        return [KeyOf(keyset)];
    });

    [Fact]
    public void A_manager_leaves_none_of_its_copies() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        using var manager = new KeysetManager(keyset);
        var added = manager.Add();
        using var both = manager.ToKeyset();
        manager.Disable(added);
        manager.Enable(added);
        using var other = new KeysetManager(keyset);
        other.Merge(both);
        return [KeyOf(keyset), Memory.Of(both.Find(added)!.Material)];
    });

    [Fact]
    public void A_destroyed_key_is_overwritten_at_once()
    {
        KeysetManager? alive = null;
        Memory.AssertOverwritten(() =>
        {
            using var keyset = KeysetManager.Generate();
            alive = new KeysetManager(keyset);
            var id = alive.Add();
            using var both = alive.ToKeyset();
            alive.Destroy(id);
            return [Memory.Of(both.Find(id)!.Material)];
        });
        alive!.Dispose();
    }

    [Fact]
    public void A_key_whose_status_changes_is_copied_and_overwritten()
    {
        KeysetManager? alive = null;
        Memory.AssertOverwritten(() =>
        {
            using var keyset = KeysetManager.Generate();
            alive = new KeysetManager(keyset);
            var id = alive.Add();
            using var both = alive.ToKeyset();
            alive.Disable(id);
            alive.Destroy(id);
            return [Memory.Of(both.Find(id)!.Material)];
        });
        alive!.Dispose();
    }

    [Fact]
    public void A_key_file_is_nowhere_after_it_was_written_loaded_and_replaced() => Memory.AssertOverwritten(() =>
    {
        foreach (var old in (string[])["new.key", "backup"])
            File.Delete(_folder[old]);
        using var held = _folder.Lock(_folder["new.key"]);
        using var keyset = KeysetManager.Generate();
        using var created = KeyFile.Create(_folder["new.key"], keyset, held);
        using var next = TestFolder.WithNewKey(created);
        using var replaced = created.Replace(next, held);
        replaced.EnsureDurable();
        replaced.WriteBackup(_folder["backup"], held);
        using var loaded = KeyFile.Load(_folder["new.key"]);
        var oldText = InsecureCleartextKeyset.WriteUtf8(keyset);
        var text = InsecureCleartextKeyset.WriteUtf8(next);
        Memory[] sought = [KeyOf(keyset), KeyOf(next), Memory.Of(next.Keys[^1].Material), Memory.Of(oldText), Memory.Of(text)];
        CryptographicOperations.ZeroMemory(oldText);
        CryptographicOperations.ZeroMemory(text);
        return sought;
    });

    [Fact]
    public void A_key_file_that_changed_or_grew_is_nowhere_either() => Memory.AssertOverwritten(() =>
    {
        File.Delete(_folder["new.key"]);
        using var held = _folder.Lock(_folder["new.key"]);
        using var keyset = KeysetManager.Generate();
        using var created = KeyFile.Create(_folder["new.key"], keyset, held);
        File.AppendAllText(_folder["new.key"], "\n");
        Assert.Throws<KeyFileException>(created.EnsureDurable);
        Assert.Throws<KeyFileException>(() => created.Replace(keyset, held));
        var text = InsecureCleartextKeyset.WriteUtf8(keyset);
        Memory[] sought = [KeyOf(keyset), Memory.Of(text)];
        CryptographicOperations.ZeroMemory(text);
        return sought;
    });

    [Fact]
    public void A_cipher_leaves_no_key() => Memory.AssertOverwritten(() =>
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        cipher.Decrypt(cipher.Encrypt("a secret"));
        return [KeyOf(keyset)];
    });

    [Theory]
    [InlineData(40)]
    [InlineData(20_000)]
    public void A_secret_that_was_encrypted_is_left_in_its_string_alone(int length)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var secret = RandomText(length);
            cipher.Encrypt(secret);
            cipher.Inspect(secret);
            return [Memory.OfUtf8(secret.AsSpan(0, 32)), Memory.OfUtf8(secret.AsSpan(length - 32))];
        });
    }

    [Fact]
    public void A_secret_with_a_lone_surrogate_is_overwritten_too()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var secret = RandomText(40) + '\ud800';
            Assert.Throws<ArgumentException>(() => cipher.Encrypt(secret));
            return [Memory.OfUtf8(secret.AsSpan(0, 32))];
        });
    }

    [Theory]
    [InlineData(40, 1)]
    [InlineData(20_000, 1)]
    [InlineData(40, 3)]
    [InlineData(40, 17)]
    public void What_was_opened_is_left_in_its_string_alone(int length, int layers)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var secret = RandomText(length);
            var stored = Layers(cipher, secret, layers);
            cipher.Inspect(stored);
            if (layers <= StoredValue.MaxLayers)
                Assert.Equal(secret, cipher.Decrypt(stored));
            else
                Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored));
            return [Memory.OfUtf8(secret.AsSpan(0, 32)), Memory.OfUtf8(secret.AsSpan(length - 32))];
        });
    }

    [Fact]
    public void So_is_a_secret_that_looks_like_a_ciphertext()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        using var othersKeyset = KeysetManager.Generate();
        using var others = Keys(othersKeyset);
        Memory.AssertOverwritten(() =>
        {
            var bytes = new byte[60];
            RandomNumberGenerator.Fill(bytes);
            bytes[0] = 1;
            var secret = Convert.ToBase64String(bytes);
            Memory[] sought = [Memory.Of(bytes.AsSpan(20, 32)), Memory.OfUtf8(secret)];
            CryptographicOperations.ZeroMemory(bytes);
            var stored = cipher.Encrypt(secret);
            cipher.Inspect(stored);
            Assert.Equal(secret, cipher.Decrypt(stored));
            return sought;
        });
    }

    [Fact]
    public void Bytes_that_are_no_text_are_overwritten_when_they_are_refused()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var bytes = new byte[60];
            RandomNumberGenerator.Fill(bytes);
            bytes[59] = 0xff;
            var sought = Memory.Of(bytes.AsSpan(20, 32));
            var stored = new ArrayBufferWriter<byte>();
            cipher.Encrypt(bytes, StoredFormat.Legacy, stored);
            CryptographicOperations.ZeroMemory(bytes);
            var text = System.Text.Encoding.ASCII.GetString(stored.WrittenSpan);
            Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(text));
            return [sought];
        });
    }

    [Theory]
    [InlineData(40)]
    [InlineData(20_000)]
    public void A_plaintext_that_a_caller_took_is_where_the_caller_has_it_alone(int length)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var secret = RandomText(length);
            var stored = KnownAnswers.Utf8(cipher.Encrypt(secret)!);
            var plaintext = new ArrayBufferWriter<byte>();
            cipher.Open(stored, plaintext);
            Assert.Equal(length, plaintext.WrittenCount);
            plaintext.Clear();
            return [Memory.OfUtf8(secret.AsSpan(0, 32)), Memory.OfUtf8(secret.AsSpan(length - 32))];
        });
    }

    [Fact]
    public void Of_a_typed_secret_no_text_is_left()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var bytes = new byte[60];
            RandomNumberGenerator.Fill(bytes);
            var sought = Base64Of(bytes);
            var stored = FieldChange.Encrypting(cipher).Apply<byte[]>(bytes, SecretText.Bytes, Field);
            var opened = FieldChange.Decrypting(cipher).Apply(stored, SecretText.Bytes, Field);
            Assert.Equal(bytes, opened.Value);
            sought.Add(Memory.Of(bytes.AsSpan(0, 48)));
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(opened.Value);
            return [.. sought];
        });
        Memory.AssertOverwritten(() =>
        {
            var id = Guid.NewGuid();
            var stored = FieldChange.Encrypting(cipher).Apply<Guid>(id, SecretText.Parsable<Guid>(), Field);
            Assert.Equal(id, FieldChange.Decrypting(cipher).Apply(stored, SecretText.Parsable<Guid>(), Field).Value);
            Span<char> text = stackalloc char[36];
            id.TryFormat(text, out _);
            Memory[] sought = [Memory.OfUtf8(text), Memory.OfUtf16(text)];
            text.Clear();
            return sought;
        });
    }

    [Fact]
    public void Nor_of_bytes_when_they_were_encrypted_and_nothing_else()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var bytes = new byte[600];
            RandomNumberGenerator.Fill(bytes);
            List<Memory> sought = [.. Base64Of(bytes.AsSpan(0, 48)), Memory.Of(bytes.AsSpan(0, 48))];
            FieldChange.Encrypting(cipher).Apply<byte[]>(bytes, SecretText.Bytes, Field);
            CryptographicOperations.ZeroMemory(bytes);
            return [.. sought];
        });
    }

    [Fact]
    public void Nor_of_a_text_that_begins_as_base64_and_is_none()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var bytes = new byte[600];
            RandomNumberGenerator.Fill(bytes);
            var sought = Memory.Of(bytes.AsSpan(0, 48));
            var text = Convert.ToBase64String(bytes) + "****";
            CryptographicOperations.ZeroMemory(bytes);
            var stored = FieldChange.Encrypting(cipher).Apply<string>(text, SecretText.String, Field).Stored;
            Assert.Throws<FieldDecryptionException>(
                () => FieldChange.Decrypting(cipher).Apply(Secret<byte[]>.FromStored(stored), SecretText.Bytes, Field));
            return [sought];
        });
    }

    [Theory]
    [InlineData("{\"password\": \"PASSWORD\", \"x\": 1}")]
    [InlineData("\"{\\\"password\\\": \\\"PASSWORD\\\", \\\"x\\\": \\\"\\\\n\\\"}\"")]
    public void A_secret_within_JSON_is_left_nowhere_when_it_was_encrypted(string document)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var secret = RandomText(40);
            var stored = KnownAnswers.Utf8(document.Replace("PASSWORD", secret[..20] + "\\u0041" + secret[20..], StringComparison.Ordinal)
                .Replace("\\u0041", document[0] == '"' ? "\\\\u0041" : "\\u0041", StringComparison.Ordinal));
            var rewritten = new ArrayBufferWriter<byte>();
            Assert.True(Column.Walk(stored, new Encrypts(cipher), rewritten));
            Memory[] sought = [Memory.OfUtf8(secret.AsSpan(0, 20)), Memory.OfUtf8(secret.AsSpan(20))];
            CryptographicOperations.ZeroMemory(stored);
            return sought;
        });
    }

    [Theory]
    [InlineData("{\"password\": \"PASSWORD\", \"x\": 1}")]
    [InlineData("\"{\\\"password\\\": \\\"PASSWORD\\\", \\\"x\\\": 1}\"")]
    public void A_secret_that_is_opened_within_JSON_is_left_where_it_was_written_alone(string document)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = Keys(keyset);
        Memory.AssertOverwritten(() =>
        {
            var secret = RandomText(40);
            var stored = KnownAnswers.Utf8(document.Replace("PASSWORD", cipher.Encrypt(secret), StringComparison.Ordinal));
            var rewritten = new ArrayBufferWriter<byte>();
            Assert.True(Column.Walk(stored, new Decrypts(cipher), rewritten));
            rewritten.Clear();
            return [Memory.OfUtf8(secret)];
        });
    }

    [Fact]
    public void Keys_are_where_no_collection_moves_them()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        Assert.Equal(2, GC.GetGeneration(Hidden(file.Keyset.Primary, "_material")));
        Assert.Equal(2, GC.GetGeneration(Hidden(file, "_bytes")));
        Assert.Equal(2, GC.GetGeneration(InsecureCleartextKeyset.WriteUtf8(file.Keyset)));
        Assert.Equal(2, GC.GetGeneration(TinkFormat.Serialize(file.Keyset)));
        using var source = KeyFileSource.Open(_folder.Key, _folder.Key);
        Assert.Equal(2, GC.GetGeneration(source.Bytes));
        Assert.Equal(0, GC.GetGeneration(new byte[32]));
    }

    private static object Hidden(object of, string field) =>
        of.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(of)!;

    private static Memory KeyOf(Keyset keyset) => Memory.Of(keyset.Primary.Material);

    private static FieldCipher Keys(Keyset keyset) => new(keyset, StoredFormat.Legacy);

    /// <summary>A random text, of which there is no UTF-8.</summary>
    private static string RandomText(int length) => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", length);

    private static List<Memory> Base64Of(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[80];
        Convert.TryToBase64Chars(bytes, text, out var written);
        List<Memory> sought = [Memory.OfUtf8(text[..written]), Memory.OfUtf16(text[..written])];
        text.Clear();
        return sought;
    }

    private static string Layers(FieldCipher cipher, string secret, int layers)
    {
        var stored = cipher.Encrypt(secret)!;
        for (var i = 1; i < layers; i++)
        {
            var next = new ArrayBufferWriter<byte>();
            cipher.Encrypt(KnownAnswers.Utf8(stored), StoredFormat.Legacy, next);
            stored = System.Text.Encoding.ASCII.GetString(next.WrittenSpan);
        }

        return stored;
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

    private sealed class Encrypts(FieldCipher cipher) : IFieldVisitor
    {
        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            cipher.Encrypt(stored, StoredFormat.Legacy, replacement);
            return true;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Assert.Fail($"{reason}");
    }

    private sealed class Decrypts(FieldCipher cipher) : IFieldVisitor
    {
        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement) =>
            cipher.Open(stored, replacement).State == StoredValueState.Opened;

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Assert.Fail($"{reason}");
    }
}
