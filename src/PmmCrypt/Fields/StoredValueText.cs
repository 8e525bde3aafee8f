namespace PmmCrypt.Fields;

/// <summary>Says in words what is wrong with a stored value.</summary>
public static class StoredValueText
{
    /// <summary>Why the value does not open, with the key id where it carries one.</summary>
    public static string Describe(StoredValue value) => value.State switch
    {
        StoredValueState.UnknownKey => $"key {value.KeyId} is not in the keyset",
        StoredValueState.DisabledKey => $"key {value.KeyId} is disabled",
        StoredValueState.AuthenticationFailed => $"authentication failed under key {value.KeyId}",
        StoredValueState.Malformed when value.KeyId != 0 => $"a damaged ciphertext of key {value.KeyId} (cut short, or not base64)",
        StoredValueState.Malformed => "a damaged ciphertext (cut short, or not base64)",
        StoredValueState.TooManyLayers => $"more than {StoredValue.MaxLayers} layers of encryption",
        StoredValueState.Clear => "it is not encrypted",
        StoredValueState.Opened => "it opens",
        StoredValueState.Empty => "it is empty",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.State, "No such state."),
    };
}
