using PmmCrypt.Fields;

namespace PmmCrypt.Rotation.Counting;

/// <summary>The keys of a value's layers, outermost first.</summary>
internal sealed class KeyStack(IReadOnlyList<uint> keys) : IEquatable<KeyStack>
{
    public IReadOnlyList<uint> Keys { get; } = keys;

    public static KeyStack Of(StoredValue value)
    {
        var keys = new uint[value.Layers];
        for (var layer = 0; layer < keys.Length; layer++)
            keys[layer] = value.KeyOfLayer(layer);
        return new KeyStack(keys);
    }

    public bool Equals(KeyStack? other) => other is not null && Keys.SequenceEqual(other.Keys);

    public override bool Equals(object? obj) => Equals(obj as KeyStack);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var key in Keys)
            hash.Add(key);
        return hash.ToHashCode();
    }
}
