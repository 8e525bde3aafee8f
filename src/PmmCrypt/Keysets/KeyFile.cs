using System.Diagnostics;
using System.Security.Cryptography;
using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>
/// A key file on disk, as it was when it was loaded. The file changes only whole: it is replaced by a new one of the same owner, group,
/// permissions and label, or stays as it is. An instance never changes; <see cref="Replace"/> returns the next one.
/// </summary>
/// <remarks>
/// <para>What holds, wherever the process is killed or the power lost: the file under this name is a whole keyset, the old one or the
/// new one; when <see cref="Replace"/>, <see cref="Create"/> or <see cref="EnsureDurable"/> has returned, it is the one that was
/// read back from the disk. So no value is encrypted with a key that can be lost, provided that <see cref="EnsureDurable"/> is called
/// before the first one: the run before may have been killed after the file got its name and before the folder was on the disk.</para>
/// <para>Symbolic links are followed once, when the file is loaded; then the file and its folder stay the same, and the link stays a
/// link.</para>
/// <para>Reading works on every system, writing on Linux.</para>
/// </remarks>
[DebuggerDisplay("{Path,nq}: {Keyset}")]
public sealed class KeyFile : IDisposable
{
    private const UnixFileMode GroupOrWorldRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const string StillTheOld = "the old one is still in place";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _bytes;

    private readonly Action<string>? _onStep;

    private KeyFile(string path, string resolved, KeyFileSource source, Action<string>? onStep)
    {
        Path = path;
        ResolvedPath = resolved;
        Keyset = ReadKeyset(path, source.Bytes);
        Warnings = [.. Warn(path, source.Status.Mode)];
        _bytes = GC.AllocateUninitializedArray<byte>(source.Bytes.Length, pinned: true);
        source.Bytes.CopyTo(_bytes, 0);
        _onStep = onStep;
    }

    /// <summary>The path as the user gave it, for messages.</summary>
    public string Path { get; }

    /// <summary>Where the file really is: absolute, without symbolic links.</summary>
    public string ResolvedPath { get; }

    /// <summary>The keyset of the file. It is disposed with this instance.</summary>
    public Keyset Keyset { get; }

    /// <summary>Sentences for the user: what about the file is not as it should be, though it can be used.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Loads a key file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="onStep">For tests of crashes: called with the <see cref="KeyFileSteps"/> of what this instance writes.</param>
    /// <exception cref="KeyFileException">It is missing, cannot be read, or is no key file; its kind says which.</exception>
    public static KeyFile Load(string path, Action<string>? onStep = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var resolved = KeyFilePath.Resolve(path, toWrite: false);
        using var source = KeyFileSource.Open(path, resolved);
        return new KeyFile(path, resolved, source, onStep);
    }

