using System.Buffers;
using System.Text;
using CsCheck;
using Npgsql;
using NpgsqlTypes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>What the server counts by how values begin, against what a client finds that opens them.</summary>
public sealed class CountTests : PostgresTest
{
    private const int Rows = 600;

    [SkippableFact]
    public async Task What_the_server_counts_is_what_a_client_finds_that_opens_each_value()
    {
        using var older = KeysetManager.Generate();
        using var manager = new KeysetManager(older);
        manager.Promote(manager.Add());
        using var keyset = manager.ToKeyset();
        using var foreign = KeysetManager.Generate();
        using var old = new FieldCipher(older, StoredFormat.Legacy);
        using var legacy = new FieldCipher(keyset, StoredFormat.Legacy);
        using var envelope = new FieldCipher(keyset, StoredFormat.Envelope);
        using var unknown = new FieldCipher(foreign, StoredFormat.Legacy);
        Func<string>[] values =
        [
            () => "", () => "clear", () => "AQua", () => "A", () => old.Encrypt("s")!, () => legacy.Encrypt("s")!,
            () => envelope.Encrypt("a longer one")!, () => unknown.Encrypt("s")!, () => legacy.Encrypt("s")![..9], () => "pmm1$x",
        ];
        string[] others = ["null", "17", "true", "[]", "{}", """["a"]""", """{"key": "clear"}""", """{"0": "clear"}"""];
        var text = Gen.Int[-1, values.Length - 1].Select(kind => kind < 0 ? null : values[kind]());
        // What takes a row from the server's hands is rare, or it would have next to none to count.
        var member = Gen.Frequency(
            (20, Gen.Int[0, values.Length - 4].Select(kind => kind == 0 ? null : Quoted(values[kind]()))),
            (1, Gen.Int[1, values.Length - 1].Select(kind => Escaped(values[kind]()))),
            (1, Gen.Int[0, others.Length - 1].Select(kind => others[kind])));
        var document = Gen.Select(member, member, member, Gen.Int[0, 30], (secret, key, odd, shape) => shape switch
        {
            0 => null,
            1 => "\"clear\"",
            2 => "[]",
            3 => odd ?? "null",
            4 => Object(("secret", secret), ("it's", odd)),
            _ => Object(("secret", secret), ("it's", Object(("0", key), ("n", "1")))),
        });
        var rows = Gen.Select(text, document).Array[Rows].Single();
        await Database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY, password text, options jsonb)");
        await InsertAsync(rows);
        var layout = await DescribeAsync(Nested());
        var expected = new Dictionary<string, long>();
        var left = new HashSet<string>();

        var rest = new HashSet<string>();
        IReadOnlyList<ValueCount> counts;
        await using (var counted = await Store.CountAsync([layout], [keyset.Primary.Id, older.Primary.Id], default))
        {
            counts = counted.Counts;
            await foreach (var page in counted.ReadRestAsync(PageSize.Default, default))
            {
                using (page)
                    rest.UnionWith(Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString()));
            }

