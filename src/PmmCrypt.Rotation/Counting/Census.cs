using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Counting;

/// <summary>
/// What a full walk over the tables found: every value opened, or named as one that does not open. Or what a database counted, which knows
/// encrypted values by how they begin: see <see cref="ToldByPrefix"/>.
/// </summary>
public sealed class Census
{
    /// <summary>
    /// The most problems that are listed; the rest is counted. A key file that is not the database's would list every value.
    /// </summary>
    public const int MaxProblems = 100_000;

    private const int MaxSamples = 16;
    private const int MaxSecretKeys = 100;
    private const int MaxStacks = 1_000;
    private const int MaxUnknownKeys = 10_000;

    private readonly Dictionary<EncryptedField, FieldCensus> _fields = [];
    private readonly Dictionary<uint, long> _references = [];
    private readonly Dictionary<uint, long> _secretKeys = [];
    private readonly Dictionary<uint, long> _unknownKeys = [];
    private readonly Dictionary<KeyStack, long> _stacks = [];
    private readonly List<ValueProblem> _problems = [];
    private readonly List<byte[]> _samples = [];

    internal Census(IEnumerable<TableLayout> tables, uint primaryKeyId)
    {
        PrimaryKeyId = primaryKeyId;
        foreach (var field in tables.SelectMany(table => table.Fields))
            _fields.Add(field, new FieldCensus(field));
    }

    /// <summary>The key that was the primary.</summary>
    public uint PrimaryKeyId { get; }

    /// <summary>How many rows were read.</summary>
    public long Rows { get; internal set; }

    /// <summary>What was found, field by field, in the model's order.</summary>
    public IEnumerable<FieldCensus> Fields => _fields.Values;

    /// <summary>How many layers lie under each key: of every value that opened, each of its layers counts.</summary>
    public IReadOnlyDictionary<uint, long> References => _references;

    /// <summary>
    /// The keys of the layers of values under more than one, outermost first, with how many values have these; the first 1,000 that differ.
    /// </summary>
    internal IReadOnlyDictionary<KeyStack, long> Stacks => _stacks;

    /// <summary>The values that do not open, by table, row and field; the first <see cref="MaxProblems"/>.</summary>
    public IReadOnlyList<ValueProblem> Problems => _problems;

    /// <summary>
    /// How many of the values in <see cref="Opened"/> were not opened: the database told their key by how they begin. Neither their layers
    /// nor a damage behind the beginning shows in any other number here.
    /// </summary>
    public long ToldByPrefix { get; private set; }

    /// <summary>Values that opened.</summary>
    public long Opened => _fields.Values.Sum(entry => entry.Opened);

    /// <summary>Values in the clear, in whatever field.</summary>
    public long Clear => _fields.Values.Sum(entry => entry.Clear);

    /// <summary>Values that do not open.</summary>
    public long Unreadable => _fields.Values.Sum(entry => entry.Unreadable);

    /// <summary>Values under more than one layer.</summary>
    public long Layered => _fields.Values.Sum(entry => entry.Layered);

    /// <summary>Values off the primary key, or under more than one layer.</summary>
    public long Stale => _fields.Values.Sum(entry => entry.Stale);

    /// <summary>Values under a key that is not the primary: a rotation is under way, or a service writes with an older key.</summary>
    public long OffPrimary => _fields.Values.Sum(entry => entry.OffPrimary);

    /// <summary>The keys, but for the primary, that the outermost layer of a value is under.</summary>
    public IReadOnlyList<uint> KeysOffPrimary =>
    [
        .. _fields.Values.SelectMany(entry => entry.Encrypted.Keys).Select(place => place.KeyId)
            .Where(id => id != PrimaryKeyId).Distinct().Order(),
    ];

    /// <summary>
    /// JSON columns, row by row, whose document is a string that holds the object, as PMM's migration 107 left them: not what PMM reads. Those
    /// whose object cannot be stored by itself are not counted.
    /// </summary>
    public long ObjectsInStrings { get; private set; }

    /// <summary>Secrets that look like a ciphertext themselves.</summary>
    public long LooksEncrypted => _fields.Values.Sum(entry => entry.LooksEncrypted);

    /// <summary>
    /// The keys that such secrets name, with how many name each; the first 100. What was encrypted under a key that is lost names one
    /// again and again; what merely looks so names any.
    /// </summary>
    public IReadOnlyDictionary<uint, long> SecretKeys => _secretKeys;

    /// <summary>
    /// Whether the keyset is not this database's: there are values under keys that it does not have, and not one that it opens.
    /// </summary>
    public bool IsForeignKeyset => Opened == 0 && UnknownKeys > 0;

    /// <summary>Ciphertexts under keys that the keyset does not have, a few of them: to try other key files on.</summary>
    internal IReadOnlyList<byte[]> UnknownKeySamples => _samples;

    private long UnknownKeys { get; set; }

