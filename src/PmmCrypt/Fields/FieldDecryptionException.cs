using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>A stored value does not open. It names the field and the key, and holds no byte of the value.</summary>
public sealed class FieldDecryptionException : Exception
{
    internal FieldDecryptionException(EncryptedField? field, StoredValue value)
        : base($"{(field is null ? "The stored value" : field.ToString())} does not open: {StoredValueText.Describe(value)}.")
    {
        Field = field;
        State = value.State;
        KeyId = value.KeyId;
    }

    internal FieldDecryptionException(EncryptedField? field, StoredValue value, string what)
        : base($"{(field is null ? "The stored value" : field.ToString())} {what}.")
    {
        Field = field;
        State = value.State;
        KeyId = value.KeyId;
    }

    /// <summary>The field, where the caller named one.</summary>
    public EncryptedField? Field { get; }

    /// <summary>Why it does not open; <see cref="StoredValueState.Opened"/> where it does, to bytes that are no text.</summary>
    public StoredValueState State { get; }

    /// <summary>The id of the key that it would take; 0 where none can be read from it.</summary>
    public uint KeyId { get; }
}
