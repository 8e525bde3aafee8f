using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;

namespace PmmCrypt.Keysets;

/// <summary>
/// A <see cref="Keyset"/> ⇄ the bytes of Tink's <c>Keyset</c> message. Only AES-256-GCM keys with Tink's prefix: these are all that PMM
/// has.
/// </summary>
internal static class TinkFormat
{
    private const string TypeUrlPrefix = "type.googleapis.com/google.crypto.tink.";
    private const string TypeUrl = TypeUrlPrefix + "AesGcmKey";
    private const uint AesGcmKeyVersion = 0;

    /// <exception cref="InvalidKeysetException">
    /// The bytes are no keyset, or one that PMM could not use, or that we could not write back.
    /// </exception>
    public static Keyset Parse(ReadOnlySpan<byte> serialized)
    {
        var message = ParseMessage(serialized);
        var keys = new List<KeysetKey>();
        try
        {
            foreach (var entry in message.Key)
                keys.Add(ReadKey(entry));
            var keyset = new Keyset(message.PrimaryKeyId, keys);
            RefuseWhatWritingWouldLose(keyset, serialized);
            return keyset;
        }
        catch
        {
            keys.ForEach(key => key.Clear());
            throw;
        }
        finally
        {
            foreach (var entry in message.Key)
                Zero(entry.KeyData?.Value);
        }
    }

    /// <summary>The message as Tink writes it. The caller zeroes it.</summary>
    public static byte[] Serialize(Keyset keyset)
    {
        var message = new Proto.Keyset { PrimaryKeyId = keyset.Primary.Id };
        try
        {
            foreach (var key in keyset.Keys)
                message.Key.Add(WriteKey(key));
            var serialized = GC.AllocateUninitializedArray<byte>(message.CalculateSize(), pinned: true);
            message.WriteTo(serialized.AsSpan());
            return serialized;
        }
        finally
        {
            foreach (var entry in message.Key)
                Zero(entry.KeyData.Value);
        }
    }

    private static Proto.Keyset ParseMessage(ReadOnlySpan<byte> serialized)
    {
        try
        {
            return Proto.Keyset.Parser.ParseFrom(serialized);
        }
        catch (InvalidProtocolBufferException)     // its message adds nothing, and it is not ours to say that it never quotes the bytes
        {
            throw new InvalidKeysetException("it is not a Tink keyset");
        }
    }

    private static KeysetKey ReadKey(Proto.Keyset.Types.Key entry)
    {
        var id = entry.KeyId;
        if (entry.Status is not (Proto.KeyStatusType.Enabled or Proto.KeyStatusType.Disabled))
            throw Refused(id, $"its status is {Describe(entry.Status)}, and PMM knows ENABLED and DISABLED");
        if (entry.KeyData is not { Value.IsEmpty: false } data)
            throw Refused(id, "it has no key data; Tink, and so PMM, refuses the whole file");
        if (data.TypeUrl != TypeUrl)
            throw Refused(id, $"it is {Describe(data.TypeUrl)}, and PMM's are AesGcmKey");
        if (data.KeyMaterialType != Proto.KeyData.Types.KeyMaterialType.Symmetric)
            throw Refused(id, "its key material is not symmetric");
        if (entry.OutputPrefixType != Proto.OutputPrefixType.Tink)
            throw Refused(id, $"its output prefix is {Describe(entry.OutputPrefixType)}, and PMM's is TINK: a version and the key's id");
        return ReadAesGcmKey(id, entry.Status, data.Value);
    }

