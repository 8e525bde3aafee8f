using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Losses;

namespace PmmCrypt.Rotation.Keys;

/// <summary>
/// The key file during a run, under its lock: every change of it goes through here, and what encrypts is what was read back from the disk.
/// </summary>
internal sealed class KeyCustody : IDisposable
{
    private readonly KeyFileLock? _lock;
    private readonly IRotationObserver _observer;
    private readonly KeyFileLocation _location;
    private KeyFile? _file;
    private bool _isElsewhere;

    private KeyCustody(KeyFileLocation location, KeyFileLock? heldLock, IRotationObserver observer)
    {
        _location = location;
        _lock = heldLock;
        _observer = observer;
    }

    /// <summary>The keyset of the file.</summary>
    public Keyset Keyset => File.Keyset;

    /// <summary>The key file's path, as the user gave it.</summary>
    public string Path => _location.Path;

    /// <summary>Whether there is a key file.</summary>
    public bool Exists => _file is not null;

    /// <summary>What this tool remembers beside the file.</summary>
    public KeyNotes Notes => KeyNotes.Beside(File, _lock);

    private string WrittenPath => _location.Output ?? _location.Path;

    private KeyFile File => _file ?? throw new InvalidOperationException("There is no key file yet.");

    private KeyFileLock Held => _lock ?? throw new InvalidOperationException("The key file is changed under its lock alone.");

    /// <summary>Takes the file's lock and reads the file.</summary>
    public static KeyCustody Open(KeyFileLocation location, TimeSpan timeout, IRotationObserver observer, bool mayBeMissing,
        CancellationToken cancellation) =>
        Read(location, KeyFileLock.Acquire(location.Output ?? location.Path, timeout, cancellation), observer, mayBeMissing);

    /// <summary>Reads the file without its lock: it cannot be changed through the result.</summary>
    public static KeyCustody OpenToRead(KeyFileLocation location, IRotationObserver observer, bool mayBeMissing) =>
        Read(location, null, observer, mayBeMissing);

    /// <summary>Makes the key file, with one key.</summary>
    public void Create()
    {
        using var keyset = KeysetManager.Generate();
        _file = KeyFile.Create(_location.Path, keyset, Held, _observer.Reached);
    }

    /// <summary>Adds a key, waiting.</summary>
    public uint Add()
    {
        using var manager = new KeysetManager(Keyset);
        var id = manager.Add();
        // Noted first: a run that is killed in between must not take it for a key that services have been given time to load.
        NoteAdding(id);
        Replace(manager);
        return id;
    }

    /// <summary>Takes back the key that was added.</summary>
    public void TakeBack(uint id)
    {
        Edit(manager => manager.Destroy(id));
        NoteAdding(null);
    }

