using System.Collections;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Pmm;
using PmmCrypt.PostgreSql;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>What a log, a debugger or a serializer shows of the types that hold keys and values, and of the errors about them.</summary>
public sealed partial class SecretTypesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SecretSearch _search = new();
    private readonly HandKeyset _keys = HandKeyset.Generate();

    public SecretTypesTests()
    {
        _search.Add(_keys);
        _keys.Save(_folder["pmm.key"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_keyset_and_its_file_show_no_byte_of_a_key()
    {
        using var file = KeyFile.Load(_folder["pmm.key"]);
        using var manager = new KeysetManager(file.Keyset);
        using var heldLock = KeyFileLock.Acquire(_folder["pmm.key"], TimeSpan.Zero);
        using var cipher = new FieldCipher(file.Keyset, StoredFormat.Legacy);

        RequireNone(file, file.Keyset, file.Keyset.Primary, file.Keyset.Keys, manager, heldLock, cipher);
        _search.RequireNone("a serialized keyset", JsonSerializer.Serialize(file.Keyset));
        _search.RequireNone("a serialized key file", JsonSerializer.Serialize(file));
        Assert.NotEmpty(_search.Find(System.Text.Encoding.ASCII.GetBytes(InsecureCleartextKeyset.Write(file.Keyset))));
    }

    [Fact]
    public void Nor_do_the_errors_of_a_text_that_is_no_key_file()
    {
        foreach (var (what, bytes) in Damage.OfKeyFile(_keys))
        {
            File.WriteAllBytes(_folder["broken.key"], bytes);
            var invalid = Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(bytes));
            var failed = Assert.Throws<KeyFileException>(() => KeyFile.Load(_folder["broken.key"]));
            RequireNone(what, invalid, failed);
        }
    }

    [Fact]
    public void Nor_does_the_refusal_to_merge_two_keys_of_one_id()
    {
        var same = HandKeyset.Generate().WithId(_keys.Primary);
        _search.Add(same);
        using var one = InsecureCleartextKeyset.Read(_keys.ToText());
        using var two = InsecureCleartextKeyset.Read(same.ToText());
        using var manager = new KeysetManager(one);

        RequireNone(Assert.Throws<KeysetOperationException>(() => manager.Merge(two)));
    }

    /// <summary>What was stored is no secret where it is a ciphertext; but what is damaged may be a plaintext, or hold one.</summary>
    [Fact]
    public void A_value_that_does_not_open_is_not_quoted()
    {
        using var keyset = InsecureCleartextKeyset.Read(_keys.ToText());
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var secret = _search.Mark("secret");
        var stored = _keys.Seal(secret);
        var field = PmmModel.Instance.Tables.SelectMany(table => table.Fields).First();
        string[] damaged =
        [
            secret, "pmm1$" + secret, stored[..12] + secret, .. Damage.OfValue.Values.Select(damage => damage(stored)),
            HandKeyset.Generate().Seal(secret),
        ];
        foreach (var value in damaged)
        {
            var inspected = cipher.Inspect(System.Text.Encoding.UTF8.GetBytes(value));
            var problem = new ValueProblem(field, new RowKey("1"), StoredValueText.Describe(inspected), inspected.Format, inspected.KeyId);
            var failure = Record.Exception(() => cipher.Decrypt(value, field));
            Assert.IsType<FieldDecryptionException>(failure);
            RequireNone(
                failure, inspected, problem,
                new RotationException(RotationFailure.Unreadable, problem.ToString(), "hint", failure) { Problems = [problem] });
        }
    }

    [Fact]
    public void A_typed_secret_is_not_shown_nor_are_the_errors_about_it()
    {
        using var keyset = InsecureCleartextKeyset.Read(_keys.ToText());
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy, ClearText.Passed);
        var field = PmmModel.Instance.Tables.SelectMany(table => table.Fields).First();
        Secret<string> secret = _search.Mark("secret");
        Secret<byte[]> bytes = System.Text.Encoding.ASCII.GetBytes(_search.Mark("bytes"));
        var clear = Secret<int>.FromStored(_search.Mark("clear"));

        RequireNone(secret, bytes, clear, new { secret, bytes, clear });
        RequireNone(
            Record.Exception(() => secret.Stored), Record.Exception(() => clear.Value),
            Record.Exception(() => JsonSerializer.Serialize(secret)), Record.Exception(() => JsonSerializer.Serialize(new { bytes })),
            Record.Exception(() => FieldChange.Decrypting(cipher).Apply(clear, SecretText.Parsable<int>(), field)),
            Record.Exception(() => FieldChange.Decrypting(cipher).Apply(
                Secret<int>.FromStored(_keys.Seal(secret.Value)), SecretText.Parsable<int>(), field)));
    }

    [Fact]
    public void A_connection_shows_no_password()
    {
        foreach (var connection in new[]
        {
            $"Host=h;Username=u;Password={_search.Marker};Database=d", $"postgres://u:{_search.Marker}@h:1/d",
            $"postgres://u@h:1/d?password={_search.Marker}",
        })
        {
            var target = new PostgresTarget(connection);
            RequireNone(target, target.DisplayName);
        }
        string[] nonsense = [$"Password={_search.Marker};nonsense", $"Host={_search.Marker};Port=x", $"postgres://u:{_search.Marker}@"];
        foreach (var wrong in nonsense)
        {
            if (Record.Exception(() => new PostgresTarget(wrong)) is { } refused) RequireNone(refused);
        }
    }

    /// <summary>A type that says something of itself is one that the tests above must know, or that holds nothing secret.</summary>
    [Fact]
    public void No_other_type_writes_itself_out()
    {
        Type[] seen =
        [
            typeof(KeyFile), typeof(Keyset), typeof(KeysetKey), typeof(ValueProblem), typeof(Secret<>),
            // names of tables and fields, keys of rows, settings, counts
            typeof(EncryptedTable), typeof(EncryptedField), typeof(RowKey), typeof(KeyColumn), typeof(KeyDecision), typeof(KeyFileLocation),
            typeof(RotationOptions), typeof(RotationReport), typeof(TableLayout), typeof(Inspection), typeof(ProbeResult),
            typeof(StoreSession), typeof(StoreLoad), typeof(PageSize), typeof(PagePosition), typeof(KeyPosition), typeof(SharedPosition),
            typeof(PlacesPosition), typeof(StrayReference), typeof(StrayReferences), typeof(ValueCount),
            typeof(Rotation.Retirement.RetirementReport), typeof(DecryptionReport), typeof(Rotation.Healing.RepairReport),
            typeof(Rotation.Healing.BorrowedKeys), typeof(Rotation.Healing.FoundKeyFile), typeof(Rotation.Losses.KeyLossReport),
            typeof(Rotation.Losses.RestorationReport), typeof(TableFacts), typeof(ColumnFacts), typeof(ColumnRule),
            typeof(Rotation.Checking.SchemaFinding), typeof(Rotation.Checking.SchemaReport),
        ];
        Assembly[] products =
        [
            typeof(Keyset).Assembly, typeof(RotationEngine).Assembly, typeof(PostgresTarget).Assembly, typeof(PmmModel).Assembly,
        ];

        var writers = products.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => !type.IsEnum && type.GetMethod("ToString", Type.EmptyTypes)?.DeclaringType == type);

        Assert.Equal([], writers.Where(type => !seen.Contains(type)).Select(type => type.FullName));
    }

    private void RequireNone(params object?[] all)
    {
        foreach (var one in all.OfType<object>())
        {
            _search.RequireNone($"what {one.GetType()} writes", $"{one}");
            foreach (var shown in InDebugger(one)) _search.RequireNone($"what a debugger shows of {one.GetType()}", shown);
            if (one is IEnumerable many and not string) RequireNone([.. many.Cast<object>()]);
            if (one is Exception { InnerException: { } inner }) RequireNone(inner);
        }
    }

    /// <summary>The display string, and each member that is not hidden from a debugger, as far as it is text or bytes.</summary>
    private static IEnumerable<string> InDebugger(object one)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var display = one.GetType().GetCustomAttribute<DebuggerDisplayAttribute>()?.Value ?? "";
        foreach (Match match in Expression().Matches(display))
        {
            var name = match.Groups["name"].Value;
            var value = one.GetType().GetProperty(name, All)?.GetValue(one) ?? one.GetType().GetMethod(name, All, [])?.Invoke(one, null);
            Assert.NotNull(value);
            yield return $"{value}";
        }
        foreach (var member in one.GetType().GetMembers(All))
        {
            if (member.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State == DebuggerBrowsableState.Never) continue;
            var value = member switch
            {
                FieldInfo field when !field.FieldType.IsByRefLike => field.GetValue(one),
                PropertyInfo { CanRead: true } property when !property.PropertyType.IsByRefLike && property.GetIndexParameters() is [] =>
                    property.GetValue(one),
                _ => null,
            };
            if (value is byte[] bytes) yield return System.Text.Encoding.Latin1.GetString(bytes);
            if (value is byte[] material) yield return Convert.ToHexString(material);
            if (value is string or ValueType) yield return $"{value}";
        }
    }

    [GeneratedRegex(@"\{(?<name>\w+)(\(\))?(,nq)?\}")]
    private static partial Regex Expression();
}