    /// <summary>
    /// Makes a new key file, mode 0600, on the disk before this returns. A file that is there already is never overwritten, and the
    /// name is never that of half a file.
    /// </summary>
    /// <param name="path">Its path; a symbolic link that leads nowhere yet is followed. The folder must exist.</param>
    /// <param name="keyset">The keyset, which stays the caller's.</param>
    /// <param name="heldLock">The lock of this key file.</param>
    /// <param name="onStep">For tests of crashes: called with the <see cref="KeyFileSteps"/> that were taken.</param>
    /// <returns>The new file as it was read back.</returns>
    /// <exception cref="KeyFileException">There is one (<see cref="KeyFileProblem.Exists"/>), or it cannot be written. Then there is none,
    /// unless the message says that there is and it may not survive a power failure.</exception>
    /// <exception cref="ArgumentException">The lock is that of another key file, or released.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static KeyFile Create(string path, Keyset keyset, KeyFileLock heldLock, Action<string>? onStep = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(keyset);
        RequireLinux();
        var resolved = KeyFilePath.Resolve(path, toWrite: true);
        RequireLock(heldLock, resolved);
        var text = InsecureCleartextKeyset.WriteUtf8(keyset);
        try
        {
            WriteNew(path, resolved, FolderOf(resolved), NameOf(resolved), text, onStep);
            return ReadBack(path, resolved, text, onStep);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>
    /// Replaces the file by one that holds this keyset, of the same owner, group, access control list and security label. Its mode is the
    /// old one's, but that the owner may read and write, the group at most read, and the world nothing. It is on the disk before this
    /// returns.
    /// </summary>
    /// <param name="keyset">The new keyset, which stays the caller's.</param>
    /// <param name="heldLock">The lock of this key file, taken before or after it was loaded.</param>
    /// <returns>The new file as it was read back. This instance is then out of date, and still to be disposed.</returns>
    /// <exception cref="KeyFileException">
    /// It is not what was loaded (<see cref="KeyFileProblem.Changed"/>), or cannot be replaced, or not by one of the same owner. The old
    /// file is in place then, unless the message says that the new one is and may not survive a power failure.
    /// </exception>
    /// <exception cref="ArgumentException">The lock is that of another key file, or released.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public KeyFile Replace(Keyset keyset, KeyFileLock heldLock)
    {
        ArgumentNullException.ThrowIfNull(keyset);
        RequireLinux();
        RequireLock(heldLock, ResolvedPath);
        var text = InsecureCleartextKeyset.WriteUtf8(keyset);
        try
        {
            WriteInPlace(text);
            return ReadBack(Path, ResolvedPath, text, _onStep);
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.Writing(Path, failure, StillTheOld);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>
    /// Waits until the file and its name are on the disk, reads it back, and refuses if it is not what was loaded. Every run calls this
    /// before it encrypts its first value, also one that does not write the file.
    /// </summary>
    /// <exception cref="KeyFileException">It was changed (<see cref="KeyFileProblem.Changed"/>), or the disk does not take it.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public void EnsureDurable()
    {
        RequireLinux();
        using var source = KeyFileSource.Open(Path, ResolvedPath);
        KeyFileDisk.Synchronize(source.File, Path);
        KeyFileDisk.SynchronizeFolder(Path, ResolvedPath);
        OpenUnchanged().Dispose();
    }

    /// <summary>Writes the bytes that were loaded into a new file, mode 0600, on the disk before this returns.</summary>
    /// <param name="path">The path of the new file. What is there already, also a symbolic link, is not overwritten.</param>
    /// <param name="heldLock">The lock of this key file: under it leftovers of killed runs are removed from the backup's folder.</param>
    /// <exception cref="KeyFileException">There is a file of that name, or it cannot be written; then there is none.</exception>
    /// <exception cref="ArgumentException">The lock is that of another key file, or released.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public void WriteBackup(string path, KeyFileLock heldLock)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireLinux();
        RequireLock(heldLock, ResolvedPath);
        var target = System.IO.Path.Combine(Environment.CurrentDirectory, path);
        WriteNew(path, target, FolderOf(target), NameOf(ResolvedPath), _bytes, KeyFileSteps.OfAnother(_onStep));
        using var written = KeyFileSource.Open(path, target);
        if (!Same(written.Bytes, _bytes))
            throw KeyFileErrors.NotDurable(path, "what was read back is not what was written");
    }

    /// <summary>
    /// Removes what killed runs left beside the file: keys that nothing uses, or the file's own content under another name. Every run
    /// calls this, for it may be one that does not write the file.
    /// </summary>
    /// <param name="heldLock">The lock of this key file.</param>
    /// <exception cref="ArgumentException">The lock is that of another key file, or released.</exception>
    public void RemoveLeftovers(KeyFileLock heldLock)
    {
        RequireLock(heldLock, ResolvedPath);
        KeyFileDraft.TryRemoveLeftovers(FolderOf(ResolvedPath), NameOf(ResolvedPath));
    }

    /// <summary>
    /// Writes a file of the caller's beside the key file, in the place of one of that name: mode 0600, and of the key file's owner and
    /// group, so that root's run does not keep its notes from the next run by that user. It is on the disk, and so is its name, before
    /// this returns: what is written into the key file next never outlives it.
    /// </summary>
    /// <param name="suffix">What its name has behind that of the key file.</param>
    /// <param name="content">Its content, which is no key.</param>
    /// <param name="heldLock">The lock of this key file.</param>
    /// <exception cref="KeyFileException">It cannot be written, or not for that owner. What was there is in place then, unless the
    /// message says that it may not survive a power failure.</exception>
    /// <exception cref="ArgumentException">The lock is that of another key file, or released.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public void WriteBeside(string suffix, ReadOnlySpan<byte> content, KeyFileLock heldLock)
    {
        ArgumentException.ThrowIfNullOrEmpty(suffix);
        RequireLinux();
        RequireLock(heldLock, ResolvedPath);
        var onStep = KeyFileSteps.OfAnother(_onStep);
        try
        {
            using var source = KeyFileSource.Open(Path, ResolvedPath);
            KeyFileDraft.RemoveLeftovers(FolderOf(ResolvedPath), NameOf(ResolvedPath));
            using var draft = KeyFileDraft.Create(FolderOf(ResolvedPath), NameOf(ResolvedPath));
            draft.TakeOwnerOf(source, Path);
            draft.Write(content);
            onStep?.Invoke(KeyFileSteps.TempWritten);
            draft.Synchronize();
            onStep?.Invoke(KeyFileSteps.TempSynced);
            draft.Replace(ResolvedPath + suffix);
            onStep?.Invoke(KeyFileSteps.Renamed);
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.Writing(Path, failure, $"nor was {ResolvedPath + suffix}, which is written first");
        }

        KeyFileDisk.SynchronizeFolder(Path, ResolvedPath);
    }

    /// <summary>The path, and ids and statuses of the keys.</summary>
    public override string ToString() => $"{Path}: {Keyset}";

    /// <summary>Overwrites the keys, and the text that they were read from, with zeros.</summary>
    public void Dispose()
    {
        Keyset.Dispose();
        CryptographicOperations.ZeroMemory(_bytes);
    }

    /// <summary>
    /// Writes a file of the caller's that is not replaced later: mode 0600, and of the key file's owner and group. It is on the disk, and so
    /// is its name, before this returns.
    /// </summary>
    /// <param name="path">The path of the new file. What is there already, also a symbolic link, is not overwritten.</param>
    /// <param name="content">Its content, which is no key.</param>
    /// <param name="heldLock">The lock of this key file: under it leftovers of killed runs are removed from the new file's folder.</param>
    /// <exception cref="KeyFileException">There is a file of that name, or it cannot be written, or not for that owner.</exception>
    /// <exception cref="ArgumentException">The lock is that of another key file, or released.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public void WriteFile(string path, ReadOnlySpan<byte> content, KeyFileLock heldLock)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireLinux();
        RequireLock(heldLock, ResolvedPath);
        var target = System.IO.Path.Combine(Environment.CurrentDirectory, path);
        using var source = KeyFileSource.Open(Path, ResolvedPath);
        WriteNew(path, target, FolderOf(target), NameOf(ResolvedPath), content, KeyFileSteps.OfAnother(_onStep), source);
        using var written = File.OpenHandle(target);
        var size = RandomAccess.GetLength(written);
        var back = new byte[content.Length];
        if (size != content.Length || RandomAccess.Read(written, back, 0) != back.Length || !content.SequenceEqual(back))
            throw KeyFileErrors.NotDurable(path, "what was read back is not what was written");
    }

    internal static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException(
                "A key file is written on Linux only, where PMM runs: its owner, permissions and label are kept, and it is on the disk "
                + "before a value is encrypted with it. Reading works here.");
    }

