using System.Diagnostics.CodeAnalysis;

namespace PmmCrypt.Keysets;

/// <summary>
/// The moments at which writing a key file changes the world outside, in their order. A test of crashes hands a delegate to
/// <see cref="KeyFile"/>, is called with each of these names, and ends the process at one; nothing else needs them.
/// </summary>
public static class KeyFileSteps
{
    /// <summary>The temporary file holds the new keyset, perhaps not yet on the disk.</summary>
    public const string TempWritten = "key-temp-written";

    /// <summary>The temporary file is on the disk. The key file is still the old one.</summary>
    public const string TempSynced = "key-temp-synced";

    /// <summary>The key file is the new one; after a power failure it may still be the old one.</summary>
    public const string Renamed = "key-renamed";

    /// <summary>A new key file has its name; after a power failure it may still have none.</summary>
    public const string Created = "key-created";

    /// <summary>The key file is the new one, whatever happens.</summary>
    public const string FolderSynced = "key-folder-synced";

    /// <summary>The temporary file of another file holds its content: of notes, a backup, an archive, values taken out of the database.</summary>
    public const string OtherTempWritten = "other-temp-written";

    /// <summary>The temporary file of another file is on the disk, and has not its name.</summary>
    public const string OtherTempSynced = "other-temp-synced";

    /// <summary>Another file has its name, and may have lost it after a power failure.</summary>
    public const string OtherNamed = "other-named";

    /// <summary>
    /// What a writer of key files is given where the one it writes is another than the key file: tells <paramref name="onStep"/> the other
    /// file's names. That its folder is on the disk has none, for whoever has it written says what was written.
    /// </summary>
    [return: NotNullIfNotNull(nameof(onStep))]
    public static Action<string>? OfAnother(Action<string>? onStep) => onStep is null ? null : step =>
    {
        var name = step switch
        {
            TempWritten => OtherTempWritten,
            TempSynced => OtherTempSynced,
            Renamed or Created => OtherNamed,
            _ => null,
        };
        if (name is not null)
            onStep(name);
    };
}