    private static KeysetKey ReadAesGcmKey(uint id, Proto.KeyStatusType status, ByteString value)
    {
        Proto.AesGcmKey key;
        try
        {
            key = Proto.AesGcmKey.Parser.ParseFrom(value);
        }
        catch (InvalidProtocolBufferException)
        {
            throw Refused(id, "its key data is not an AesGcmKey");
        }

        try
        {
            if (key.Version != AesGcmKeyVersion)
                throw Refused(id, $"its AesGcmKey has version {key.Version}, and this is made for version {AesGcmKeyVersion}");
            if (key.KeyValue.Length != KeysetKey.MaterialSize)
                throw Refused(id, $"it has {key.KeyValue.Length} bytes, and an AES-256 key has {KeysetKey.MaterialSize}");
            return new KeysetKey(id, status == Proto.KeyStatusType.Enabled ? KeyStatus.Enabled : KeyStatus.Disabled, key.KeyValue.Span);
        }
        finally
        {
            Zero(key.KeyValue);
        }
    }

    private static Proto.Keyset.Types.Key WriteKey(KeysetKey key)
    {
        var aesGcmKey = new Proto.AesGcmKey { Version = AesGcmKeyVersion, KeyValue = ByteString.CopyFrom(key.Material) };
        try
        {
            return new Proto.Keyset.Types.Key
            {
                KeyData = new Proto.KeyData
                {
                    TypeUrl = TypeUrl,
                    Value = aesGcmKey.ToByteString(),
                    KeyMaterialType = Proto.KeyData.Types.KeyMaterialType.Symmetric,
                },
                Status = key.Status == KeyStatus.Enabled ? Proto.KeyStatusType.Enabled : Proto.KeyStatusType.Disabled,
                KeyId = key.Id,
                OutputPrefixType = Proto.OutputPrefixType.Tink,
            };
        }
        finally
        {
            Zero(aesGcmKey.KeyValue);
        }
    }

    /// <summary>
    /// Tink passes over fields that it does not know; we would drop them when we write the file, and with them whatever they meant to the
    /// program that put them there. So a file is taken only if writing it gives the same bytes. This also refuses the many other ways
    /// to spell the same message (a field twice, numbers with leading zeros), none of which Tink uses, so that damage has fewer places to
    /// hide.
    /// </summary>
    private static void RefuseWhatWritingWouldLose(Keyset keyset, ReadOnlySpan<byte> serialized)
    {
        var again = Serialize(keyset);
        var same = CryptographicOperations.FixedTimeEquals(again, serialized);
        CryptographicOperations.ZeroMemory(again);
        if (!same)
        {
            throw new InvalidKeysetException(
                "the keyset holds something besides its keys that would be lost when the file is written again: "
                + "it is damaged, or made for a later version of Tink");
        }
    }

    private static InvalidKeysetException Refused(uint id, string reason) => new($"key {id}: {reason}", id);

    /// <summary>The type's last name, where it is one: in a damaged file anything may stand there, also a piece of a key.</summary>
    private static string Describe(string typeUrl) =>
        typeUrl.StartsWith(TypeUrlPrefix, StringComparison.Ordinal)
        && typeUrl.AsSpan(TypeUrlPrefix.Length) is { Length: > 0 and <= 40 } name
        && !name.ContainsAnyExcept(Letters)
            ? $"of the type {name}"
            : "of another type";

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private static string Describe(Proto.KeyStatusType status) => status switch
    {
        Proto.KeyStatusType.UnknownStatus => "not set",
        Proto.KeyStatusType.Destroyed => "DESTROYED",
        _ => $"{(int)status}",
    };

    private static string Describe(Proto.OutputPrefixType prefix) => prefix switch
    {
        Proto.OutputPrefixType.UnknownPrefix => "not set",
        Proto.OutputPrefixType.Legacy => "LEGACY",
        Proto.OutputPrefixType.Raw => "RAW",
        Proto.OutputPrefixType.Crunchy => "CRUNCHY",
        _ => $"{(int)prefix}",
    };

    /// <summary>A ByteString is immutable to its users; these are ours alone, and end here.</summary>
    private static void Zero(ByteString? bytes)
    {
        if (bytes is not null && MemoryMarshal.TryGetArray(bytes.Memory, out var array))
            CryptographicOperations.ZeroMemory(array);
    }
}
