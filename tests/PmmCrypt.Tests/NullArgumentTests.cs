using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests;

/// <summary>Null and the empty name are refused where they come in, by the name of the argument, and before anything is done.</summary>
public sealed class NullArgumentTests : IDisposable
{
    private static readonly EncryptedField Field = new("password", StoredFormats.All);

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_ciphers()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);

        Refused("keyset", () => _ = new FieldCipher(null!, StoredFormat.Legacy));
        Refused("plaintext", () => cipher.Open(default, null!));
        Refused("stored", () => cipher.Encrypt(default, StoredFormat.Legacy, null!));
        Refused("cipher", () => FieldChange.Encrypting(null!));
        Refused("cipher", () => FieldChange.Decrypting(null!));
    }

    [Fact]
    public void Of_columns_and_tables()
    {
        var column = EncryptedColumn.Text(Field);

        Refused("field", () => EncryptedColumn.Text(null!));
        RefusedName("column", name => _ = new EncryptedField(name, StoredFormats.All));
        RefusedName("name", name => EncryptedColumn.Json(name, NoMembers, Field));
        RefusedName("name", name => EncryptedColumn.JsonArray(name, NoMembers, Field));
        Refused("members", () => EncryptedColumn.Json("options", null!, Field));
        Refused("members", () => EncryptedColumn.JsonArray("options", null!, Field));
        Refused("visitor", () => column.Walk(default, null!, new ArrayBufferWriter<byte>()));
        Refused("rewritten", () => column.Walk(default, new Nobody(), null!));
        RefusedName("name", name => _ = new EncryptedTable(null, name, [], [column]));
        Refused("keys", () => _ = new EncryptedTable(null, "users", null!, [column]));
        Refused("columns", () => _ = new EncryptedTable(null, "users", [], null!));
    }

    [Fact]
    public void Of_keysets()
    {
        using var keyset = KeysetManager.Generate();
        using var manager = new KeysetManager(keyset);

        Refused("keyset", () => _ = new KeysetManager(null!));
        Refused("other", () => manager.Merge(null!));
        Refused("keyFileText", () => InsecureCleartextKeyset.Read((string)null!));
        Refused("keyset", () => InsecureCleartextKeyset.Write(null!));
        Refused("keyset", () => InsecureCleartextKeyset.WriteUtf8(null!));
    }

    [Fact]
    public void Of_key_files()
    {
        using var keyset = KeysetManager.Generate();
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        RefusedName("path", path => KeyFile.Load(path));
        RefusedName("path", path => KeyFile.Create(path, keyset, held));
        Refused("keyset", () => KeyFile.Create(_folder["new.key"], null!, held));
        Refused("heldLock", () => KeyFile.Create(_folder["new.key"], keyset, null!));
        Refused("keyset", () => file.Replace(null!, held));
        Refused("heldLock", () => file.Replace(keyset, null!));
        RefusedName("path", path => file.WriteBackup(path, held));
        Refused("heldLock", () => file.WriteBackup(_folder["backup"], null!));
        RefusedName("suffix", suffix => file.WriteBeside(suffix, default, held));
        Refused("heldLock", () => file.WriteBeside(".notes", default, null!));
        RefusedName("path", path => file.WriteFile(path, default, held));
        Refused("heldLock", () => file.WriteFile(_folder["list"], default, null!));
        Refused("heldLock", () => file.RemoveLeftovers(null!));
        RefusedName("path", path => KeyFileLock.Acquire(path, TimeSpan.Zero));
        _folder.AssertUntouched();
        Assert.Equal(["pmm.key", "pmm.key.lock"], Directory.GetFiles(_folder.Root).Select(Path.GetFileName).Order());
    }

    private static void Refused(string name, Action call) => Assert.Equal(name, Assert.Throws<ArgumentNullException>(call).ParamName);

    private static void RefusedName(string argument, Action<string> call)
    {
        Refused(argument, () => call(null!));
        Assert.Equal(argument, Assert.Throws<ArgumentException>(() => call("")).ParamName);
    }

    private static void NoMembers(ref JsonSplice json) => json.Skip();

    private sealed class Nobody : IFieldVisitor
    {
        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement) => false;

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
        }
    }
}
