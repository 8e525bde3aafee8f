using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Healing;

/// <summary>Which key files of a folder open which of a database's values: for who has several, and does not know which one it takes.</summary>
public sealed class KeySearch : IDisposable
{
    private KeySearch(Census census, IReadOnlyList<FoundKeyFile> files, IReadOnlyList<uint> needed, Keyset? keyset)
    {
        Census = census;
        Files = files;
        Needed = needed;
        Keyset = keyset;
    }

    /// <summary>Every value, tried with the keys of all the files together.</summary>
    public Census Census { get; }

    /// <summary>The key files, those that open most values first.</summary>
    public IReadOnlyList<FoundKeyFile> Files { get; }

    /// <summary>The keys that a layer of a value is under: no keyset without one of them opens all that these files open.</summary>
    public IReadOnlyList<uint> Needed { get; }

    /// <summary>
    /// The smallest keyset that opens all that these files open; null where they open nothing. Its primary is the key that most values are
    /// under.
    /// </summary>
    public Keyset? Keyset { get; }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose() => Keyset?.Dispose();

    internal static async Task<KeySearch> RunAsync(
        IRotationStore store, SchemaFinder schema, string folder, PageSize size, IRotationObserver observer, CancellationToken stop)
    {
        using var all = new AllKeys();
        foreach (var path in FilesIn(folder))
            all.Take(path, observer);
        if (all.Manager is not { } manager)
        {
            throw new RotationException(
                RotationFailure.Key, $"no file in {folder} is a key file", "name the folder that holds the key files, or their backups");
        }

        observer.Note($"{all.Files.Count} key files in {folder}");
        var tables = await schema.DescribeAsync(stop).ConfigureAwait(false);
        observer.Phase(RotationPhase.Plan);
        using var keyset = manager.ToKeyset();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var census = await CensusTaker.TakeAsync(store.ReadSnapshotAsync(tables, size, stop), tables, cipher, observer, null, stop)
            .ConfigureAwait(false);
        var files = all.Files.Select(file => Count(file.Path, file.KeyIds, file.Disabled, census));
        uint[] needed = [.. census.References.Keys.Order()];
        return new KeySearch(
            census, [.. files.OrderByDescending(file => file.OpensToTheEnd).ThenByDescending(file => file.Opens)], needed,
            census.Opened > 0 ? Smallest(manager, needed, census) : null);
    }

    private static string[] FilesIn(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RotationException(RotationFailure.Key, $"{folder} cannot be listed: {e.Message}", "run this as a user who may read it");
        }
    }

    private static FoundKeyFile Count(string path, IReadOnlyList<uint> keyIds, IReadOnlyList<uint> disabled, Census census)
    {
        var opens = census.Fields.SelectMany(field => field.Encrypted).Where(place => keyIds.Contains(place.Key.KeyId))
            .Sum(place => place.Value);
        var halfOpen = census.Stacks.Where(stack => keyIds.Contains(stack.Key.Keys[0]) && stack.Key.Keys.Except(keyIds).Any())
            .Sum(stack => stack.Value);
        return new FoundKeyFile(path, keyIds, disabled, opens, opens - halfOpen);
    }

    private static Keyset Smallest(KeysetManager manager, uint[] needed, Census census)
    {
        var most = census.Fields.SelectMany(field => field.Encrypted).GroupBy(place => place.Key.KeyId)
            .MaxBy(places => places.Sum(place => place.Value))!;
        manager.Promote(most.Key);
        using (var all = manager.ToKeyset())
        {
            foreach (var key in all.Keys.Where(key => !needed.Contains(key.Id)))
                manager.Destroy(key.Id);
        }

        return manager.ToKeyset();
    }

    /// <summary>The keys of every file together, all of them enabled.</summary>
    private sealed class AllKeys : IDisposable
    {
        public KeysetManager? Manager { get; private set; }

        public List<(string Path, IReadOnlyList<uint> KeyIds, IReadOnlyList<uint> Disabled)> Files { get; } = [];

        public void Take(string path, IRotationObserver observer)
        {
            try
            {
                using var file = KeyFile.Load(path);
                Manager ??= new KeysetManager(file.Keyset);
                Manager.Merge(file.Keyset);
                foreach (var key in file.Keyset.Keys)
                    Manager.Enable(key.Id);
                Files.Add((
                    path, [.. file.Keyset.Keys.Select(key => key.Id)],
                    [.. file.Keyset.Keys.Where(key => key.Status != KeyStatus.Enabled).Select(key => key.Id)]));
            }
            catch (KeyFileException e) when (e.Kind == KeyFileProblem.Unreadable)
            {
                observer.Warn($"{path} is left out: {e.Message}");
            }
            catch (KeyFileException)
            {
                // A folder of key files holds other files too: a lock, notes, a dump of the database.
            }
            catch (KeysetOperationException e)
            {
                observer.Warn($"{path} is left out: {e.Message}");
            }
        }

        public void Dispose() => Manager?.Dispose();
    }
}
