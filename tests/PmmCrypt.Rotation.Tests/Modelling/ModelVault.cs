using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Tests.Modelling;

internal sealed record ModelKey(uint Id, bool IsEnabled);

/// <summary>A value: the keys that lie over its secret, the outermost first; none where it is in the clear.</summary>
internal sealed record ModelValue(string Plaintext, IReadOnlyList<uint> Layers, StoredFormat Format, bool IsDamaged = false);

/// <summary>Key file and values by the design's words alone: lists of ids, and no cryptography.</summary>
internal sealed class ModelVault
{
    /// <summary>The keys in the order of the file; none where there is no file.</summary>
    public List<ModelKey> Keys { get; private set; } = [];

    public uint Primary { get; private set; }

    /// <summary>By row and field.</summary>
    public Dictionary<(string Row, string Field), ModelValue> Values { get; } = [];

    public bool HasKeyFile => Keys.Count > 0;

    public ModelKey? Waiting => Keys.Skip(IndexOf(Primary) + 1).FirstOrDefault(key => key.IsEnabled);

    public void Load(IEnumerable<ModelKey> keys, uint primary) => (Keys, Primary) = ([.. keys], primary);

    /// <summary>What opening a value comes to, and how many layers are opened.</summary>
    public (StoredValueState State, int Opened) Open(ModelValue value)
    {
        if (value.Layers.Count == 0)
            return (StoredValueState.Clear, 0);
        var outermost = Keys.Find(key => key.Id == value.Layers[0]);
        if (outermost is null)
            return (StoredValueState.UnknownKey, 0);
        if (!outermost.IsEnabled)
            return (StoredValueState.DisabledKey, 0);
        if (value.IsDamaged)
            return (StoredValueState.AuthenticationFailed, 0);
        var opened = value.Layers.TakeWhile(id => Keys.Exists(key => key.Id == id)).Count();
        return (StoredValueState.Opened, opened);
    }

    /// <summary>Why a run that must open every value is refused; null where it is not.</summary>
    public RotationFailure? Refusal()
    {
        var states = Values.Values.Select(value => Open(value).State).ToArray();
        if (states.All(state => state is StoredValueState.Clear or StoredValueState.Opened))
            return null;
        return !states.Contains(StoredValueState.Opened) && states.Contains(StoredValueState.UnknownKey)
            ? RotationFailure.Key
            : RotationFailure.Unreadable;
    }

    public bool Refers(uint keyId) => Values.Values.Any(value => value.Layers.Take(Open(value).Opened).Contains(keyId));

    public bool IsOffPrimary() => Values.Values.Any(value => value.Layers.Count > 0 && value.Layers[0] != Primary);

    /// <summary>Every ciphertext is under the primary, in one layer: what is opened is sealed, and what only looks encrypted is the
    /// secret.</summary>
    public void Rotate()
    {
        foreach (var (place, value) in Values)
        {
            if (value.Layers.Count > 0)
                Values[place] = value with { Layers = [Primary, .. value.Layers.Skip(Open(value).Opened)] };
        }
    }

    public void EncryptClear()
    {
        var format = Values.Values.Any(value => value.Layers.Count > 0 && value.Format == StoredFormat.Envelope)
            ? StoredFormat.Envelope
            : StoredFormat.Legacy;
        foreach (var (place, value) in Values)
        {
            if (value.Layers.Count == 0)
                Values[place] = value with { Layers = [Primary], Format = format };
        }
    }

    public void Add(uint id) => Keys.Add(new ModelKey(id, true));

    public void Promote(uint id)
    {
        if (id == Primary)
            return;
        Move(id, Keys.Count - 1);
        Primary = id;
    }

    public void Disable(uint id) => Keys[IndexOf(id)] = new ModelKey(id, false);

    public void Destroy(uint id) => Keys.RemoveAt(IndexOf(id));

    public void Enable(uint id)
    {
        if (Keys[IndexOf(id)].IsEnabled)
            return;
        Keys[IndexOf(id)] = new ModelKey(id, true);
        if (IndexOf(id) > IndexOf(Primary))
            Move(id, IndexOf(Primary));
    }

    public void Merge(ModelVault other)
    {
        var waitsThere = other.Waiting?.Id;
        foreach (var key in other.Keys)
        {
            if (!Keys.Exists(mine => mine.Id == key.Id))
                Keys.Insert(key.Id == waitsThere && Waiting is null ? Keys.Count : IndexOf(Primary), key);
            else if (key.IsEnabled)
                Enable(key.Id);
        }
    }

    public override string ToString() => $"{string.Join(' ', Keys.Select(key => key.IsEnabled ? $"{key.Id}" : $"({key.Id})"))} *{Primary}";

    private int IndexOf(uint id) => Keys.FindIndex(key => key.Id == id);

    private void Move(uint id, int to)
    {
        var key = Keys[IndexOf(id)];
        Keys.Remove(key);
        Keys.Insert(to, key);
    }
}
