using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Healing;

/// <summary>Keys of a file that is not the key file, which open values while that is repaired, and encrypt none.</summary>
/// <param name="Path">The file.</param>
/// <param name="KeyIds">Its keys that the key file does not have, or has disabled.</param>
public sealed record BorrowedKeys(string Path, IReadOnlyList<uint> KeyIds)
{
    /// <summary>A key file's keyset, and the keys of others added to it. The primary stays, and no file is written.</summary>
    /// <param name="own">The key file's keyset.</param>
    /// <param name="named">Files that must be there, and be key files.</param>
    /// <param name="possible">Files that need not be.</param>
    /// <param name="observer">Is told of a possible file that is no key file, or contradicts one before it.</param>
    /// <exception cref="KeyFileException">A named file is missing, or is no key file.</exception>
    /// <exception cref="KeysetOperationException">A named file has a key of the same id and other bytes.</exception>
    internal static (Keyset Keyset, IReadOnlyList<BorrowedKeys> Borrowed) Collect(
        Keyset own, IEnumerable<string> named, IEnumerable<string> possible, IRotationObserver observer)
    {
        using var manager = new KeysetManager(own);
        var borrowed = new List<BorrowedKeys>();
        foreach (var path in named)
            Borrow(path);
        foreach (var path in possible.Except(named).Where(File.Exists))
        {
            try
            {
                Borrow(path);
            }
            catch (Exception e) when (e is KeyFileException or KeysetOperationException)
            {
                observer.Warn($"{path} is not used: {e.Message}");
            }
        }

        return (manager.ToKeyset(), borrowed);

        void Borrow(string path)
        {
            using var file = KeyFile.Load(path);
            var taken = manager.Merge(file.Keyset);
            // A file of before a key was destroyed has it disabled already: it is given for the sake of that key.
            foreach (var id in taken)
                manager.Enable(id);
            if (taken.Count > 0)
                borrowed.Add(new BorrowedKeys(path, taken));
        }
    }
}
