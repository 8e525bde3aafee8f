using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>Encrypts secrets, and opens each new ciphertext again and compares before it is handed on.</summary>
internal sealed class ProvenEncryption(FieldCipher cipher)
{
    private readonly ArrayBufferWriter<byte> _new = new();
    private readonly ArrayBufferWriter<byte> _proof = new();

    /// <summary>Writes the ciphertext of a secret, under the primary key.</summary>
    public void Write(EncryptedField field, ReadOnlySpan<byte> secret, StoredFormat format, IBufferWriter<byte> replacement)
    {
        _new.ResetWrittenCount();
        cipher.Encrypt(secret, format, _new);
        var value = cipher.Open(_new.WrittenSpan, _proof);
        var same = _proof.WrittenSpan.SequenceEqual(secret);     // both are ours: nobody outside can time it
        _proof.Clear();
        if (value.State != StoredValueState.Opened || value.KeyId != cipher.PrimaryKeyId || !same)
            throw new InvalidOperationException(
                $"{field}: a new ciphertext did not open to what was encrypted. Nothing of it was written.");
        replacement.Write(_new.WrittenSpan);
    }
}
