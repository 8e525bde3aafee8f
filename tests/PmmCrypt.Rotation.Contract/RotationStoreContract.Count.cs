using System.Text.Json.Nodes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>A row is counted or left to be read, and what is counted is what it says.</content>
public abstract partial class RotationStoreContract
{
    private const string Nothing = "nothing";
    private const string Clear = "clear";
    private const string Odd = "odd";

    [SkippableFact]
    public async Task What_is_counted_and_what_is_left_come_to_every_value_of_every_row()
    {
        using var keys = new CountedKeys();
        var (first, second) = (ContractTable.Simple, ContractTable.Simple with { Name = "it's \"u\"" });
        var layouts = new[] { await CreateAsync(first), await DescribeAsync(first with { Name = "absent" }), await CreateAsync(second) };
        var expected = new Dictionary<string, long>();
        foreach (var (table, every) in new[] { (first, 1), (second, 3) })
        {
            var rows = new List<(RowKey, string?[])>();
            foreach (var (password, passwordIs) in keys.Values().Where((_, i) => i % every == 0))
            {
                foreach (var (secret, secretIs) in keys.Values())
                {
                    rows.Add((Id($"{rows.Count}"), [password, new JsonObject { ["secret"] = secret, ["other"] = "x" }.ToJsonString()]));
                    Add(expected, $"{table.Name}.password {passwordIs}", 1);
                    Add(expected, $"{table.Name}.options.secret {secretIs}", 1);
                }
            }

            await Database.InsertManyAsync(table, rows);
            Add(expected, "rows", rows.Count);
        }

        await using var counted = await Store.CountAsync(layouts, keys.Ids, default);

        var values = expected.Where(sum => !sum.Key.EndsWith(Nothing, StringComparison.Ordinal));
        Assert.Equal(values.OrderBy(sum => sum.Key), (await keys.SumAsync(counted)).OrderBy(sum => sum.Key));
        Assert.All(counted.Counts, count => Assert.True(count.Values > 0));
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"secret": null}""")]
    [InlineData("""{"secret": ""}""")]
    [InlineData("""{"secret": 17}""")]
    [InlineData("""{"secret": {"secret": "x"}}""")]
    [InlineData("[]")]
    [InlineData("17")]
    [InlineData("\"x\"")]
    [InlineData("\"{}\"")]
    public async Task A_document_that_holds_no_value_is_not_counted_as_one(string? document)
    {
        var layout = await CreateAsync(ContractTable.Simple);
        await Database.InsertAsync(ContractTable.Simple, Id("1"), null, document);
        using var keys = new CountedKeys();

        await using var counted = await Store.CountAsync([layout], keys.Ids, default);

        Assert.Empty(counted.Counts);
        Assert.Equal(1, counted.Rows + (await RestAsync(counted)).Count);
    }

    [SkippableFact]
    public async Task Each_row_is_counted_or_left_as_of_one_moment()
    {
        using var keys = new CountedKeys();
        var layout = await CreateAsync(ContractTable.Simple);
        await Database.InsertAsync(ContractTable.Simple, Id("1"), keys.Seal());
        await Database.InsertAsync(ContractTable.Simple, Id("2"), "pmm1$odd");

        var counted = await Store.CountAsync([layout], keys.Ids, default);
        await using (counted)
        {
            Assert.True(await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), "password", "pmm1$new"));
            Assert.True(await Database.TryUpdateAsync(ContractTable.Simple, Id("2"), "password", keys.Seal()));
            var rest = await RestAsync(counted);

            Assert.Equal(2, counted.Rows + rest.Count);
            Assert.Equal(1, rest.Count(row => row.StartsWith("pmm1$", StringComparison.Ordinal)));
        }

        Assert.True(await Database.TryUpdateAsync(ContractTable.Simple, Id("2"), "password", "x"), "A count that has ended holds a row.");
        using var page = await ReadPageAsync(layout);
        Assert.Equal(2, page.Count);
    }

    [SkippableFact]
    public async Task A_count_that_is_left_unread_holds_nothing_and_one_of_no_table_is_empty()
    {
        using var keys = new CountedKeys();
        var layout = await CreateAsync(ContractTable.Simple);
        await Database.InsertAsync(ContractTable.Simple, Id("1"), "pmm1$odd");
        await (await Store.CountAsync([layout], keys.Ids, default)).DisposeAsync();
        await using (var counted = await Store.CountAsync([layout], keys.Ids, default))
        {
            await foreach (var page in counted.ReadRestAsync(PageSize.Default, default))
            {
                page.Dispose();
                break;
            }
        }

        await using var none = await Store.CountAsync([], keys.Ids, default);

        Assert.Equal((0, 0, 0), (none.Rows, none.Counts.Count, (await RestAsync(none)).Count));
    }

    [SkippableFact]
    public async Task Counting_stops_when_it_is_told_to()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CountAsync([layout], [1], stop.Token));
    }

    /// <summary>The first column of each row that was not counted; an empty string for NULL.</summary>
    private static async Task<List<string>> RestAsync(ICountedSnapshot counted)
    {
        var rest = new List<string>();
        await foreach (var page in counted.ReadRestAsync(new PageSize(2, int.MaxValue), default))
        {
            using (page)
                rest.AddRange(RowsOf(page).Select(row => row.Value ?? ""));
        }

        return rest;
    }

    private static void Add(Dictionary<string, long> sums, string what, long count) => sums[what] = sums.GetValueOrDefault(what) + count;

    /// <summary>Two keys, values of every kind, and what each of them is.</summary>
    private sealed class CountedKeys : IDisposable
    {
        private readonly Keyset _one = KeysetManager.Generate();
        private readonly Keyset _other = KeysetManager.Generate();
        private readonly Keyset _unknown = KeysetManager.Generate();
        private readonly Dictionary<string, string> _labels = [];

        public IReadOnlyList<uint> Ids => [_one.Primary.Id, _other.Primary.Id];

        public string Seal() => Seal(_one, StoredFormat.Legacy, "s");

        public IEnumerable<(string? Value, string Is)> Values()
        {
            yield return (null, Nothing);
            yield return Labelled("", Nothing);
            foreach (var text in new[] { "clear", "A", "AP", "A[", "Ag", "größe 🔑", "pmm1", "PMM1$", "BQAA", "Arno", "AKIAABCDEFGHIJKLMNOP", " AQ" })
                yield return Labelled(text, Clear);
            for (var length = 1; length < 5; length++)
            {
                var secret = new string('s', length);
                foreach (var keyset in new[] { _one, _other })
                {
                    yield return Labelled(Seal(keyset, StoredFormat.Legacy, secret), Under(keyset.Primary.Id, StoredFormat.Legacy));
                    yield return Labelled(Seal(keyset, StoredFormat.Envelope, secret), Under(keyset.Primary.Id, StoredFormat.Envelope));
                }
            }

            // Of another key, or damaged, or a clear text that begins as a ciphertext does: only a client can say which.
            var sealedValue = Seal(_one, StoredFormat.Legacy, "s");
            foreach (var text in new[]
            {
                Seal(_unknown, StoredFormat.Legacy, "s"), Seal(_unknown, StoredFormat.Envelope, "s"), sealedValue[..^1], sealedValue[..40],
                sealedValue[..7], "pmm1$" + sealedValue[..^1], "pmm1$" + sealedValue[..40], "pmm1$", "pmm1$x", "AQua", "Aero", "AZ", "Af",
            })
                yield return Labelled(text, Odd);
        }

        public async Task<Dictionary<string, long>> SumAsync(ICountedSnapshot counted)
        {
            var sums = new Dictionary<string, long>();
            foreach (var count in counted.Counts)
                Add(sums, $"{count.Field} {(count.KeyId is { } id ? Under(id, count.Format) : Clear)}", count.Values);
            var rows = counted.Rows;
            await foreach (var page in counted.ReadRestAsync(new PageSize(50, int.MaxValue), default))
            {
                using (page)
                {
                    rows += page.Count;
                    for (var row = 0; row < page.Count; row++)
                    {
                        Add(sums, $"{page.Layout.Table}.password {LabelOf(Text(page, row, 0))}", 1);
                        var secret = (string?)JsonNode.Parse(Text(page, row, 1)!)!["secret"];
                        Add(sums, $"{page.Layout.Table}.options.secret {LabelOf(secret)}", 1);
                    }
                }
            }

            Add(sums, "rows", rows);
            return sums.Where(sum => !sum.Key.EndsWith(Nothing, StringComparison.Ordinal)).ToDictionary();
        }

        public void Dispose()
        {
            _one.Dispose();
            _other.Dispose();
            _unknown.Dispose();
        }

        private (string, string) Labelled(string value, string label)
        {
            _labels[value] = label;
            return (value, label);
        }

        private string LabelOf(string? value) => value is null ? Nothing : _labels[value];

        private static string Under(uint keyId, StoredFormat format) => $"{keyId} {format}";

        private static string Seal(Keyset keyset, StoredFormat format, string secret)
        {
            using var cipher = new FieldCipher(keyset, format);
            return cipher.Encrypt(secret)!;
        }
    }
}
