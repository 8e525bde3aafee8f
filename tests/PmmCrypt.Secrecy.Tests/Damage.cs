using System.Text.Json.Nodes;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>What becomes of key files.</summary>
internal static class Damage
{
    /// <summary>Texts that are no key file of PMM's, each with the bytes of one of its keys in it.</summary>
    public static Dictionary<string, byte[]> OfKeyFile(HandKeyset keys)
    {
        var text = keys.ToText();
        var material = keys.Keys[0].Material;
        var binary = Convert.FromBase64String(text);
        return new()
        {
            ["empty"] = [],
            ["cut short"] = Ascii(text[..^8]),
            ["cut within base64"] = Ascii(text[..^1]),
            ["raw bytes"] = material,
            ["raw keyset"] = binary,
            ["hexadecimal"] = Ascii(Convert.ToHexStringLower(material)),
            ["bare base64"] = Ascii(Convert.ToBase64String(material)),
            ["two lines"] = Ascii($"{text[..40]}\n{text[40..]}"),
            ["JSON keyset"] = Ascii(new JsonObject
            {
                ["primaryKeyId"] = keys.Primary,
                ["key"] = new JsonArray(new JsonObject { ["keyData"] = new JsonObject { ["value"] = Convert.ToBase64String(material) } }),
            }.ToJsonString()),
            ["two primaries"] = Ascii(Convert.ToBase64String([0x08, 0x07, .. binary])),
            ["a disabled primary"] = Ascii(keys.Disabled(keys.Primary).ToText()),
            ["another type"] = Replaced(binary, "AesGcmKey", "HmacKeyyy"),
            ["a key in the place of the type"] = Replaced(binary, "tink.AesGcmKey", Convert.ToBase64String(material)[..14]),
            ["a field that is unknown"] = Ascii(Convert.ToBase64String([.. binary, 0x7A, 32, .. material])),
        };
    }

    /// <summary>Stored values that do not open, each made of one that does.</summary>
    public static Dictionary<string, Func<string, string>> OfValue { get; } = new()
    {
        ["tag"] = stored => Flipped(stored, ^1),
        ["key id"] = stored => Flipped(stored, 3),
        ["ciphertext"] = stored => Flipped(stored, 20),
        ["base64"] = stored => stored[..30] + "*" + stored[31..],
        ["cut short"] = stored => stored[..40],
    };

    private static string Flipped(string stored, Index at)
    {
        var bytes = Convert.FromBase64String(stored);
        bytes[at] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    private static byte[] Replaced(byte[] bytes, string old, string other)
    {
        var at = bytes.AsSpan().IndexOf(Ascii(old));
        byte[] changed = [.. bytes];
        Ascii(other).CopyTo(changed, at);
        return Ascii(Convert.ToBase64String(changed));
    }

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