    /// <summary>Makes a key the primary.</summary>
    public void Promote(uint id)
    {
        Edit(manager => manager.Promote(id));
        NoteAdding(null);
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
    /// Makes sure that the file on the disk is what was read, and stands alone: the run before may have been killed between its rename and
    /// its fsync, or before it removed its temporary file.
    /// </summary>
    public void EnsureDurable()
    {
        if (!_isElsewhere && _lock is not null)
            File.RemoveLeftovers(_lock);
        File.EnsureDurable();
    }

    /// <summary>Writes the file as it is into a new file, for its owner alone.</summary>
    /// <param name="path">The new file.</param>
    /// <param name="isUnderWay">
    /// Whether this run finishes what another began: then what that one wrote there is the file of before, and stays.
    /// </param>
    public void WriteBackup(string path, bool isUnderWay)
    {
        try
        {
            File.WriteBackup(path, Held);
        }
        catch (KeyFileException e) when (e.Kind == KeyFileProblem.Exists && IsBackup(path, isUnderWay))
        {
            _observer.Note($"{path} was written by the run before, and stays");
        }

        _observer.Reached(RotationSteps.BackupWritten);
    }

    /// <summary>
    /// Writes the keys as they are into a file that the next rotation replaces. What it holds beside them stays in it: that may be the last
    /// copy of a key which a layer, or a backup of the database, is under.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="isUnderWay">Whether this run finishes what another began: then what that one left there stays.</param>
    /// <param name="timeout">How long to wait for that file's lock.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public void KeepPrevious(string path, bool isUnderWay, TimeSpan timeout, CancellationToken cancellation)
    {
        using var heldLock = KeyFileLock.Acquire(path, timeout, cancellation);
        using var manager = new KeysetManager(Keyset);
        if (!System.IO.File.Exists(path))
        {
            using var keyset = manager.ToKeyset();
            KeyFile.Create(path, keyset, heldLock, KeyFileSteps.OfAnother(_observer.Reached)).Dispose();
        }
        else
        {
            using var before = KeyFile.Load(path, KeyFileSteps.OfAnother(_observer.Reached));
            if (!isUnderWay)
            {
                manager.Merge(before.Keyset);
                using var keyset = manager.ToKeyset();
                before.Replace(keyset, heldLock).Dispose();
            }
            else
            {
                before.EnsureDurable();
            }
        }

        _observer.Reached(RotationSteps.BackupWritten);
    }

    /// <summary>
    /// Writes the file as it is beside itself, and says where. Null where the file itself stays as it is, since another is written.
    /// </summary>
    public string? WriteArchive(DateTimeOffset now)
    {
        if (_isElsewhere)
            return null;
        var path = $"{File.ResolvedPath}.archive-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}";
        for (var i = 2; System.IO.File.Exists(path); i++)
            path = $"{File.ResolvedPath}.archive-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{i}";
        File.WriteBackup(path, Held);
        _observer.Reached(RotationSteps.ArchiveWritten);
        return path;
    }

    /// <summary>What was written by <see cref="WriteArchive"/>, by this run or an earlier one: files that have keys which this one lacks.</summary>
    public IReadOnlyList<string> Archives
    {
        get
        {
            var folder = System.IO.Path.GetDirectoryName(File.ResolvedPath)!;
            try
            {
                return
                [
                    .. Directory.EnumerateFiles(folder, System.IO.Path.GetFileName(File.ResolvedPath) + ".archive-*")
                        .Order(StringComparer.Ordinal),
                ];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RotationException(
                    RotationFailure.Refused,
                    $"whether an archive beside the key file has a key that is said to be lost, cannot be seen: {e.Message}",
                    $"run this as a user who may list {folder}");
            }
        }
    }

    /// <summary>
    /// Writes values that are about to be taken out of the database into a new file: beside the key file, else in the folder that was named
    /// for it. It is on the disk when this returns.
    /// </summary>
    /// <returns>The file.</returns>
    /// <exception cref="RotationException">It can be written in neither; nothing was taken out.</exception>
    public string KeepValues(ReadOnlySpan<byte> content, DateTimeOffset now)
    {
        KeyFileException? whyNot = null;
        string?[] folders = [System.IO.Path.GetDirectoryName(File.ResolvedPath), _location.OtherFolder];
        foreach (var folder in folders.OfType<string>().Distinct())
        {
            try
            {
                var path = System.IO.Path.Combine(folder, LossFile.NameAt(now));
                for (var at = now; System.IO.File.Exists(path); path = System.IO.Path.Combine(folder, LossFile.NameAt(at)))
                    at = at.AddTicks(1);
                File.WriteFile(path, content, Held);
                _observer.Reached(RotationSteps.LossKept);
                if (IsPassing(folder) is { } kind)
                    _observer.Warn($"{path} is on a file system that ends with its machine or container ({kind}): copy it to where it stays");
                return path;
            }
            catch (KeyFileException e)
            {
                whyNot ??= e;
            }
        }

        throw new RotationException(
            RotationFailure.Refused, $"values are not taken out of the database without a backup, and none can be written: {whyNot!.Message}",
            "make room in the folder of the key file, or run this as a user who may write there");
    }

    /// <summary>What a folder lies on, where that is memory, or the layer of a container that is thrown away with it.</summary>
    private static string? IsPassing(string folder)
    {
        try
        {
            return new DriveInfo(folder).DriveFormat is { } kind and ("tmpfs" or "ramfs" or "overlay" or "overlayfs") ? kind : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
    }

    /// <summary>Whether a file is this key file as it is, or as it was before the key that a run under way has added.</summary>
    private bool IsBackup(string path, bool isUnderWay)
    {
        try
        {
            using var backup = KeyFile.Load(path);
            if (backup.ResolvedPath == File.ResolvedPath)
                return false;
            backup.EnsureDurable();
            var held = Describe(backup.Keyset.Keys).ToHashSet();
            return held.SetEquals(Describe(Keyset.Keys)) || (isUnderWay && held.SetEquals(Describe(Keyset.Keys.SkipLast(1))));
        }
        catch (KeyFileException)
        {
            return false;
        }

        // Statuses aside: what counts is that every key of then is in it.
        static IEnumerable<(uint Id, string CheckValue)> Describe(IEnumerable<KeysetKey> keys) =>
            keys.Select(key => (key.Id, key.CheckValue));
    }

    private static KeyCustody Read(KeyFileLocation location, KeyFileLock? heldLock, IRotationObserver observer, bool mayBeMissing)
    {
        var custody = new KeyCustody(location, heldLock, observer);
        try
        {
            custody._file = KeyFile.Load(location.Path, observer.Reached);
            custody._isElsewhere = location.Output is not null;
            if (location.Output is { } output && System.IO.File.Exists(output))
                custody.GoOnFrom(KeyFile.Load(output, observer.Reached));
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

    /// <summary>Notes since when the keys that stay in the file have been of no use.</summary>
    public void NoteRetired(IReadOnlyDictionary<uint, DateTimeOffset> retired)
    {
        if (retired.Count == Notes.Retired.Count && !retired.Except(Notes.Retired).Any())
            return;
        WriteElsewhere();
        Notes.SetRetired(retired);
        _observer.Reached(RotationSteps.RetirementNoted);
    }

    /// <summary>Notes that one key is of no use from now on.</summary>
    public void NoteRetired(uint id, DateTimeOffset now) => NoteRetired(new Dictionary<uint, DateTimeOffset>(Notes.Retired) { [id] = now });

    private void NoteAdding(uint? id)
    {
        WriteElsewhere();
        Notes.SetAdding(id);
        _observer.Reached(RotationSteps.KeyNoted);
    }

    private void Replace(KeysetManager manager)
    {
        using var keyset = manager.ToKeyset();
        Replace(keyset);
    }

    private void Replace(Keyset keyset)
    {
        WriteElsewhere();
        var before = File;
        _file = before.Replace(keyset, Held);
        before.Dispose();
    }

    /// <summary>Where the key file is only read, copies it before anything of it changes: the copy is the key file from then on.</summary>
    private void WriteElsewhere()
    {
        if (!_isElsewhere)
            return;
        var original = File;
        _file = KeyFile.Create(WrittenPath, original.Keyset, Held, _observer.Reached);
        _isElsewhere = false;
        _observer.Note(
            $"the keys are written to {WrittenPath}; {original.Path} stays as it is. Put the new file in its place before a service starts, "
            + "and keep both until it has loaded it");
        original.Dispose();
    }

    /// <summary>Takes the file that a run before wrote elsewhere for the key file, if it goes on from it.</summary>
    private void GoOnFrom(KeyFile written)
    {
        var original = File;
        _file = written;
        _isElsewhere = false;
        using (original)
        {
            if (original.Keyset.Keys.Any(key => written.Keyset.Find(key.Id)?.CheckValue == key.CheckValue))
                return;
        }

        throw new RotationException(
            RotationFailure.Refused,
            $"{written.Path} is there already, and has no key of {original.Path}: it is not overwritten",
            "name another file to write to, or move it away if nothing is encrypted with it");
    }
}
