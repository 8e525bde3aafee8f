using System.Text;
using System.Text.Json.Nodes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The file of values under lost keys, of a table whose rows have keys of several columns of all types.</summary>
public sealed class LossFileTests : IDisposable
{
    private static readonly Guid Id = new("0f8fad5b-d9cb-469f-a165-70867728950e");
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(1));

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
    private readonly EncryptedTable _table = new(
        "app", "accounts",
        [
            new KeyColumn("number", KeyColumnType.Integer), new KeyColumn("is_main", KeyColumnType.Boolean),
            new KeyColumn("id", KeyColumnType.Guid), new KeyColumn("name", KeyColumnType.Text),
        ],
        [
            EncryptedColumn.Text(new EncryptedField("password", StoredFormats.All)),
            EncryptedColumn.Text(new EncryptedField("token", StoredFormats.All)),
        ]);

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(long.MinValue, true, "a")]
    [InlineData(0L, false, "")]
    [InlineData(long.MaxValue, false, "17")]
    public void A_row_is_found_again_by_its_key(long number, bool isMain, string name)
    {
        var key = new RowKey(number, isMain, Id, name);

        var rows = Row(Write(key));

        Assert.Equal(number, (long)rows["number"]!);
        Assert.Equal(isMain, (bool)rows["is_main"]!);
        Assert.Equal("0f8fad5b-d9cb-469f-a165-70867728950e", (string)rows["id"]!);
        Assert.Equal(name, (string)rows["name"]!);
        var (found, values) = Assert.Single(Read().In(_table));
        Assert.Equal(LossFile.KeyText(key), found);
        Assert.Equal("password", Assert.Single(values).Key.Field.Name);
        Assert.StartsWith("pmm1$", Encoding.ASCII.GetString(values.Values.Single()), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_differ_are_different_rows()
    {
        RowKey[] keys = [new(1L, true, Id, "a"), new(1L, false, Id, "a"), new(11L, true, Id, ""), new(1L, true, Guid.Empty, "a")];
        Write(keys);

        Assert.Equal(keys.Select(LossFile.KeyText).Order(StringComparer.Ordinal), Read().In(_table).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void It_says_when_it_was_made_by_which_key_file_and_under_which_keys()
    {
        var file = Write(new RowKey(1L, true, Id, "a"));

        Assert.Equal("2026-03-04T04:06:07Z", (string)file["created_at"]!);
        Assert.Equal("/srv/pmm.key", (string)file["key_path"]!);
        Assert.Equal([7u, 8u], file["lost_keys"]!.AsArray().Select(id => (uint)id!));
        Assert.Equal([7u, 8u], Read().LostKeys!.Order());
        Assert.Equal([_table], Read().Tables);
    }

    [Fact]
    public void Of_a_table_that_it_has_nothing_of_it_has_no_row()
    {
        Write(new RowKey(1L, true, Id, "a"));
        Assert.Empty(Read().In(MadeUp.Accounts.Table));

        var file = Write();

        Assert.Empty(file["tables"]!.AsObject());
        Assert.Empty(Read().Tables);
    }

    [Fact]
    public void Of_elements_that_are_alike_each_value_is_its_own_elements()
    {
        var token = new EncryptedField("list", StoredFormats.All, EncryptedField.EachElement, "token");
        var column = EncryptedColumn.JsonArray(
            "list",
            (ref JsonSplice json) =>
            {
                while (json.NextMember())
                {
                    if (json.NameIs("token"u8))
                        json.Visit(token);
                    else
                        json.Skip();
                }
            },
            token);
        var table = new EncryptedTable(null, "t", [new KeyColumn("id", KeyColumnType.Text)], [column]);
        File.WriteAllText(
            _path,
            """
            {"created_at": "then", "tables": {"t": [
              {"id": "a", "list": [{"token": ""}, {"token": "lost"}]}, {"id": "b", "list": [{"token": "lost"}, {"token": ""}]}
            ]}}
            """);

        var rows = LossFile.Read(_path, new EncryptionModel("a service", [table])).In(table);

        Assert.NotEqual(Assert.Single(rows["a"]).Key, Assert.Single(rows["b"]).Key);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("1.5")]
    public void A_row_without_its_key_is_none(string key)
    {
        File.WriteAllText(
            _path, """{"created_at": "then", "tables": {"app.accounts": [{"number": KEY, "is_main": true, "id": "x", "name": "a"}]}}"""
                .Replace("KEY", key, StringComparison.Ordinal));

        var refused = Assert.Throws<RotationException>(Read);

        Assert.Equal(
            (RotationFailure.Refused, $"{_path} is no backup of encrypted values", "name a file such as "
                + "pmm-encryption-migration-backup-….json, as it was written"),
            (refused.Failure, refused.Message, refused.Hint));
    }

    [Fact]
    public void One_that_cannot_be_read_is_said_not_to_be()
    {
        var refused = Assert.Throws<RotationException>(Read);

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.StartsWith($"{_path} cannot be read: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("run this as the user that it belongs to, or as root", refused.Hint);
    }

    private static JsonNode Row(JsonNode file) => file["tables"]!["app.accounts"]![0]!;

    private LossFile Read() => LossFile.Read(_path, new EncryptionModel("a service", [_table]));

    /// <summary>A file of rows whose passwords are lost.</summary>
    private JsonNode Write(params RowKey[] keys)
    {
        using var lost = KeysetManager.Generate();
        using var sealing = new FieldCipher(lost, StoredFormat.Envelope);
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Envelope);
        var layout = new TableLayout(_table, _table.Columns, []);
        using var page = new RowPage(layout);
        foreach (var key in keys)
        {
            page.Begin(key);
            page.Add(Encoding.ASCII.GetBytes(sealing.Encrypt("secret")!));
            page.Add(Encoding.ASCII.GetBytes(cipher.Encrypt("another")!));
        }

        var found = new LostFinder(layout, null, cipher, [lost.Primary.Id]).Find(page);
        File.WriteAllBytes(_path, LossFile.Write([(page, found)], "/srv/pmm.key", [7u, 8u], Now));
        return JsonNode.Parse(File.ReadAllText(_path))!;
    }
}
