using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PmmCrypt.Testing.Secrets;

/// <summary>The forms in which a secret may turn up where it has no business.</summary>
public static class Disguise
{
    /// <summary>A secret that is text, in each form, by the form's name.</summary>
    public static Dictionary<string, byte[]> Of(string secret)
    {
        var forms = Of(Encoding.UTF8.GetBytes(secret));
        forms["UTF-16"] = Encoding.Unicode.GetBytes(secret);
        forms["UTF-16, big end first"] = Encoding.BigEndianUnicode.GetBytes(secret);
        forms["JSON"] = Inner(JsonSerializer.Serialize(secret));
        forms["JSON, relaxed"] = Inner(JsonSerializer.Serialize(secret, Relaxed));
        forms["JSON, lower case"] = Ascii(string.Concat(secret.Select(Escaped)));
        forms["JSON in JSON"] = Inner(JsonSerializer.Serialize(JsonSerializer.Serialize(secret, Relaxed)[1..^1], Relaxed));
        forms["URL"] = Ascii(Uri.EscapeDataString(secret));
        forms["URL, of a form"] = Ascii(WebUtility.UrlEncode(secret));
        forms["SQL"] = Encoding.UTF8.GetBytes(secret.Replace("'", "''", StringComparison.Ordinal));
        return forms;
    }

    /// <summary>A secret that is bytes, in each form, by the form's name.</summary>
    public static Dictionary<string, byte[]> Of(byte[] secret)
    {
        var forms = new Dictionary<string, byte[]>
        {
            ["bytes"] = secret,
            ["hex"] = Ascii(Convert.ToHexStringLower(secret)),
            ["HEX"] = Ascii(Convert.ToHexString(secret)),
            ["hex in UTF-16"] = Encoding.Unicode.GetBytes(Convert.ToHexStringLower(secret)),
            ["HEX in UTF-16"] = Encoding.Unicode.GetBytes(Convert.ToHexString(secret)),
        };
        for (var offset = 0; offset < 3; offset++)
        {
            var base64 = WithinBase64(secret, offset);
            forms[$"base64 at {offset}"] = Ascii(base64);
            var base64Url = base64.Replace('+', '-').Replace('/', '_');
            forms[$"base64url at {offset}"] = Ascii(base64Url);
            forms[$"base64 at {offset} in UTF-16"] = Encoding.Unicode.GetBytes(base64);
            forms[$"base64url at {offset} in UTF-16"] = Encoding.Unicode.GetBytes(base64Url);
            forms[$"base64 at {offset} in a URL"] = Ascii(Uri.EscapeDataString(base64));
        }
        return forms;
    }

    /// <summary>The characters that the secret alone determines, in the base64 of a text in which it begins at such a place.</summary>
    private static string WithinBase64(byte[] secret, int offset)
    {
        byte[] text = [.. new byte[offset], .. secret];
        var first = (offset * 8 + 5) / 6;
        var end = text.Length * 8 / 6;
        return Convert.ToBase64String(text)[first..end];
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Escaped(char c) => c switch
    {
        '"' or '\\' => $"\\{c}",
        '\n' => "\\n",
        < ' ' or > '~' => $"\\u{((int)c).ToString("x4", CultureInfo.InvariantCulture)}",
        _ => $"{c}",
    };

    private static byte[] Inner(string json) => Encoding.UTF8.GetBytes(json[1..^1]);

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
