using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>What a failed system call means to the user of a key file.</summary>
internal static class KeyFileErrors
{
    private const string RunAsOwner = "Run this as the user that owns the key file, or as root.";

    public static KeyFileException Reading(string path, LinuxException failure) => failure.Errno switch
    {
        LinuxException.NotFound or LinuxException.NotAFolder => Missing(path),
        LinuxException.AccessDenied or LinuxException.NotPermitted => new(
            KeyFileProblem.Unreadable, path, $"the key file {path} cannot be read: {failure.Message}", RunAsOwner, failure),
        _ => new(
            KeyFileProblem.Unreadable, path, $"the key file {path} cannot be read: {failure.Message}",
            "See whether its disk is in order.", failure),
    };

    public static KeyFileException Missing(string path) => new(
        KeyFileProblem.Missing, path, $"there is no key file {path}",
        "Name the key file that the database was encrypted with. Without it the values cannot be opened; a new one does not open them.");

    /// <summary>A failure before the file was replaced.</summary>
    /// <param name="path">The key file.</param>
    /// <param name="failure">What failed.</param>
    /// <param name="unchanged">What is as it was: a clause for the message.</param>
    public static KeyFileException Writing(string path, LinuxException failure, string unchanged) => failure.Errno switch
    {
        LinuxException.Busy or LinuxException.ReadOnlyFileSystem or LinuxException.OtherDevice => NotReplaceable(path, failure),
        LinuxException.AccessDenied or LinuxException.NotPermitted => new(
            KeyFileProblem.Denied, path, $"the key file {path} cannot be written: {failure.Message}; {unchanged}", RunAsOwner, failure),
        LinuxException.NotFound or LinuxException.NotAFolder => new(
            KeyFileProblem.Missing, path, $"the folder of the key file {path} does not exist",
            "Make the folder first, with the owner that the service runs as.", failure),
        LinuxException.NoSpace or LinuxException.QuotaExceeded => new(
            KeyFileProblem.WriteFailed, path, $"the key file {path} cannot be written: {failure.Message}; {unchanged}",
            "Make room on the disk of the key file, then run this again.", failure),
        _ => new(
            KeyFileProblem.WriteFailed, path, $"the key file {path} cannot be written: {failure.Message}; {unchanged}",
            "See whether its disk is in order, then run this again.", failure),
    };

    public static KeyFileException NotReplaceable(string path, LinuxException? failure = null) => new(
        KeyFileProblem.NotReplaceable, path,
        $"the key file {path} is bind-mounted or on a read-only file system and cannot be replaced: "
        + "a container that has it mounted would go on reading the old one"
        + (failure is null ? "" : $" ({failure.Message})"),
        "Mount the folder of the key file instead of the file, or write the new key file elsewhere and put it in place yourself.",
        failure);

    public static KeyFileException OwnerNotKept(string path, FileStatus file, LinuxException failure) => new(
        KeyFileProblem.Denied, path,
        $"the key file {path} belongs to user {file.Owner} and group {file.Group}, and this user cannot make another that does: "
        + "nothing was replaced",
        "Run this as that user, or as root. A service that runs as that user could otherwise not read its keys.", failure);

    public static KeyFileException LabelNotKept(string path, string attribute, LinuxException failure) => new(
        KeyFileProblem.Denied, path,
        $"the key file {path} has {attribute}, which cannot be given to another: {failure.Message}; nothing was replaced",
        "Run this as root, in the context that the service's files are labelled from.", failure);

    public static KeyFileException Changed(string path) => new(
        KeyFileProblem.Changed, path,
        $"the key file {path} was changed by somebody else after it was loaded: nothing was replaced",
        "Run this again; it starts from the file as it is now.");

    public static KeyFileException Exists(string path) => new(
        KeyFileProblem.Exists, path, $"there is a file {path} already, and it is not overwritten",
        "Values may depend on the keys in it. Choose another name, or move it away yourself if you know that nothing does.");

    /// <summary>A failure after the new file got its name.</summary>
    public static KeyFileException NotDurable(string path, string reason, LinuxException? failure = null) => new(
        KeyFileProblem.WriteFailed, path,
        $"the key file {path} may not survive a power failure: {reason}",
        "Nothing was encrypted with a key that may be lost. See whether the disk is in order, then run this again.", failure);
}
