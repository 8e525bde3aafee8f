namespace PmmCrypt.Keysets;

/// <summary>What is wrong with a key file, or what kept it from being written.</summary>
public enum KeyFileProblem
{
    /// <summary>Not set; never the reason of an exception.</summary>
    Unknown = 0,

    /// <summary>There is no file, or no folder, of this name.</summary>
    Missing,

    /// <summary>The file is there and cannot be read.</summary>
    Unreadable,

    /// <summary>What has this name is a folder, a pipe or a device.</summary>
    NotAFile,

    /// <summary>
    /// The file holds no keyset that PMM could use. The <see cref="Exception.InnerException"/> is the <see cref="InvalidKeysetException"/>.
    /// </summary>
    Invalid,

    /// <summary>The file is no longer what was loaded: somebody else wrote it. Nothing was replaced.</summary>
    Changed,

    /// <summary>A new file was to be made, and there is one of this name. It is never overwritten.</summary>
    Exists,

    /// <summary>The file cannot be replaced where it is: it is bind-mounted, or its file system is read-only.</summary>
    NotReplaceable,

    /// <summary>This user may not write the file, or may not keep its owner, group or label. Nothing was replaced.</summary>
    Denied,

    /// <summary>Writing failed: the disk is full or broken. The message says whether the old file is still in place.</summary>
    WriteFailed,
}
