namespace PmmCrypt.Testing.Secrets;

/// <summary>
/// What one run of the tool says, held to be without a secret: without a plaintext that a test seeded, and without either half of any key
/// in the key files that the run was told of, as they were before it and as they are after it. <see cref="CliProcess"/> has one for every
/// run of the tool, however a test comes to start it.
/// </summary>
internal sealed class ToolTalk
{
    private static readonly string[] Programs = ["pmm-crypt", "pmm-encryption-rotation"];
    private static readonly char[] BetweenWords = [' ', '\'', '"', '='];
    private static readonly string SharedFolder = Path.TrimEndingDirectorySeparator(Path.GetTempPath());

    private readonly SecretSearch _search = SecretSearch.OfSeeded();
    private readonly string[] _words;
    private readonly string?[] _keyFiles;
    private readonly bool _printsKey;

    private ToolTalk(string[] words, IReadOnlyDictionary<string, string?>? environment)
    {
        // Of a shell's line too.
        _words = [.. words.SelectMany(word => word.Split(BetweenWords, StringSplitOptions.RemoveEmptyEntries))];
        _keyFiles = [environment?.GetValueOrDefault("PMM_ENCRYPTION_KEY_PATH"), .. Following("--key-file")];
        _printsKey = words.AsSpan().IndexOf(["key", "generate"]) >= 0 && !words.Contains("--output");
        Learn();
    }

    /// <summary>Null where a command does not run the tool.</summary>
    public static ToolTalk? Of(string file, string[] arguments, IReadOnlyDictionary<string, string?>? environment)
    {
        string[] words = [file, .. arguments];
        return words.Any(word => Programs.Any(program => word.Contains(program, StringComparison.Ordinal)))
            ? new ToolTalk(words, environment)
            : null;
    }

    /// <summary>Fails where the run said a secret.</summary>
    public void RequireNoSecret(string output, string error)
    {
        Learn();
        var call = string.Join(' ', _words);
        // The one output that is a key: it is looked for in what is said beside.
        if (_printsKey && KeyFiles.TryParse(output) is { } printed)
            _search.Add(printed);
        else
            _search.RequireNone($"the data of {call}", output);
        _search.RequireNone($"the talk of {call}", error);
    }

    /// <summary>Every key file that the command names, each that lies beside a file that it names, and those of its folders.</summary>
    private void Learn()
    {
        foreach (var file in _keyFiles.OfType<string>().Where(File.Exists))
        {
            if (KeyFiles.TryLoad(file) is { } keys) _search.Add(keys);
            else _search.AddUnreadable(KeyFiles.Bytes(file));
        }
        foreach (var file in _words.Concat(_keyFiles.OfType<string>()).Where(Path.IsPathFullyQualified).SelectMany(FilesAt))
        {
            if (KeyFiles.TryLoad(file) is { } keys) _search.Add(keys);
        }
    }

    private static IEnumerable<string> FilesAt(string path)
    {
        if (Directory.Exists(path)) return IsShared(path) ? [] : KeyFiles.In(path);
        var folder = Path.GetDirectoryName(path);
        if (folder is null || !File.Exists(path)) return [];
        return IsShared(folder) ? [path] : [path, .. KeyFiles.In(folder)];
    }

    /// <summary>The folder of everybody's temporary files, of which there may be very many.</summary>
    private static bool IsShared(string folder) => Path.TrimEndingDirectorySeparator(folder) == SharedFolder;

    private IEnumerable<string> Following(string option) =>
        _words.Zip(_words.Skip(1)).Where(two => two.First == option).Select(two => two.Second);
}
