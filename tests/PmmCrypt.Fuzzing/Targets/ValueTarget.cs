using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using PmmCrypt.Fields;
using PmmCrypt.Fuzzing.Oracles;
using PmmCrypt.Keysets;

namespace PmmCrypt.Fuzzing.Targets;

/// <summary>
/// A stored value is what the design says that it is, to every way of asking: it opens only if it is an authentic ciphertext to the
/// last character, what begins as one under a key of the keyset is never in the clear, and an error tells nothing of it.
/// </summary>
internal sealed class ValueTarget : FuzzTarget, IDisposable
{
    private static readonly HandKey Retired = new(0x11223344, true, true, SHA256.HashData("retired"u8));
    private static readonly HandKey Primary = new(0x206AF229, true, true, SHA256.HashData("primary"u8));
    private static readonly HandKey Disabled = new(0xFFFFFFFE, true, false, SHA256.HashData("disabled"u8));
    private static readonly HandKey Foreign = new(0x206AF228, false, true, SHA256.HashData("foreign"u8));
    private static readonly HandKey[] AllKeys = [Retired, Primary, Disabled, Foreign];

    private static readonly byte[][] Plaintexts =
    [
        "s"u8.ToArray(), "s3cr3t-p@ssw0rd"u8.ToArray(), "пароль-密码-🔐"u8.ToArray(), [], [0xff, 0xfe], "pmm1$"u8.ToArray(),
        "pmm1$ASBq8ik="u8.ToArray(), "AQ=="u8.ToArray(), "ASBq8in"u8.ToArray(), Encoding.ASCII.GetBytes(new string('A', 44)),
        Encoding.ASCII.GetBytes(new string('k', 1700)),
    ];

    private static readonly byte[][] Words =
    [
        "pmm1$"u8.ToArray(), "pmm2$"u8.ToArray(), "="u8.ToArray(), "=="u8.ToArray(), " "u8.ToArray(), "\n"u8.ToArray(), "A"u8.ToArray(),
        "-"u8.ToArray(), "_"u8.ToArray(), "ASBq8ik"u8.ToArray(), "ASBq8ip"u8.ToArray(), "AREiM0T"u8.ToArray(), "AAAA"u8.ToArray(), [0], [0xe9],
    ];

    private readonly HandCipher _oracle = new(AllKeys);
    private readonly FieldCipher _cipher;
    private readonly FieldCipher _passing;
    private readonly ArrayBufferWriter<byte> _plaintext = new();

    public ValueTarget()
        : base("value")
    {
        var keys = AllKeys.Where(key => key.IsKnown).Select(key => TinkText.Key(key.Id, key.IsEnabled, key.Material)).ToArray();
        using var keyset = InsecureCleartextKeyset.Read(Convert.ToBase64String(TinkText.Keyset(Primary.Id, keys)));
        _cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        _passing = new FieldCipher(keyset, StoredFormat.Envelope, ClearText.Passed);
    }

    public override void Make(Chance chance, FuzzInput input)
    {
        input.Set(chance.Of(chance.OneIn(4) ? Seeds : Plaintexts));
        var layers = chance.OneIn(64) ? 14 + chance.Below(5) : chance.Below(4);
        Span<byte> nonce = stackalloc byte[12];
        for (; layers > 0; layers--)
        {
            if (chance.OneIn(8))
                input.Mutate(chance, Words);
            if (input.Length > 20_000)
                break;
            chance.Fill(nonce);
            var key = chance.OneIn(2) ? Primary : chance.Of(AllKeys);
            input.Set(_oracle.Seal(key.Id, nonce, input.Bytes, envelope: chance.OneIn(2)));
        }

        for (var damages = chance.OneIn(3) ? 0 : 1 + chance.Below(3); damages > 0; damages--)
            input.Mutate(chance, Words);
    }

