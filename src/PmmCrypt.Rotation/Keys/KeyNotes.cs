using System.Text.Json;
using System.Text.Json.Serialization;

namespace PmmCrypt.Rotation.Keys;

/// <summary>
/// What this tool remembers beside the key file, because Tink's format has no room for it: when a key was retired, and which key it was
/// adding when it may have been killed. No secret; mode 0600 all the same. Where the file
/// was lost, keys are kept longer.
/// </summary>
internal sealed class KeyNotes
{
    private readonly string _path;
    private readonly Content _content;

    private KeyNotes(string path, Content content)
    {
        _path = path;
        _content = content;
    }

    /// <summary>The key that was added and has not been promoted; null where none was.</summary>
    public uint? Adding => _content.Adding;

    /// <summary>Reads the notes beside a key file; where there are none, none.</summary>
    /// <exception cref="RotationException">There are some, and they cannot be read: a key that was being added could pass for one that is
    /// known.</exception>
    public static KeyNotes Beside(string keyFilePath)
    {
        var path = keyFilePath + ".pmm-crypt.json";
        try
        {
            return new KeyNotes(path, JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyNotesJson.Default.Content) ?? new Content());
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new KeyNotes(path, new Content());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"{path} cannot be read: {e.GetType().Name}",
                "run this as the user that rotated before, or as root; it holds no secret, and may be removed once key list shows no waiting key");
        }
    }

    /// <summary>When a key was found to be of no more use; null where it has not been, or has been referred to since.</summary>
    public DateTimeOffset? RetiredAt(uint keyId) => _content.Retired.TryGetValue(keyId, out var at) ? at : null;

    /// <summary>Since when keys have been of no use, by their ids.</summary>
    public IReadOnlyDictionary<uint, DateTimeOffset> Retired => _content.Retired;

    public void SetAdding(uint? keyId)
    {
        if (_content.Adding == keyId)
            return;
        _content.Adding = keyId;
        Save();
    }

    public void SetRetired(IReadOnlyDictionary<uint, DateTimeOffset> retired)
    {
        _content.Retired = new Dictionary<uint, DateTimeOffset>(retired);
        Save();
    }

    private void Save()
    {
        var draft = _path + ".tmp";     // one name: what a killed run left is overwritten by the next
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var file = new FileStream(draft, options))
            {
                JsonSerializer.Serialize(file, _content, KeyNotesJson.Default.Content);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"{_path} cannot be written: {e.Message}",
                "see to the folder of the key file, and run this again");
        }
    }

    internal sealed class Content
    {
        public uint? Adding { get; set; }

        public Dictionary<uint, DateTimeOffset> Retired { get; set; } = [];
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeyNotes.Content))]
internal sealed partial class KeyNotesJson : JsonSerializerContext;
