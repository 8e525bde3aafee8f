using System.Text.Json;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Testing.Secrets;

/// <summary>The files that may hold keys, as the tests and the tool name them.</summary>
public static class KeyFiles
{
    /// <summary>A key file has hundreds of bytes. What is larger is an assembly, say.</summary>
    private const int Largest = 1 << 16;

    /// <summary>
    /// Whether a file may hold a key, by its name: <c>*.key</c>, its backups and archives, and the one that a new key file is made in.
    /// </summary>
    public static bool IsOne(string path) => Path.GetFileName(path) is var name
        && !name.EndsWith(".lock", StringComparison.Ordinal) && !name.EndsWith(".json", StringComparison.Ordinal)
        && (name.EndsWith(".key", StringComparison.Ordinal) || name.Contains(".key.", StringComparison.Ordinal));

    /// <summary>The keys of a file; null where it is no key file, or cannot be read.</summary>
    public static HandKeyset? TryLoad(string path)
    {
        try
        {
            return new FileInfo(path).Length <= Largest ? TryParse(File.ReadAllText(path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The keys of the text of a key file, or of a JSON document with such a text as its keyFile; null where it is none.</summary>
    internal static HandKeyset? TryParse(string text)
    {
        try
        {
            if (text.StartsWith('{')) text = JsonDocument.Parse(text).RootElement.GetProperty("keyFile").GetString() ?? "";
            var keys = HandKeyset.Parse(text);
            return keys.Keys.Any(key => key.Material.Length < 32) ? null : keys;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidDataException
            or InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The bytes of a file; none where it cannot be read, or is too large for a key file.</summary>
    internal static byte[] Bytes(string path)
    {
        try
        {
            return new FileInfo(path).Length <= Largest ? File.ReadAllBytes(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The files of a folder that may hold a key, by their names.</summary>
    public static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(folder, "*.key*").Where(IsOne);
}