    public override void Check(ReadOnlySpan<byte> input)
    {
        var expected = _oracle.Read(input);
        if (input.Length % 4 == 0)
            CheckValue(expected, _cipher.Inspect(input));
        _plaintext.Clear();
        CheckValue(expected, _cipher.Open(input, _plaintext));
        Require.Same(expected.Plaintext, _plaintext.WrittenSpan, "another plaintext");
        if (expected.State == StoredValueState.Clear)
            Require.That(!input.StartsWith("pmm1$"u8) && _oracle.BeginsUnder(input) is null, "a ciphertext taken for a clear value");

        if (!Utf8.IsValid(input))
        {
            CheckText(MemoryMarshal.Cast<byte, char>(input).ToString());
            return;
        }

        // A failure is an exception within, and slow: so half of the inputs are asked of each cipher.
        var text = Encoding.UTF8.GetString(input);
        var cipher = input.Length % 2 == 0 ? _cipher : _passing;
        var isReadable = expected.State is StoredValueState.Opened or StoredValueState.Empty
            || (expected.State == StoredValueState.Clear && cipher == _passing);
        CheckDecrypt(cipher, expected, text, input, isReadable);
        CheckEncrypt(cipher, expected, text, input);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _passing.Dispose();
    }

    private static void CheckValue(Reading expected, StoredValue value)
    {
        Require.Equal(expected.State, value.State, "the state");
        Require.Equal(expected.Format, value.Format, "the format");
        Require.Equal(expected.KeyId, value.KeyId, "the key");
        Require.Equal(expected.Layers.Count, value.Layers, "the layers");
        for (var i = 0; i < value.Layers; i++)
            Require.Equal(expected.Layers[i], value.KeyOfLayer(i), "a layer's key");
        if (expected.State == StoredValueState.Opened)
            Require.Equal(expected.SecretLooksEncrypted, value.SecretLooksEncrypted, "whether the secret looks encrypted");
        Require.That(StoredValueText.Describe(value).Length > 0, "no word for it");
    }

    private static void CheckDecrypt(FieldCipher cipher, Reading expected, string text, ReadOnlySpan<byte> input, bool opens)
    {
        try
        {
            var plaintext = cipher.Decrypt(text);
            Require.That(opens, "it was not to open");
            var secret = expected.State == StoredValueState.Opened ? Encoding.UTF8.GetString(expected.Plaintext) : text;
            Require.That(plaintext == secret, "another plaintext, as a string");
        }
        catch (FieldDecryptionException e)
        {
            Require.That(!opens || (expected.State == StoredValueState.Opened && !Utf8.IsValid(expected.Plaintext)), "it was to open");
            Require.Equal(expected.State, e.State, "the state in the exception");
            Require.Equal(expected.KeyId, e.KeyId, "the key in the exception");
            Require.Discreet(e, input);
            Require.Discreet(e, expected.Plaintext);
        }
    }

    /// <summary>What is encrypted comes back, and what already is a ciphertext is left as it is.</summary>
    private void CheckEncrypt(FieldCipher cipher, Reading expected, string text, ReadOnlySpan<byte> input)
    {
        var stored = cipher.Encrypt(text)!;
        if (expected.State is StoredValueState.Opened or StoredValueState.TooManyLayers or StoredValueState.Empty)
        {
            Require.That(ReferenceEquals(text, stored), "a ciphertext was encrypted again");
            return;
        }

        Require.That(ReferenceEquals(stored, cipher.Encrypt(stored)), "encrypting twice does harm");
        var reading = _oracle.Read(Encoding.UTF8.GetBytes(stored));
        if (reading.State == StoredValueState.TooManyLayers)
            return;
        Require.Equal(StoredValueState.Opened, reading.State, "what was encrypted");
        Require.Equal(cipher.Format, reading.Format, "its format");
        Require.Equal(Primary.Id, reading.KeyId, "its key");
        if (reading.Layers.Count == 1)
            Require.Same(input, reading.Plaintext, "what was encrypted comes back as something else");
        else
            Require.That(expected.State == StoredValueState.DisabledKey, "a layer of nothing");
    }

    /// <summary>Any UTF-16, lone surrogates too, is an error at worst.</summary>
    private void CheckText(string text)
    {
        var value = _cipher.Inspect(text);
        try
        {
            _cipher.Decrypt(text);
            Require.That(value.State is StoredValueState.Opened or StoredValueState.Empty, "it was not to open");
        }
        catch (FieldDecryptionException e)
        {
            Require.Equal(value.State, e.State, "the state in the exception");
        }

        try
        {
            var stored = _cipher.Encrypt(text);
            if (value.State is not (StoredValueState.Opened or StoredValueState.TooManyLayers))
                Require.That(_cipher.Decrypt(stored) == text, "what was encrypted comes back as something else");
        }
        catch (ArgumentException e)
        {
            Require.That(e.GetType() == typeof(ArgumentException) && e.InnerException is null, "an exception that may quote the secret");
            Require.That(text.Any(char.IsSurrogate), "good Unicode was refused");
        }
    }
}