    private void WriteInPlace(ReadOnlySpan<byte> text)
    {
        using var source = OpenUnchanged();
        if (source.Status.IsMountRoot)
            throw KeyFileErrors.NotReplaceable(Path);
        KeyFileDraft.RemoveLeftovers(FolderOf(ResolvedPath), NameOf(ResolvedPath));
        using (var draft = KeyFileDraft.Create(FolderOf(ResolvedPath), NameOf(ResolvedPath)))
        {
            draft.TakeAttributesOf(source, Path);
            draft.Write(text);
            _onStep?.Invoke(KeyFileSteps.TempWritten);
            draft.Synchronize();
            _onStep?.Invoke(KeyFileSteps.TempSynced);

            // PMM's own rotation knows no lock. That it wrote since the first look is unlikely, and must not cost its key.
            OpenUnchanged().Dispose();
            draft.Replace(ResolvedPath);
        }

        _onStep?.Invoke(KeyFileSteps.Renamed);
        KeyFileDisk.SynchronizeFolder(Path, ResolvedPath);
        _onStep?.Invoke(KeyFileSteps.FolderSynced);
    }

    private static void WriteNew(
        string path, string resolved, string folder, string keyFileName, ReadOnlySpan<byte> text, Action<string>? onStep,
        KeyFileSource? owner = null)
    {
        try
        {
            if (Exists(resolved))
            {
                // A run that was killed when the file had just got its name has left the other name of it, where perhaps nobody writes again.
                KeyFileDraft.TryRemoveLeftovers(folder, keyFileName);
                throw KeyFileErrors.Exists(path);
            }

            KeyFileDraft.RemoveLeftovers(folder, keyFileName);
            using (var draft = KeyFileDraft.Create(folder, keyFileName))
            {
                if (owner is not null)
                    draft.TakeOwnerOf(owner, path);
                draft.Write(text);
                onStep?.Invoke(KeyFileSteps.TempWritten);
                draft.Synchronize();
                onStep?.Invoke(KeyFileSteps.TempSynced);
                draft.Publish(resolved);
                onStep?.Invoke(KeyFileSteps.Created);
            }

            KeyFileDisk.SynchronizeFolder(path, resolved);
            onStep?.Invoke(KeyFileSteps.FolderSynced);
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.Exists)
        {
            throw KeyFileErrors.Exists(path);
        }
        catch (LinuxException failure)
        {
            throw KeyFileErrors.Writing(path, failure, "there is none");
        }
    }

