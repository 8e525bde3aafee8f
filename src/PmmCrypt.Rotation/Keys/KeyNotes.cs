using System.Text.Json;
using System.Text.Json.Serialization;
using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Keys;

/// <summary>
/// What this tool remembers beside the key file, because Tink's format has no room for it: when a key was retired, and which key it was
/// adding when it may have been killed. No secret; mode 0600 all the same, and of the key file's owner.
/// </summary>
/// <remarks>
/// <para>What a power failure may bring back, of notes and key file:</para>
/// <code>
/// add        notes, then key file     the notes must be on the disk first, with their name: a key that waits and is not noted passes for
///                                     one that services have been given time to load, and is promoted while they run
/// promote    key file, then notes     a note of a key that is the primary by now says nothing: only a waiting key is looked up
/// take back  key file, then notes     nor does one of a key that is gone
/// retire     notes, then key file     a date without a disabled key means nothing; the other way round a key is kept longer
/// </code>
/// <para>So where notes are lost, keys are kept longer, but not while one waits that was just added. The folder is synchronised after the
/// notes got their name: the key file's own rename comes after them, and not every file system keeps the order of two.</para>
/// </remarks>
internal sealed class KeyNotes
{
    private const string Suffix = ".pmm-crypt.json";

    private readonly KeyFile _keyFile;
    private readonly KeyFileLock? _lock;
    private readonly Content _content;

    private KeyNotes(KeyFile keyFile, KeyFileLock? heldLock, Content content)
    {
        _keyFile = keyFile;
        _lock = heldLock;
        _content = content;
    }

    /// <summary>The key that was added and has not been promoted; null where none was.</summary>
    public uint? Adding => _content.Adding;

    /// <summary>Reads the notes beside a key file; where there are none, none.</summary>
    /// <param name="keyFile">The key file.</param>
    /// <param name="heldLock">Its lock; without it the notes are read and not changed.</param>
    /// <exception cref="RotationException">There are some, and they cannot be read: a key that was being added could pass for one that is
    /// known.</exception>
    public static KeyNotes Beside(KeyFile keyFile, KeyFileLock? heldLock)
    {
        var path = keyFile.ResolvedPath + Suffix;
        try
        {
            var content = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyNotesJson.Default.Content);
            return new KeyNotes(keyFile, heldLock, content ?? new Content());
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new KeyNotes(keyFile, heldLock, new Content());
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

    private void Save() => _keyFile.WriteBeside(
        Suffix,
        JsonSerializer.SerializeToUtf8Bytes(_content, KeyNotesJson.Default.Content),
        _lock ?? throw new InvalidOperationException("The notes are changed under the key file's lock alone."));

    internal sealed class Content
    {
        public uint? Adding { get; set; }

        public Dictionary<uint, DateTimeOffset> Retired { get; set; } = [];
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeyNotes.Content))]
internal sealed partial class KeyNotesJson : JsonSerializerContext;