            Assert.Equal(Rows, counted.Rows + rest.Count);
        }

        using var all = await Store.ReadPageAsync(layout, null, new PageSize(Rows + 1, 64 << 20), null, default);
        for (var row = 0; row < all.Count; row++)
        {
            var look = new Look(legacy);
            for (var column = 0; column < 2; column++)
            {
                if (!all.IsNull(row, column))
                    layout.Columns[column].Walk(all.Column(row, column).Span, look, new ArrayBufferWriter<byte>());
            }

            if (look.HasProblem)
                left.Add(all.Key(row).ToString());
            if (rest.Contains(all.Key(row).ToString()))
                continue;
            foreach (var found in look.Found)
                expected[found] = expected.GetValueOrDefault(found) + 1;
        }

        Assert.Equal([], left.Except(rest));        // what does not open, or is of another shape, was never counted
        Assert.Equal(
            expected.Select(one => $"{one.Key}: {one.Value}").Order(),
            counts.Select(count => $"{Look.Name(count.Field, count.KeyId, count.Format)}: {count.Values}").Order());
        Assert.InRange(rest.Count, 1, Rows * 4 / 5);
        Assert.InRange(left.Count, 1, rest.Count);
    }

    [SkippableTheory]
    [InlineData("json")]
    [InlineData("text")]
    public async Task Documents_of_which_the_server_knows_nothing_are_left(string type)
    {
        await Database.ExecuteAsync($"CREATE TABLE t (id text PRIMARY KEY, password text, options {type})");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'clear', '{}'), ('2', 'clear', NULL)");

        await using var counted = await Store.CountAsync([await DescribeAsync(Table())], [1], default);

        Assert.Equal(1, counted.Rows);
        var count = Assert.Single(counted.Counts);
        Assert.Equal(("t.password", null, 1), (count.Field.ToString(), count.KeyId, count.Values));
        Assert.Equal(["1"], await RestAsync(counted));
    }

    [SkippableFact]
    public async Task A_partitioned_table_is_counted_whole_and_characters_of_other_types_too()
    {
        await Database.ExecuteAsync(
            """
            CREATE DOMAIN word AS varchar(200) COLLATE "POSIX";
            CREATE TABLE t (id text PRIMARY KEY, password word, options jsonb) PARTITION BY HASH (id);
            CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO t SELECT n::text, 'clear' FROM generate_series(1, 20) n
            """);

        await using var counted = await Store.CountAsync([await DescribeAsync(Table())], [1], default);

        Assert.Equal((20, 20), (counted.Rows, Assert.Single(counted.Counts).Values));
    }

    [SkippableFact]
    public async Task A_column_of_a_key_that_is_a_number_is_counted_as_its_text()
    {
        await Database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY, password int, options jsonb)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 17)");

        await using var counted = await Store.CountAsync([await DescribeAsync(Table())], [1], default);

        Assert.Equal(1, Assert.Single(counted.Counts).Values);
    }

    [SkippableFact]
    public async Task What_the_server_refuses_is_said_in_the_stores_words()
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync("DROP TABLE t");

        await Assert.ThrowsAsync<StoreException>(() => Store.CountAsync([layout], [1], default));
    }

    [SkippableFact]
    public async Task Many_rows_are_counted_by_several_workers()
    {
        var layout = await CreateAsync(5000);
        await Database.ExecuteAsync("ANALYZE t");
        var sql = new PrefixClasses((PostgresTable)layout, [1]).CountSql;
        await using var connection = await Database.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; EXPLAIN {sql}", connection);
        var plan = new StringBuilder();
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                plan.AppendLine(reader.GetString(0));
        }

        // Each document is fetched, and each value sorted, below the gathering.
        Assert.Contains("Partial HashAggregate", plan.ToString(), StringComparison.Ordinal);
    }

    private async Task InsertAsync((string? Text, string? Document)[] rows)
    {
        await using var connection = await Database.OpenAsync();
        await using var insert = new NpgsqlCommand(
            "INSERT INTO t SELECT n - 1, p, d::jsonb FROM unnest($1, $2) WITH ORDINALITY AS u (p, d, n)", connection);
        insert.Parameters.Add(Texts(rows.Select(row => row.Text)));
        insert.Parameters.Add(Texts(rows.Select(row => row.Document)));
        await insert.ExecuteNonQueryAsync();

        static NpgsqlParameter Texts(IEnumerable<string?> texts) =>
            new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }

    private static async Task<List<string>> RestAsync(ICountedSnapshot counted)
    {
        var keys = new List<string>();
        await foreach (var page in counted.ReadRestAsync(PageSize.Default, default))
        {
            using (page)
                keys.AddRange(Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString()));
        }

        return keys;
    }

    private static string Quoted(string text) => $"\"{text}\"";

    private static string Escaped(string text) => $"\"{string.Concat(text.Select(c => $"\\u{(int)c:x4}"))}\"";

    private static string Object(params (string Name, string? Value)[] members) =>
        $"{{{string.Join(", ", members.Where(member => member.Value is not null).Select(member => $"\"{member.Name}\": {member.Value}"))}}}";

    private static EncryptedTable Nested()
    {
        var secret = new EncryptedField("options", StoredFormats.All, "secret");
        var key = new EncryptedField("options", StoredFormats.All, "it's", "0");        // which an array has too
        return new EncryptedTable(
            null, "t", [new KeyColumn("id", KeyColumnType.Integer)],
            [EncryptedColumn.Text(new EncryptedField("password", StoredFormats.All)), EncryptedColumn.Json("options", Walk, secret, key)]);

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
                if (json.NameIs("0"u8))
                    json.Visit(key);
                else
                    json.Skip();
            }
        }
    }

    /// <summary>What a row holds, opened.</summary>
    private sealed class Look(FieldCipher cipher) : IFieldVisitor
    {
        public List<string> Found { get; } = [];

        public bool HasProblem { get; private set; }

        public static string Name(EncryptedField field, uint? keyId, StoredFormat format) => $"{field} {keyId} {format}";

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            var value = cipher.Inspect(stored);
            HasProblem |= !value.IsReadable;
            if (value.State is StoredValueState.Clear or StoredValueState.Opened)
                Found.Add(Name(field, value.State == StoredValueState.Clear ? null : value.KeyId, value.Format));
            return false;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => HasProblem = true;
    }
}
