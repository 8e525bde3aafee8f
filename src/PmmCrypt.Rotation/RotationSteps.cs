using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation;

/// <summary>
/// The moments of a run at which the world outside is about to change or has just changed, by the names that
/// <see cref="IRotationObserver.Reached"/> is told. The tests of kills end the process at each of them; nothing else needs them.
/// </summary>
public static class RotationSteps
{
    /// <summary>The database's lock is held, and the key file's. Nothing has changed.</summary>
    public const string Locked = "locked";

    /// <summary>The copy that was asked for of the key file of before is on the disk.</summary>
    public const string BackupWritten = "backup-written";

    /// <summary>It is noted beside the key file which key is about to be added, or that none is any more.</summary>
    public const string KeyNoted = "key-noted";

    /// <summary>Values under lost keys are on the disk in a file, and still in the database.</summary>
    public const string LossKept = "loss-kept";

    /// <summary>A page's new values are about to be sent.</summary>
    public const string PageSent = "page-sent";

    /// <summary>The database has made a page's updates, and not yet committed them.</summary>
    public const string PageUpdated = "page-updated";

    /// <summary>A page's updates are committed; durable they are when the pass has ended.</summary>
    public const string PageCommitted = "page-committed";

    /// <summary>The service's own record of what is encrypted has been brought up to date.</summary>
    public const string LedgerRecorded = "ledger-recorded";

    /// <summary>Nobody can write the tables until the keys are retired.</summary>
    public const string Fenced = "fenced";

    /// <summary>The key file of before is on the disk beside it, for keys are about to be destroyed.</summary>
    public const string ArchiveWritten = "archive-written";

    /// <summary>It is noted beside the key file since when keys are of no use.</summary>
    public const string RetirementNoted = "retirement-noted";

    /// <summary>The key file is without the keys that were retired; the tables are still fenced.</summary>
    public const string KeysRetired = "keys-retired";

    /// <summary>Every step, those of the key file included.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Locked, BackupWritten, KeyNoted,
        KeyFileSteps.TempWritten, KeyFileSteps.TempSynced, KeyFileSteps.Renamed, KeyFileSteps.Created, KeyFileSteps.FolderSynced,
        KeyFileSteps.OtherTempWritten, KeyFileSteps.OtherTempSynced, KeyFileSteps.OtherNamed,
        LedgerRecorded, LossKept, PageSent, PageUpdated, PageCommitted,
        Fenced, ArchiveWritten, RetirementNoted, KeysRetired,
    ];
}
