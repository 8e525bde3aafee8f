using System.Buffers;
using System.Globalization;
using System.Text;
using CsCheck;
using Npgsql;
using NpgsqlTypes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>
/// The server's look at nested members against the client's: what the server leaves out, the walk of a whole document must find done too.
/// </summary>
public sealed class DonePathTests : PostgresTest
{
    private const int Rows = 600;

    [SkippableFact]
    public async Task A_row_that_a_client_finds_stale_is_never_left_out_however_its_document_is_nested()
    {
        using var older = KeysetManager.Generate();
        using var manager = new KeysetManager(older);
        var primary = manager.Add();
        manager.Promote(primary);
        using var keyset = manager.ToKeyset();
        using var stale = new FieldCipher(older, StoredFormat.Legacy);
        using var legacy = new FieldCipher(keyset, StoredFormat.Legacy);
        using var envelope = new FieldCipher(keyset, StoredFormat.Envelope);
        Func<string>[] values =
        [
            () => "", () => "clear", () => stale.Encrypt("s")!, () => legacy.Encrypt("s")!, () => envelope.Encrypt("s")!,
            () => legacy.Encrypt("s")![..7],
        ];
        string[] others = ["null", "17", "true", "[]", "{}", """["a"]""", """{"key": "clear"}"""];
        var member = Gen.Int[0, (2 * values.Length) + others.Length].Select(Member);
        // {"secret": …, "it's": {"key": …, "n": 1}}, with each part there or not, and in place of the inner object anything else.
        var document = Gen.Select(member, member, member, Gen.Int[0, 9], (secret, key, odd, shape) => shape switch
        {
            0 => null,
            1 => "\"clear\"",
            2 => "[]",
            3 => odd ?? "null",
            4 => Object(("secret", secret), ("it's", odd)),
            _ => Object(("secret", secret), ("it's", Object(("key", key), ("n", "1")))),
        });
        var documents = document.Array[Rows].Single();
        await Database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, options jsonb)");
        await using (var connection = await Database.OpenAsync())
        {
            await using var insert = new NpgsqlCommand(
                "INSERT INTO t SELECT n - 1, d::jsonb FROM unnest($1) WITH ORDINALITY AS u (d, n)", connection);
            insert.Parameters.Add(new NpgsqlParameter { Value = documents, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            await insert.ExecuteNonQueryAsync();
        }

        var layout = await DescribeAsync(Nested());

        var shown = await KeysAsync(layout, primary);
        using var all = await Store.ReadPageAsync(layout, null, new PageSize(Rows + 1, 64 << 20), null, default);
        Assert.Equal(Rows, all.Count);
        var stillToDo = new List<string>();
        for (var row = 0; row < all.Count; row++)
        {
            if (!IsDone(all, row, primary))
                stillToDo.Add(all.Key(row).ToString());
        }

        Assert.Equal([], stillToDo.Except(shown).Select(row => documents[int.Parse(row, CultureInfo.InvariantCulture)]).Distinct());
        Assert.InRange(stillToDo.Count, Rows / 5, Rows - (Rows / 10));      // both kinds are there
        Assert.True(shown.Count < Rows - (Rows / 10), "The server left out next to nothing.");

        // A member that is absent, or has a value, in each of the spellings that JSON has for it.
        string? Member(int kind) => kind switch
        {
            0 => null,
            _ when kind <= values.Length => Quoted(values[kind - 1]()),
            _ when kind <= 2 * values.Length => "\"" + string.Concat(values[kind - values.Length - 1]().Select(c => $"\\u{(int)c:x4}")) + "\"",
            _ => others[kind - (2 * values.Length) - 1],
        };
    }

    [SkippableTheory]
    [InlineData("{}")]
    [InlineData("""{"secret": null}""")]
    [InlineData("""{"it's": {}}""")]
    [InlineData("""{"it's": null}""")]
    [InlineData("""{"secret": "", "it's": {"key": "", "n": "clear"}, "other": "clear"}""")]
    public async Task A_document_without_a_secret_is_left_out(string document)
    {
        await Database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, options jsonb)");
        await Database.ExecuteAsync("INSERT INTO t VALUES (1, $1::jsonb)", document);

        Assert.Empty(await KeysAsync(await DescribeAsync(Nested()), 4711));
    }

    [SkippableFact]
    public async Task What_is_done_under_another_key_is_not_left_out()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        await Database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, options jsonb)");
        for (var i = 0; i < 40; i++)        // each of the four beginnings that the nonce leaves open
            await Database.ExecuteAsync("INSERT INTO t VALUES ($1, jsonb_build_object('secret', $2))", i, cipher.Encrypt("s")!);
        var layout = await DescribeAsync(Nested());

        Assert.Empty(await KeysAsync(layout, keyset.Primary.Id));
        Assert.Equal(40, (await KeysAsync(layout, keyset.Primary.Id ^ 1)).Count);
        Assert.Equal(40, (await KeysAsync(layout, keyset.Primary.Id ^ 0x80000000)).Count);
    }

    private async Task<List<string>> KeysAsync(TableLayout layout, uint doneUnder)
    {
        using var page = await Store.ReadPageAsync(layout, null, new PageSize(Rows + 1, 64 << 20), doneUnder, default);
        Assert.True(page.IsLast);
        return [.. Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString())];
    }

    private static bool IsDone(RowPage page, int row, uint primary)
    {
        if (page.IsNull(row, 0))
            return true;
        var look = new Look(primary);
        page.Layout.Columns[0].Walk(page.Column(row, 0).Span, look, new ArrayBufferWriter<byte>());
        return look.IsDone;
    }

    private static string Quoted(string text) => $"\"{text}\"";

    private static string Object(params (string Name, string? Value)[] members) =>
        $"{{{string.Join(", ", members.Where(member => member.Value is not null).Select(member => $"\"{member.Name}\": {member.Value}"))}}}";

    private static EncryptedTable Nested()
    {
        var secret = new EncryptedField("options", StoredFormats.All, "secret");
        var key = new EncryptedField("options", StoredFormats.All, "it's", "key");
        return new EncryptedTable(
            null, "t", [new KeyColumn("id", KeyColumnType.Integer)], [EncryptedColumn.Json("options", Walk, secret, key)]);

        void Walk(ref JsonSplice json)
        {
            while (json.NextMember())
            {
                if (json.NameIs("secret"u8))
                    json.Visit(secret);
                else if (!json.NameIs("it's"u8))
                    json.Skip();
                else if (json.EnterObject(key))
                    WalkInner(ref json);
            }
        }

        void WalkInner(ref JsonSplice json)
        {
            while (json.NextMember())
            {
                if (json.NameIs("key"u8))
                    json.Visit(key);
                else
                    json.Skip();
            }
        }
    }

    /// <summary>Whether every value is empty or names the primary key in its first bytes, and nothing is malformed.</summary>
    private sealed class Look(uint primary) : IFieldVisitor
    {
        public bool IsDone { get; private set; } = true;

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            var text = Encoding.UTF8.GetString(stored);
            if (text.StartsWith("pmm1$", StringComparison.Ordinal))
                text = text["pmm1$".Length..];
            Span<byte> head = stackalloc byte[6];
            IsDone &= text.Length >= 7 && Convert.TryFromBase64String(text[..7] + "A", head, out var size) && size == 6
                && Convert.ToHexString(head[..5]) == "01" + primary.ToString("X8", CultureInfo.InvariantCulture);
            return false;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => IsDone = false;
    }
}
