using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Testing.Secrets;

/// <summary>
/// Knows every secret of a test, and looks for each in every <see cref="Disguise"/>. A key counts as found by either half of it.
/// </summary>
public sealed class SecretSearch
{
    /// <summary>Stands at the beginning of every plaintext that a test's database was seeded with.</summary>
    public const string SeededMarker = "tell-no-one";

    private const int Chunk = 1 << 20;

    private static readonly Dictionary<string, byte[]> FormsOfSeededMarker = Disguise.Of(SeededMarker);

    private readonly Lock _turn = new();
    private readonly Dictionary<string, string> _patterns = [];     // bytes, each as a character of Latin-1, and what they are
    private readonly HashSet<string> _keys = [];
    private SearchValues<string>? _compiled;
    private int _longest;

    /// <summary>Stands in every plaintext: letters and digits alone, so that it is found where little of a value is quoted.</summary>
    public string Marker { get; } = $"Sesame{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}";

    /// <summary>Stands in every plaintext too: what escaping changes.</summary>
    public string AwkwardMarker { get; } = $"пароль\"o'n\\{Convert.ToHexString(RandomNumberGenerator.GetBytes(3))}\n<é%🔐>";

    /// <summary>Knows its own markers, and no key yet.</summary>
    public SecretSearch()
    {
        Add("a plaintext", Disguise.Of(Marker));
        Add("a plaintext's awkward part", Disguise.Of(AwkwardMarker));
    }

    /// <summary>A search for the plaintexts that databases are seeded with. In the database itself some of them are in the clear.</summary>
    public static SecretSearch OfSeeded()
    {
        var search = new SecretSearch();
        search.Add("a seeded plaintext", FormsOfSeededMarker);
        return search;
    }

    /// <summary>The same, and for the keys of every key file in a folder.</summary>
    public static SecretSearch OfSeededAndKeyFilesIn(string folder)
    {
        var search = OfSeeded();
        foreach (var keys in KeyFiles.In(folder).Select(KeyFiles.TryLoad).OfType<HandKeyset>()) search.Add(keys);
        return search;
    }

    /// <summary>A plaintext by which it would be seen.</summary>
    public string Mark(string plaintext) => $"{Marker} {AwkwardMarker} {plaintext}";

    /// <summary>From now on these keys are looked for.</summary>
    public void Add(HandKeyset keys)
    {
        foreach (var key in keys.Keys)
        {
            lock (_turn)
            {
                if (!_keys.Add(Convert.ToHexString(key.Material))) continue;
            }
            Add($"the first half of key {key.Id}", Disguise.Of(key.Material[..16]));
            Add($"the second half of key {key.Id}", Disguise.Of(key.Material[16..]));
        }
    }

    /// <summary>From now on the bytes of what was to be a key file, and is none, are looked for: either half of them.</summary>
    public void AddUnreadable(byte[] keyFile)
    {
        const int Least = 16;       // less is no key, and would be found where it is none
        if (keyFile.Length < 2 * Least) return;
        lock (_turn)
        {
            if (!_keys.Add(Convert.ToHexString(keyFile))) return;
        }
        Add("the first half of a key file", Disguise.Of(keyFile[..(keyFile.Length / 2)]));
        Add("the second half of a key file", Disguise.Of(keyFile[(keyFile.Length / 2)..]));
    }

    /// <summary>What of the secrets is in these bytes: each with its form.</summary>
    public IReadOnlyCollection<string> Find(ReadOnlySpan<byte> bytes)
    {
        var found = new HashSet<string>();
        var patterns = Compiled();
        // In pieces that overlap: a whole folder's text would be large in characters.
        for (var start = 0; start < bytes.Length; start += Chunk)
        {
            var piece = Encoding.Latin1.GetString(bytes[start..Math.Min(bytes.Length, start + Chunk + _longest)]).AsSpan();
            for (var at = piece.IndexOfAny(patterns); at >= 0; at = piece.IndexOfAny(patterns))
            {
                piece = piece[at..];
                foreach (var (pattern, what) in _patterns)
                {
                    if (piece.StartsWith(pattern, StringComparison.Ordinal)) found.Add(what);
                }
                piece = piece[1..];
            }
        }
        return found;
    }

    /// <summary>Fails where a secret is in these bytes.</summary>
    public void RequireNone(string where, ReadOnlySpan<byte> bytes)
    {
        if (Find(bytes) is { Count: > 0 } found) throw new SecretFoundException($"In {where}: {string.Join("; ", found)}.");
    }

    /// <inheritdoc cref="RequireNone(string, ReadOnlySpan{byte})"/>
    public void RequireNone(string where, string text) => RequireNone(where, Encoding.UTF8.GetBytes(text));

    /// <summary>Fails where a secret is in a file of a folder, or in a file's name.</summary>
    /// <returns>How many files were read.</returns>
    public int RequireNoneBelow(string folder, Predicate<string>? isExempt = null)
    {
        var read = 0;
        var all = new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = true };
        foreach (var file in Directory.EnumerateFiles(folder, "*", all))
        {
            RequireNone("the name of a file", file);
            if (isExempt?.Invoke(file) == true || IsNoFile(file)) continue;
            if (UnlockedFile.Read(file) is not { } bytes) continue;
            RequireNone(file, bytes);
            read++;
        }
        return read;
    }

    /// <summary>A link, or what the runtime makes for debuggers, and waits at: a socket and pipes.</summary>
    private static bool IsNoFile(string path) => (new FileInfo(path).Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0
        || path.EndsWith("-socket", StringComparison.Ordinal)
        || Path.GetFileName(path).StartsWith("clr-debug-pipe", StringComparison.Ordinal);

    private void Add(string secret, Dictionary<string, byte[]> forms)
    {
        lock (_turn)
        {
            foreach (var (form, bytes) in forms) _patterns.TryAdd(Encoding.Latin1.GetString(bytes), $"{secret} ({form})");
            _compiled = null;
        }
    }

    private SearchValues<string> Compiled()
    {
        lock (_turn)
        {
            if (_compiled is null)
            {
                _longest = _patterns.Keys.Max(pattern => pattern.Length);
                _compiled = SearchValues.Create([.. _patterns.Keys], StringComparison.Ordinal);
            }
            return _compiled;
        }
    }
}
