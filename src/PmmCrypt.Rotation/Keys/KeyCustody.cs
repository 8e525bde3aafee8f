using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Keys;

/// <summary>
/// The key file during a run, under its lock: every change of it goes through here, and what encrypts is what was read back from the disk.
/// </summary>
internal sealed class KeyCustody : IDisposable
{
    private readonly KeyFileLock? _lock;
    private readonly Action<string> _onStep;
    private readonly string _path;
    private KeyFile? _file;

    private KeyCustody(string path, KeyFileLock? heldLock, IRotationObserver observer)
    {
        _path = path;
        _lock = heldLock;
        _onStep = observer.Reached;
    }

    /// <summary>The keyset of the file.</summary>
    public Keyset Keyset => File.Keyset;

    /// <summary>Whether there is a key file.</summary>
    public bool Exists => _file is not null;

    /// <summary>What this tool remembers beside the file.</summary>
    public KeyNotes Notes => KeyNotes.Beside(File, _lock);

    private KeyFile File => _file ?? throw new InvalidOperationException("There is no key file yet.");

    private KeyFileLock Held => _lock ?? throw new InvalidOperationException("The key file is changed under its lock alone.");

    /// <summary>Takes the file's lock and reads the file.</summary>
    public static KeyCustody Open(string path, TimeSpan timeout, IRotationObserver observer, bool mayBeMissing,
        CancellationToken cancellation) =>
        Read(path, KeyFileLock.Acquire(path, timeout, cancellation), observer, mayBeMissing);

    /// <summary>Reads the file without its lock: it cannot be changed through the result.</summary>
    public static KeyCustody OpenToRead(string path, IRotationObserver observer, bool mayBeMissing) =>
        Read(path, null, observer, mayBeMissing);

    /// <summary>Makes the key file, with one key.</summary>
    public void Create()
    {
        using var keyset = KeysetManager.Generate();
        _file = KeyFile.Create(_path, keyset, Held, _onStep);
    }

    /// <summary>Adds a key, waiting.</summary>
    public uint Add()
    {
        using var manager = new KeysetManager(Keyset);
        var id = manager.Add();
        // Noted first: a run that is killed in between must not take it for a key that services have been given time to load.
        Notes.SetAdding(id);
        Replace(manager);
        return id;
    }

    /// <summary>Takes back the key that was added.</summary>
    public void TakeBack(uint id)
    {
        Edit(manager => manager.Destroy(id));
        Notes.SetAdding(null);
    }

    /// <summary>Makes a key the primary.</summary>
    public void Promote(uint id)
    {
        Edit(manager => manager.Promote(id));
        Notes.SetAdding(null);
    }

    /// <summary>Changes the keyset.</summary>
    public void Edit(Action<KeysetManager> edit)
    {
        using var manager = new KeysetManager(Keyset);
        edit(manager);
        Replace(manager);
    }

    /// <summary>A copy of the keyset as it is now, for <see cref="Restore"/>; the caller disposes it.</summary>
    public Keyset Snapshot()
    {
        using var manager = new KeysetManager(Keyset);
        return manager.ToKeyset();
    }

    /// <summary>Puts a keyset back that was taken by <see cref="Snapshot"/>.</summary>
    public void Restore(Keyset keyset) => Replace(keyset);

    /// <summary>
    /// Makes sure that the file on the disk is what was read: the run before may have been killed between its rename and its fsync.
    /// </summary>
    public void EnsureDurable() => File.EnsureDurable();

    /// <summary>Writes the file as it is into a new file, for its owner alone.</summary>
    public void WriteBackup(string path) => File.WriteBackup(path, Held);

    /// <summary>Writes the file as it is beside itself, and says where.</summary>
    public string WriteArchive(DateTimeOffset now)
    {
        var path = $"{File.ResolvedPath}.archive-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";
        for (var i = 2; System.IO.File.Exists(path); i++)
            path = $"{File.ResolvedPath}.archive-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{i}";
        WriteBackup(path);
        return path;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
    }

    private static KeyCustody Read(string path, KeyFileLock? heldLock, IRotationObserver observer, bool mayBeMissing)
    {
        var custody = new KeyCustody(path, heldLock, observer);
        try
        {
            custody._file = KeyFile.Load(path, custody._onStep);
            foreach (var warning in custody._file.Warnings)
                observer.Warn(warning);
            return custody;
        }
        catch (KeyFileException e) when (mayBeMissing && e.Kind == KeyFileProblem.Missing)
        {
            return custody;
        }
        catch
        {
            custody.Dispose();
            throw;
        }
    }

    private void Replace(KeysetManager manager)
    {
        using var keyset = manager.ToKeyset();
        Replace(keyset);
    }

    private void Replace(Keyset keyset)
    {
        var before = File;
        _file = before.Replace(keyset, Held);
        before.Dispose();
    }
}
