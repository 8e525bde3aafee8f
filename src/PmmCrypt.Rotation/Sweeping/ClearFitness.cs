using System.Text.Unicode;
using PmmCrypt.Fields;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>Whether a secret can stand in the clear where its ciphertext stood, and be read there for what it is.</summary>
internal static class ClearFitness
{
    /// <summary>Why it cannot, in words that hold nothing of it; null where it can.</summary>
    /// <param name="secret">The secret.</param>
    /// <param name="cipher">Tells how a value in the clear would be taken.</param>
    public static string? WhyNot(ReadOnlySpan<byte> secret, FieldCipher cipher)
    {
        if (!Utf8.IsValid(secret))
            return "its secret is not UTF-8 text, and nothing else can be stored in the clear";
        if (secret.Contains((byte)0))
            return "its secret holds a NUL, which no database stores in the clear";
        var asClear = cipher.Inspect(secret);
        return asClear.State switch
        {
            StoredValueState.Clear or StoredValueState.Empty => null,
            StoredValueState.UnknownKey => $"its secret looks like a ciphertext, of key {asClear.KeyId}, and would be taken for one",
            _ => "its secret begins as a ciphertext does, and would be taken for a damaged one",
        };
    }
}