    /// <summary>How many values are under keys that the keyset does not have, of these; of no more than 10,000 keys in all.</summary>
    internal long UnderLost(IEnumerable<uint> keyIds) => keyIds.Sum(id => _unknownKeys.GetValueOrDefault(id));

    /// <summary>Values in the clear of fields that are encrypted where values are stored in this format.</summary>
    public long ClearIn(StoredFormat format) => _fields.Values.Where(entry => entry.Field.IsEncryptedIn(format)).Sum(entry => entry.Clear);

    /// <summary>Values that opened and are stored in this format.</summary>
    public long OpenedIn(StoredFormat format) =>
        _fields.Values.SelectMany(entry => entry.Encrypted).Where(place => place.Key.Format == format).Sum(place => place.Value);

    /// <summary>Values that opened, in fields that are encrypted in this format, and that are stored in another.</summary>
    public long InAnotherFormat(StoredFormat format) =>
        _fields.Values.Where(entry => entry.Field.IsEncryptedIn(format))
            .SelectMany(entry => entry.Encrypted).Where(place => place.Key.Format != format).Sum(place => place.Value);

    internal void Add(EncryptedField field, RowKey row, StoredValue value, ReadOnlySpan<byte> stored)
    {
        _fields[field].Add(value, PrimaryKeyId);
        for (var layer = 0; layer < value.Layers; layer++)
        {
            var keyId = value.KeyOfLayer(layer);
            _references[keyId] = _references.GetValueOrDefault(keyId) + 1;
        }

        if (value.Layers > 1)
            AddStack(KeyStack.Of(value), 1);
        if (value.SecretKeyId is { } secretKey)
            AddSecretKey(secretKey, 1);
        if (value.IsReadable)
            return;
        AddProblem(ValueProblem.Of(field, row, value));
        if (value.State != StoredValueState.UnknownKey)
            return;
        UnknownKeys++;
        AddUnknownKey(value.KeyId, 1);
        if (_samples.Count < MaxSamples)
            _samples.Add(stored.ToArray());
    }

    internal void Add(EncryptedField field, RowKey row, MalformedReason reason)
    {
        _fields[field].AddUnreadable();
        AddProblem(ValueProblem.Of(field, row, reason));
    }

    internal void AddObjectInString() => ObjectsInStrings++;

    /// <summary>Adds values that a database has counted by how they begin.</summary>
    internal void Add(ValueCount count)
    {
        _fields[count.Field].Add(count, PrimaryKeyId);
        if (count.KeyId is not null)
            ToldByPrefix += count.Values;
    }

    internal void Merge(Census other)
    {
        Rows += other.Rows;
        ToldByPrefix += other.ToldByPrefix;
        ObjectsInStrings += other.ObjectsInStrings;
        UnknownKeys += other.UnknownKeys;
        foreach (var (field, count) in other._fields)
            _fields[field].Merge(count);
        foreach (var (keyId, count) in other._references)
            _references[keyId] = _references.GetValueOrDefault(keyId) + count;
        foreach (var (stack, count) in other._stacks)
            AddStack(stack, count);
        foreach (var (keyId, count) in other._secretKeys)
            AddSecretKey(keyId, count);
        foreach (var (keyId, count) in other._unknownKeys)
            AddUnknownKey(keyId, count);
        foreach (var problem in other._problems)
            AddProblem(problem);
        _samples.AddRange(other._samples.Take(MaxSamples - _samples.Count));
    }

    /// <summary>Puts the problems into an order that does not depend on which thread found them first.</summary>
    internal void Sort() => _problems.Sort(static (a, b) =>
    {
        var order = string.CompareOrdinal(a.Field.Table.ToString(), b.Field.Table.ToString());
        if (order == 0)
            order = string.CompareOrdinal(a.Row.ToString(), b.Row.ToString());
        return order != 0 ? order : a.Field.Ordinal.CompareTo(b.Field.Ordinal);
    });

    private void AddStack(KeyStack stack, long count)
    {
        if (_stacks.Count < MaxStacks || _stacks.ContainsKey(stack))
            _stacks[stack] = _stacks.GetValueOrDefault(stack) + count;
    }

    private void AddSecretKey(uint keyId, long count)
    {
        if (_secretKeys.Count < MaxSecretKeys || _secretKeys.ContainsKey(keyId))
            _secretKeys[keyId] = _secretKeys.GetValueOrDefault(keyId) + count;
    }

    private void AddUnknownKey(uint keyId, long count)
    {
        if (_unknownKeys.Count < MaxUnknownKeys || _unknownKeys.ContainsKey(keyId))
            _unknownKeys[keyId] = _unknownKeys.GetValueOrDefault(keyId) + count;
    }

    private void AddProblem(ValueProblem problem)
    {
        if (_problems.Count < MaxProblems)
            _problems.Add(problem);
    }
}
