using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>
/// A key file in the making: a temporary file <c>.NAME.RANDOM.tmp</c> in the folder where it is to be, mode 0600 from its first moment. It
/// gets its name whole and on the disk, or is removed. That of a killed run is left for the next writer to remove.
/// </summary>
internal sealed class KeyFileDraft : IDisposable
{
    private const int RandomSize = 8;
    private const int RandomDigits = RandomSize * 2;
    private const string Suffix = ".tmp";
    private const UnixFileMode OwnerMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    // Hashes and signatures of the content and of the attributes: the kernel's to make, and wrong on another file.
    private static readonly string[] NotCopied = ["security.ima", "security.evm"];

    private readonly string _temporary;
    private readonly SafeFileHandle _file;
    private bool _hasItsName;

    private KeyFileDraft(string temporary, SafeFileHandle file)
    {
        _temporary = temporary;
        _file = file;
    }

    /// <param name="folder">The folder.</param>
    /// <param name="keyFileName">
    /// The key file's name, also where the draft becomes something else: who writes that key file cleans up.
    /// </param>
    /// <exception cref="LinuxException">No file can be made here.</exception>
    public static KeyFileDraft Create(string folder, string keyFileName)
    {
        var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomSize));
        var temporary = Path.Combine(folder, $".{keyFileName}.{random}{Suffix}");
        var draft = new KeyFileDraft(temporary, Libc.CreateNew(temporary));
        try
        {
            draft.SetModeAlone(OwnerMode);      // the umask may have taken bits away
            return draft;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Removes what killed runs left behind: new keys that nothing uses. Call it under the lock, or it removes what another run is writing.
    /// </summary>
    /// <exception cref="LinuxException">One cannot be removed.</exception>
    public static void RemoveLeftovers(string folder, string keyFileName)
    {
        if (!Directory.Exists(folder))
            return;     // who writes there next is told so
        var prefix = $".{keyFileName}.";
        var all = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        foreach (var leftover in Directory.EnumerateFiles(folder, "*", all))
        {
            var name = Path.GetFileName(leftover);
            if (name.Length != prefix.Length + RandomDigits + Suffix.Length
                || !name.StartsWith(prefix, StringComparison.Ordinal)
                || !name.EndsWith(Suffix, StringComparison.Ordinal)
                || name.AsSpan(prefix.Length, RandomDigits).ContainsAnyExcept(Digits))
                continue;
            Libc.Unlink(leftover);
        }
    }

    /// <summary>The same for who writes no key file: what cannot be removed, as on a read-only file system, stays.</summary>
    public static void TryRemoveLeftovers(string folder, string keyFileName)
    {
        try
        {
            RemoveLeftovers(folder, keyFileName);
        }
        catch (LinuxException)
        {
            // It holds no key that the file beside it does not hold or that any value is under; the next writer says what is wrong.
        }
    }

    /// <summary>
    /// Makes it the other file's equal: owner, group, access control list, security label. The mode is the other's, but that the owner
    /// may read and write, the group at most read, and the world nothing.
    /// </summary>
    /// <exception cref="KeyFileException">This user may not.</exception>
    public void TakeAttributesOf(KeyFileSource source, string path)
    {
        TakeOwnerOf(source, path);
        if (Libc.GetAttribute(source.File, PosixAcl.Attribute) is { } acl)
        {
            PosixAcl.Narrow(acl);
            Libc.SetAttribute(_file, PosixAcl.Attribute, acl);
        }
        else
        {
            SetModeAlone(OwnerMode | (source.Status.Mode & UnixFileMode.GroupRead));
        }

        foreach (var name in Libc.ListAttributes(source.File))
        {
            if (name.StartsWith("security.", StringComparison.Ordinal) && !NotCopied.Contains(name))
                TakeLabelOf(source, name, path);
        }
    }

    /// <summary>Gives it the other file's owner and group.</summary>
    /// <exception cref="KeyFileException">This user may not.</exception>
    public void TakeOwnerOf(KeyFileSource source, string path)
    {
        var mine = Libc.Status(_file);
        if ((mine.Owner, mine.Group) == (source.Status.Owner, source.Status.Group))
            return;
        try
        {
            Libc.SetOwner(_file, source.Status.Owner, source.Status.Group);
        }
        catch (LinuxException failure) when (failure.Errno
            is LinuxException.NotPermitted
            or LinuxException.Invalid)      // the owner is not of this user namespace
        {
            throw KeyFileErrors.OwnerNotKept(path, source.Status, failure);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes) => Libc.Write(_file, bytes);

    public void Synchronize() => Libc.Synchronize(_file);

    /// <summary>Gives it the name of the key file, in the place of the one that has it.</summary>
    public void Replace(string resolved)
    {
        Libc.Rename(_temporary, resolved);
        _hasItsName = true;
    }

    /// <summary>Gives it a name that no file has.</summary>
    /// <exception cref="LinuxException">One has it: <see cref="LinuxException.Exists"/>.</exception>
    public void Publish(string newPath)
    {
        try
        {
            Libc.Link(_temporary, newPath);     // the temporary name goes with Dispose
        }
        catch (LinuxException failure) when (failure.Errno
            is LinuxException.NotPermitted or LinuxException.NotSupported or LinuxException.NotImplemented or LinuxException.TooManyLinks)
        {
            Libc.RenameToFree(_temporary, newPath);     // a file system without hard links
            _hasItsName = true;
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_hasItsName)
            return;
        try
        {
            Libc.Unlink(_temporary);
        }
        catch (LinuxException)
        {
            // What is thrown already says more; the next writer removes it.
        }
    }

    private void TakeLabelOf(KeyFileSource source, string name, string path)
    {
        if (Libc.GetAttribute(source.File, name) is not { } label || Libc.GetAttribute(_file, name)?.AsSpan().SequenceEqual(label) == true)
            return;
        try
        {
            Libc.SetAttribute(_file, name, label);
        }
        catch (LinuxException failure) when (failure.Errno is not (LinuxException.NoSpace or LinuxException.QuotaExceeded))
        {
            throw KeyFileErrors.LabelNotKept(path, name, failure);
        }
    }

    /// <summary>
    /// Without the list that a folder's default gives its new files: group bits would be its mask, and let in whoever it names.
    /// </summary>
    private void SetModeAlone(UnixFileMode mode)
    {
        if (Libc.GetAttribute(_file, PosixAcl.Attribute) is not null)
            Libc.RemoveAttribute(_file, PosixAcl.Attribute);
        Libc.SetMode(_file, mode);
    }
}
