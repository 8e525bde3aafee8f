using System.Runtime.CompilerServices;

namespace PmmCrypt.Fields;

/// <summary>What became of a stored value when it was looked at with a keyset.</summary>
public enum StoredValueState
{
    /// <summary>The empty string, which is never encrypted.</summary>
    Empty = 0,

    /// <summary>It has not the shape of a ciphertext: it is the secret itself.</summary>
    Clear,

    /// <summary>It opened.</summary>
    Opened,

    /// <summary>It has the shape of a ciphertext, under a key that is not in the keyset.</summary>
    UnknownKey,

    /// <summary>It is under a key of the keyset that is disabled.</summary>
    DisabledKey,

    /// <summary>It is under a key of the keyset and does not authenticate: damaged, or the key file is.</summary>
    AuthenticationFailed,

    /// <summary>It begins as a ciphertext does, and is none: cut short, or not base64.</summary>
    Malformed,

    /// <summary>More than <see cref="StoredValue.MaxLayers"/> layers lie over each other.</summary>
    TooManyLayers,
}

/// <summary>What is known of one stored value: how it is encrypted, and whether it opens. It holds no byte of the value.</summary>
public struct StoredValue
{
    /// <summary>The most layers that are opened, PMM's own limit.</summary>
    public const int MaxLayers = 16;

    private LayerKeys _keys;

    internal StoredValue(StoredValueState state, StoredFormat format = StoredFormat.Unknown)
    {
        State = state;
        Format = format;
    }

    /// <summary>What became of it.</summary>
    public StoredValueState State { get; internal set; }

    /// <summary>The format of the outermost layer; <see cref="StoredFormat.Unknown"/> where there is none.</summary>
    public StoredFormat Format { get; }

    /// <summary>
    /// How many ciphertexts lie over the secret: 1 where all is well. More were left by PMM 3.0 to 3.9.0 (PMM-15188), or by a service that
    /// could not open a value and encrypted it once more.
    /// </summary>
    public int Layers { get; private set; }

    /// <summary>
    /// Whether the secret itself looks like a ciphertext, but under no key of the keyset or not authentic. It is taken for what it is: a
    /// secret. Worth a look, since it could also be a value whose key was lost.
    /// </summary>
    public readonly bool SecretLooksEncrypted => SecretKeyId is not null;

    /// <summary>The key id that such a secret carries: the key that it would take, were it a ciphertext. Null where it does not look like one.</summary>
    public uint? SecretKeyId { get; internal set; }

    /// <summary>The key id that the outermost layer carries; 0 where it carries none that can be read.</summary>
    public readonly uint KeyId => _keys[0];

    /// <summary>Whether it opened, is in the clear, or is empty: whether its plaintext is known.</summary>
    public readonly bool IsReadable => State is StoredValueState.Opened or StoredValueState.Clear or StoredValueState.Empty;

    /// <summary>The key id of a layer, from 0 for the outermost to <see cref="Layers"/> - 1.</summary>
    public readonly uint KeyOfLayer(int layer) => _keys[layer];

    internal void AddLayer(uint keyId) => _keys[Layers++] = keyId;

    internal void SetUnopenedKey(uint keyId) => _keys[0] = keyId;

    [InlineArray(MaxLayers)]
    private struct LayerKeys
    {
        private uint _first;
    }
}
