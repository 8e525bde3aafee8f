using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Tests;

/// <summary>An entity whose secrets are no strings: encrypted, stored, rotated, and read back by what the generator wrote for it.</summary>
public sealed class SecretRotationTests : IDisposable
{
    private static readonly EncryptionModel People = new("people.dll", [Person.EncryptedTable]);

    private readonly Vault _vault = new();

    public SecretRotationTests() => _vault.Execute(
        """
        CREATE TABLE people (
            id INTEGER PRIMARY KEY, token TEXT, seen TEXT, salary TEXT, pin TEXT, rights TEXT, picture TEXT, options TEXT)
        """);

    public void Dispose() => _vault.Dispose();

    [Fact]
    public async Task Each_value_is_under_the_new_key_and_what_it_was()
    {
        await ManageAsync(engine => engine.InitializeAsync(Vault.Patient, default));
        using (var cipher = Cipher())
        {
            Save(Ann(), cipher);
            Save(new Person { Id = 2 }, cipher);
        }

        var first = _vault.Primary;
        await ManageAsync(engine => engine.RotateAsync(Vault.Patient, default));

        Assert.NotEqual(first, _vault.Primary);
        using var rotated = Cipher();
        var stored = Load(1);
        foreach (var text in Texts(stored))
            Assert.Equal((StoredValueState.Opened, _vault.Primary), (rotated.Inspect(text).State, rotated.Inspect(text).KeyId));
        AssertSame(Ann(), Decrypted(stored, rotated));
        Assert.All(Texts(Load(2)), Assert.Null);
        AssertSame(new Person { Id = 2 }, Decrypted(Load(2), rotated));
    }

    /// <summary>What columns of those types held, as text, before anybody thought of encryption.</summary>
    [Fact]
    public async Task What_is_in_the_clear_is_encrypted_by_init_and_read()
    {
        _vault.Execute(
            """
            INSERT INTO people VALUES (
                1, '0f8fad5b-d9cb-469f-a165-70867728950e', '2024-02-29 23:59:59+01:00', '1234.50', '-17', '2', 'AQID',
                '{"born": "1999-12-31", "n": 1.50}')
            """);
        await ManageAsync(engine => engine.InitializeAsync(Vault.Patient, default));

        using var cipher = Cipher();
        var ann = Decrypted(Load(1), cipher);

        var seen = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(1));
        Assert.Equal(Ann().Token, ann.Token);
        Assert.Equal((seen, 1234.50m), (ann.Seen!.Value.Value, ann.Salary.Value));
        Assert.Equal((-17, (Rights)2), (ann.Pin.Value, ann.Rights.Value));
        Assert.Equal([1, 2, 3], ann.Picture.Value);
        Assert.Equal(new DateOnly(1999, 12, 31), ann.Options!.Born.Value);
    }

    [Fact]
    public async Task A_value_that_is_none_of_its_type_is_named_by_its_field()
    {
        _vault.Execute("INSERT INTO people (id, pin, options) VALUES (1, '17', '{\"born\": \"MARKED-SECRET\"}')");
        await ManageAsync(engine => engine.InitializeAsync(Vault.Patient, default));

        using var cipher = Cipher();
        var failure = Assert.Throws<FieldDecryptionException>(() => Decrypted(Load(1), cipher));

        Assert.Equal("people.options.born", failure.Field!.ToString());
        Assert.Contains("no DateOnly", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_encrypted_cannot_be_saved() => Assert.Throws<InvalidOperationException>(() => Save(Ann(), null));

    private static Person Ann() => new()
    {
        Id = 1,
        Token = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
        Seen = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(-9.5)),
        Salary = 1234.50m,
        Pin = -17,
        Rights = Rights.All,
        Picture = new byte[] { 0, 1, 255 },
        Options = new PersonOptions { Born = new DateOnly(1999, 12, 31) },
    };

    private static string?[] Texts(Person person) =>
    [
        person.Token.Stored, person.Seen?.Stored, person.Salary.Stored, person.Pin.Stored, person.Rights.Stored, person.Picture.Stored,
        person.Options?.Born.Stored,
    ];

    private static void AssertSame(Person expected, Person actual)
    {
        Assert.Equal((expected.Token, expected.Seen, expected.Salary), (actual.Token, actual.Seen, actual.Salary));
        Assert.Equal((expected.Pin, expected.Rights, expected.Picture), (actual.Pin, actual.Rights, actual.Picture));
        Assert.Equal(expected.Options?.Born, actual.Options?.Born);
    }

    private static Person Decrypted(Person person, FieldCipher cipher)
    {
        person.DecryptFields(cipher);
        return person;
    }

    private async Task ManageAsync(Func<RotationEngine, Task> act)
    {
        await using var store = await _vault.OpenAsync();
        await act(_vault.Engine(store, People));
    }

    private FieldCipher Cipher()
    {
        using var keyset = _vault.LoadKeyset();
        return new FieldCipher(keyset, StoredFormat.Legacy);
    }

    private void Save(Person person, FieldCipher? cipher)
    {
        if (cipher is not null)
            person.EncryptFields(cipher);
        _vault.Execute(
            "INSERT INTO people VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                person.Id, .. Texts(person)[..^1].Select(text => text ?? (object)DBNull.Value),
                person.Options is null ? DBNull.Value : JsonSerializer.Serialize(person.Options),
            ]);
    }

    private Person Load(int id)
    {
        using var connection = new SqliteConnection($"Data Source={_vault["service.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM people WHERE id = {id}";
        using var row = command.ExecuteReader();
        Assert.True(row.Read());
        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        return new Person
        {
            Id = id,
            Token = Secret<Guid>.FromStored(Text(1)),
            Seen = Text(2) is { } seen ? Secret<DateTimeOffset>.FromStored(seen) : null,
            Salary = Secret<decimal>.FromStored(Text(3)),
            Pin = Secret<int>.FromStored(Text(4)),
            Rights = Secret<Rights>.FromStored(Text(5)),
            Picture = Secret<byte[]>.FromStored(Text(6)),
            Options = Text(7) is { } options ? JsonSerializer.Deserialize<PersonOptions>(options) : null,
        };
    }
}

internal enum Rights
{
    None,
    Some,
    All,
}

[Table("people")]
internal sealed partial class Person
{
    [Key, Column("id")]
    public int Id { get; init; }

    [Encrypted, Column("token")]
    public Secret<Guid> Token { get; set; }

    [Encrypted, Column("seen")]
    public Secret<DateTimeOffset>? Seen { get; set; }

    [Encrypted, Column("salary")]
    public Secret<decimal> Salary { get; set; }

    [Encrypted, Column("pin")]
    public Secret<int> Pin { get; set; }

    [Encrypted, Column("rights")]
    public Secret<Rights> Rights { get; set; }

    [Encrypted, Column("picture")]
    public Secret<byte[]> Picture { get; set; }

    [Column("options")]
    public PersonOptions? Options { get; set; }
}

internal sealed partial class PersonOptions
{
    [Encrypted, JsonPropertyName("born")]
    public Secret<DateOnly> Born { get; set; }
}
