using PmmCrypt.Fields;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation;

/// <summary>What a run is asked to do, and how patiently.</summary>
public sealed record RotationOptions
{
    /// <summary>The format that rotation writes values in, or that initialisation encrypts in; null to keep what is there.</summary>
    public StoredFormat? Format { get; init; }

    /// <summary>
    /// Whether values may be put into the clear that are encrypted, and that a service of the wanted <see cref="Format"/> reads in the clear.
    /// Without it such a rotation is refused.
    /// </summary>
    public bool AllowPlaintext { get; init; }

    /// <summary>
    /// Whether a JSON document that is a string which holds the object, as PMM's migration 107 left some, is written as the object.
    /// </summary>
    public bool Normalize { get; init; }

    /// <summary>How many rows and bytes are read and written at once.</summary>
    public PageSize PageSize { get; init; } = PageSize.Default;

    /// <summary>How the database is spared while others work on it.</summary>
    public Throttle Throttle { get; init; } = Throttle.None;

    /// <summary>
    /// Whether to go on although values do not open. They stay as they are, to the byte, and no key is retired, for they may need it.
    /// </summary>
    public bool SkipUnreadable { get; init; }

    /// <summary>
    /// Keys that are lost for good: values under them are moved into a backup file, and their fields left empty.
    /// </summary>
    public IReadOnlyList<uint> AcceptKeyLoss { get; init; } = [];

    /// <summary>Whether to say what would be done, and do nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether initialisation makes the key file where there is none and nothing is encrypted.</summary>
    public bool MakeKey { get; init; } = true;

    /// <summary>Whether to go on although other sessions are connected that may not have loaded the new key.</summary>
    public bool Online { get; init; }

    /// <summary>Whether to add a key where one would not be added: a rotation is under way, or <see cref="Prune"/> was asked for.</summary>
    public bool NewKey { get; init; }

    /// <summary>
    /// Whether to share the sweep of a run that is under way, and no key is added: where there is none, a waiting key is promoted, or what
    /// is left of an interrupted rotation is done. Without <see cref="Format"/>: that is for the run that leads.
    /// </summary>
    public bool Join { get; init; }

    /// <summary>Whether to retire the keys that nothing refers to. No key is added then.</summary>
    public bool Prune { get; init; }

    /// <summary>How long a retired key is kept, disabled, before it is destroyed.</summary>
    public TimeSpan Retain { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long to wait for the database's lock and the key file's. A killed run's session may linger.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to go after a service that still writes with an older key. Rests do not count.</summary>
    public TimeSpan SettleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Where to write the key file of before; null for nowhere.</summary>
    public string? BackupPath { get; init; }

    /// <summary>
    /// Where the keys of before are left as PMM's own tool leaves them: in a file that the next rotation replaces, together with what it
    /// held already; null for nowhere.
    /// </summary>
    public string? PreviousPath { get; init; }
}
