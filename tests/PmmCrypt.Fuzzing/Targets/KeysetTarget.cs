using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using PmmCrypt.Fuzzing.Oracles;
using PmmCrypt.Keysets;

namespace PmmCrypt.Fuzzing.Targets;

/// <summary>
/// The text of a key file is a keyset that is written again as it was read, or an <see cref="InvalidKeysetException"/> that tells nothing
/// of it.
/// </summary>
internal sealed class KeysetTarget() : FuzzTarget("keyset")
{
    private static readonly byte[][] TextWords =
    [
        "="u8.ToArray(), "\n"u8.ToArray(), "\r\n"u8.ToArray(), " "u8.ToArray(), "C"u8.ToArray(), "{"u8.ToArray(), "AAAA"u8.ToArray(),
        "-_"u8.ToArray(), [0xef, 0xbb, 0xbf], [0], [0xff],
    ];

    private static readonly byte[][] MessageWords =
    [
        [0], [0xff], [0x80], [0x7f], TinkText.Field(1, 0), TinkText.Field(1, 7), TinkText.Field(2, 1), TinkText.Field(2, 3),
        TinkText.Field(3, 7), TinkText.Field(4, 3), TinkText.Field(5, 1), TinkText.Field(9, "unknown"u8),
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x80, 0x00], [0x0b], [0x0c], "HmacKey"u8.ToArray(),
        TinkText.Key(7, enabled: true, new byte[32]),
    ];

    private static readonly string[] TypeUrls =
    [
        "", "type.googleapis.com/google.crypto.tink.HmacKey", "type.googleapis.com/google.crypto.tink.", "AesGcmKey",
        "type.googleapis.com/google.crypto.tink.A/key of which some bytes are here",
    ];

    private static readonly uint[] Ids = [1, 2, 3, 7, 0, uint.MaxValue, 0x80000000];
    private static readonly int[] Sizes = [0, 16, 31, 33];
    private static readonly SearchValues<char> HexLetters = SearchValues.Create("abcdefABCDEF");
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdefABCDEF");

    public override void Make(Chance chance, FuzzInput input)
    {
        switch (chance.Below(10))
        {
            case 0:
                Arbitrary(chance, input);
                break;
            case 1 or 2:
                input.Set(chance.Of(Seeds));
                Mutate(chance, input, TextWords, 1 + chance.Below(3));
                return;
            case <= 5:
                Decode(chance.Of(Seeds), input);
                Mutate(chance, input, MessageWords, 1 + chance.Below(4));
                break;
            default:
                input.Set(Message(chance));
                Mutate(chance, input, MessageWords, chance.OneIn(4) ? 1 : 0);
                break;
        }

        input.Set(Encoding.ASCII.GetBytes(Convert.ToBase64String(input.Bytes)));
        if (chance.OneIn(16))
            Mutate(chance, input, TextWords, 1);
    }

    public override void Check(ReadOnlySpan<byte> input)
    {
        var fromBytes = Read(input, out var keyset);
        using var owned = keyset;
        if (keyset is not null)
            CheckKeyset(keyset, input);
        if (!Utf8.IsValid(input))
            return;
        var fromText = Read(Encoding.UTF8.GetString(input), out var other);
        using var otherOwned = other;
        Require.Equal(fromBytes, fromText, "the file's bytes, and their text");
        Require.Equal(keyset?.ToString(), other?.ToString(), "the keyset of the file's bytes, and of their text");
    }

    private static void CheckKeyset(Keyset keyset, ReadOnlySpan<byte> input)
    {
        Require.That(keyset.Keys.Count > 0, "a keyset without a key");
        Require.Equal(keyset.Keys.Count, keyset.Keys.Select(key => key.Id).Distinct().Count(), "the keys, and their ids");
        Require.That(keyset.Keys.All(key => key.Id != 0), "a key of the id 0");
        Require.That(keyset.Keys.All(key => key.Status is KeyStatus.Enabled or KeyStatus.Disabled), "a key of another status");
        Require.That(keyset.Keys.Contains(keyset.Primary) && keyset.Primary.Status == KeyStatus.Enabled, "a primary that cannot be one");

        var written = InsecureCleartextKeyset.WriteUtf8(keyset);
        Require.Same(input.Trim(" \t\r\n\v\f"u8), written, "what was read is written as something else");
        using var again = InsecureCleartextKeyset.Read(written);
        Require.Equal(Describe(keyset), Describe(again), "what was read and written, read again");
    }

    private static string Describe(Keyset keyset) =>
        $"{keyset} {string.Join(',', keyset.Keys.Select(key => key.CheckValue))} {string.Join(',', keyset.Waiting)}";

    private static string? Read(ReadOnlySpan<byte> input, out Keyset? keyset)
    {
        keyset = null;
        try
        {
            keyset = InsecureCleartextKeyset.Read(input);
            return null;
        }
        catch (InvalidKeysetException e)
        {
            CheckMessage(e, input);
            return e.Message;
        }
    }

    private static string? Read(string input, out Keyset? keyset)
    {
        keyset = null;
        try
        {
            keyset = InsecureCleartextKeyset.Read(input);
            return null;
        }
        catch (InvalidKeysetException e)
        {
            return e.Message;
        }
    }

    /// <summary>Neither the text nor, in hexadecimal digits, the bytes that it stands for. Numbers are key ids.</summary>
    private static void CheckMessage(InvalidKeysetException e, ReadOnlySpan<byte> input)
    {
        Require.Discreet(e, input);
        for (var i = 0; i + 8 <= e.Message.Length; i++)
        {
            var window = e.Message.AsSpan(i, 8);
            if (!window.ContainsAnyExcept(Hex) && window.ContainsAny(HexLetters))
                throw new BrokenPropertyException($"the message has bytes in it: {e.Message}");
        }
    }

    private static void Mutate(Chance chance, FuzzInput input, byte[][] words, int times)
    {
        while (times-- > 0)
            input.Mutate(chance, words);
    }

    private static void Arbitrary(Chance chance, FuzzInput input)
    {
        Span<byte> bytes = stackalloc byte[chance.Below(100)];
        chance.Fill(bytes);
        input.Set(bytes);
    }

    private static void Decode(byte[] text, FuzzInput input)
    {
        var trimmed = text.AsSpan().Trim(" \t\r\n"u8);
        var decoded = new byte[trimmed.Length];
        var isBase64 = Base64.DecodeFromUtf8(trimmed, decoded, out _, out var written) == OperationStatus.Done;
        input.Set(isBase64 ? decoded.AsSpan(0, written) : trimmed);
    }

    /// <summary>A keyset message of which here and there a part is another than PMM's.</summary>
    private static byte[] Message(Chance chance)
    {
        var parts = new List<byte[]>();
        var oddity = chance.OneIn(3) ? chance.Below(12) : -1;
        if (!chance.OneIn(32))
            parts.Add(TinkText.Field(1, chance.Of(Ids)));
        for (var keys = chance.OneIn(16) ? 0 : 1 + chance.Below(3); keys > 0; keys--)
            parts.Add(TinkText.Field(2, Entry(chance, oddity)));
        if (oddity == 0)
            parts.Add(TinkText.Field(1, chance.Of(Ids)));
        if (oddity == 1)
            parts.Add(TinkText.Field(3 + chance.Below(30), 1));
        return [.. parts.SelectMany(part => part)];
    }

    private static byte[] Entry(Chance chance, int oddity)
    {
        var material = new byte[oddity == 2 ? chance.Of(Sizes) : 32];
        chance.Fill(material);
        byte[] key = [.. oddity == 3 ? TinkText.Field(1, (ulong)chance.Below(3)) : [], .. TinkText.Field(3, material)];
        var typeUrl = Encoding.ASCII.GetBytes(oddity == 4 ? chance.Of(TypeUrls) : TinkText.TypeUrl);
        byte[] data =
        [
            .. TinkText.Field(1, typeUrl),
            .. oddity == 5 ? [] : TinkText.Field(2, key),
            .. TinkText.Field(3, oddity == 6 ? (ulong)chance.Below(6) : 1),
        ];
        return
        [
            .. oddity == 7 ? [] : TinkText.Field(1, data),
            .. TinkText.Field(2, oddity == 8 ? (ulong)chance.UInt32() : 1 + (ulong)chance.Below(2)),
            .. TinkText.Field(3, oddity == 9 ? chance.UInt32() : chance.Of(Ids)),
            .. TinkText.Field(4, oddity == 10 ? (ulong)chance.Below(7) : 1),
            .. oddity == 11 ? TinkText.Field(5, material) : [],
        ];
    }
}