    private KeyFileSource OpenUnchanged()
    {
        var source = KeyFileSource.Open(Path, ResolvedPath);
        if (Same(source.Bytes, _bytes))
            return source;
        source.Dispose();
        throw KeyFileErrors.Changed(Path);
    }

    private static KeyFile ReadBack(string path, string resolved, ReadOnlySpan<byte> text, Action<string>? onStep)
    {
        using var source = KeyFileSource.Open(path, resolved);
        return Same(source.Bytes, text)
            ? new KeyFile(path, resolved, source, onStep)
            : throw KeyFileErrors.NotDurable(path, "what was read back is not what was written");
    }

    private static void RequireLock(KeyFileLock heldLock, string resolved)
    {
        ArgumentNullException.ThrowIfNull(heldLock);
        if (!heldLock.IsOf(resolved))
        {
            throw new ArgumentException(
                $"The lock of {resolved} must be held. This one is of {heldLock.ResolvedPath}, or released.", nameof(heldLock));
        }
    }

    private static bool Exists(string path)
    {
        try
        {
            Libc.Status(path);
            return true;
        }
        catch (LinuxException failure) when (failure.Errno == LinuxException.NotFound)
        {
            return false;
        }
    }

    private static Keyset ReadKeyset(string path, ReadOnlySpan<byte> text)
    {
        try
        {
            return InsecureCleartextKeyset.Read(text);
        }
        catch (InvalidKeysetException invalid)
        {
            throw new KeyFileException(
                KeyFileProblem.Invalid, path, $"{path} is not a key file that PMM could use: {invalid.Message}",
                "Name the key file that the database was encrypted with, or restore it from its backup. It was not touched.", invalid);
        }
    }

    private static IEnumerable<string> Warn(string path, UnixFileMode mode)
    {
        if ((mode & GroupOrWorldRead) == 0)
            yield break;
        var who = mode.HasFlag(UnixFileMode.OtherRead) ? "everybody on this machine" : "the group of the file";
        var octal = Convert.ToString((int)mode & 0b111_111_111, 8).PadLeft(4, '0');
        yield return $"the key file {path} (mode {octal}) can be read by {who}, and with it every secret: chmod 600";
    }

    private static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => CryptographicOperations.FixedTimeEquals(left, right);

    private static string FolderOf(string resolved) => System.IO.Path.GetDirectoryName(resolved)!;

    private static string NameOf(string resolved) => System.IO.Path.GetFileName(resolved);
}
