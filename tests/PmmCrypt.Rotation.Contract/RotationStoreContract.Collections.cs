using System.Text.RegularExpressions;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>The secrets in lists and dictionaries go through every run, each in its own place.</content>
public abstract partial class RotationStoreContract
{
    private static readonly string?[][] Documents =
    [
        [
            """[{"n": 1.50, "url": "a", "token": "t1"},  {"token": "t2"}, null, {"url": "c", "token": ""}]""",
            """
            {"z": [{"secret": "no"}], "routes": [{"path": "/", "more": {"secret": "no"}, "secret": "s1", "targets": [{"token": "t3"}, {}]},
              {"secret": null}], "labels": {"ä": "l1", "b": null, "": "l2"}}
            """,
            """{"x-key": "h1", "empty": ""}""",
            """{"eu": {"n": [1, 2.0], "token": "v1"}, "us": {"token": "v2"}, "none": null}""",
        ],
        [null, null, null, null],
        ["[]", """{"routes": [], "labels": {}}""", "{}", "null"],
        ["\"[{\\\"token\\\": \\\"t4\\\", \\\"n\\\": 1.50}]\"", """{"routes": null, "labels": {"token": "l3"}}""", null, "{}"],
    ];

    [SkippableFact]
    public async Task Secrets_in_lists_and_dictionaries_are_encrypted_counted_rotated_and_put_into_the_clear()
    {
        using var gateways = await GatewaysAsync(Documents);
        var before = await gateways.StoredAsync();
        Dictionary<string, long> every = new()
        {
            ["endpoints[].token"] = 3, ["options.routes[].secret"] = 1, ["options.routes[].targets[].token"] = 1,
            ["options.labels.*"] = 3, ["headers.*"] = 1, ["servers.*.token"] = 2,
        };

        var (made, _) = await gateways.Engine.InitializeAsync(Gateways.Patient, default);
        Assert.Equal((11, 0, 0), (made.Verified!.Opened, made.Verified.Clear, made.Verified.Unreadable));
        Assert.Equal(before, await gateways.PlainAsync(made.PrimaryKeyId));

        var rotated = await gateways.Engine.RotateAsync(Gateways.Patient, default);
        Assert.NotEqual(made.PrimaryKeyId, rotated.PrimaryKeyId);
        Assert.Equal((11, 0), (rotated.Verified!.Opened, rotated.Verified.Stale));
        Assert.Equal(before, await gateways.PlainAsync(rotated.PrimaryKeyId));

        foreach (var seen in new[]
        {
            await gateways.Engine.InspectAsync(Gateways.Patient, default), await gateways.Engine.SurveyAsync(Gateways.Patient, default),
        })
        {
            Assert.Equal(4, seen.Census.Rows);
            Assert.Equal(every, seen.Census.Fields.ToDictionary(field => field.Field.Name, field => field.Opened));
            Assert.All(seen.Census.Fields, field => Assert.Equal(rotated.PrimaryKeyId, Assert.Single(field.Encrypted).Key.KeyId));
        }

        Assert.Empty((await gateways.Engine.CheckAsync(PageSize.Default, default)).Findings);
        var decrypted = await gateways.Engine.DecryptAsync(Gateways.Patient, default);
        Assert.Equal(11, decrypted.Values);
        Assert.Equal(before, await gateways.StoredAsync());
    }

    [SkippableFact]
    public async Task A_check_finds_what_is_in_the_clear_in_a_list_and_a_ciphertext_beside_its_fields()
    {
        using var gateways = await GatewaysAsync(Documents);
        await gateways.Engine.InitializeAsync(Gateways.Patient, default);
        var value = gateways.Seal("s");
        await Database.InsertAsync(
            Gateway.Stored, new RowKey(9L), $$"""[{"token": "clear", "url": "{{value}}"}, {"token": {"token": "{{value}}"} }]""",
            $$"""{"labels": {"a": "{{value}}"}, "other": {"a": "{{value}}"} }""");

        var report = await gateways.Engine.CheckAsync(PageSize.Default, default);

        Assert.Equal(
            ["gateways.endpoints.[].token.token: Stray", "gateways.endpoints.[].url: Stray", "gateways.endpoints[].token: Clear",
                "gateways.options.other.a: Stray"],
            report.Findings.Select(finding => $"{finding.Place}: {finding.Kind}").Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task What_is_no_list_or_has_something_else_in_it_is_named_and_nothing_starts()
    {
        using var gateways = await GatewaysAsync(Documents);
        await gateways.Engine.InitializeAsync(Gateways.Patient, default);
        await Database.InsertAsync(
            Gateway.Stored, new RowKey(9L),
            """{"token": "x"}""", """{"routes": [17], "labels": ["x"]}""", """{"a": 1}""", """{"a": "x"}""");

        var refused = await Assert.ThrowsAsync<RotationException>(() => gateways.Engine.RotateAsync(Gateways.Patient, default));

        Assert.Equal(RotationFailure.Unreadable, refused.Failure);
        Assert.Equal(
            [
                "gateways 9 endpoints[].token: a JSON array was expected", "gateways 9 headers.*: a JSON string was expected",
                "gateways 9 options.labels.*: a JSON object was expected", "gateways 9 options.routes[].secret: a JSON object was expected",
                "gateways 9 servers.*.token: a JSON object was expected",
            ],
            refused.Problems.Select(problem => problem.ToString()).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task What_was_lost_of_a_list_or_a_dictionary_goes_back_to_its_own_element_and_key()
    {
        using var gateways = await GatewaysAsync([]);
        await gateways.Engine.InitializeAsync(Gateways.Patient, default);
        Func<string, string> lost = gateways.SealLost, kept = gateways.Seal;
        await Database.InsertAsync(
            Gateway.Stored, new RowKey(1L),
            $$"""
            [{"url": "a", "token": "{{lost("t1")}}"},
             {"url": "b", "token": "{{kept("t2")}}"}, {"url": "c", "token": "{{lost("t3")}}"}]
            """,
            $$"""
            {"routes": [{"path": "a", "targets": [{"token": "{{lost("t4")}}"}, {"token": "{{kept("t5")}}"}, {"token": "{{lost("t6")}}"}]},
             {"path": "b", "targets": [{"token": "{{lost("t7")}}"}]}], "labels": {"y": "{{lost("l1")}}", "x": "{{kept("l2")}}"} }
            """,
            $$"""{"b": "{{lost("h1")}}", "a": "{{lost("h2")}}"}""");
        var before = await gateways.PlainAsync();

        var report = await gateways.Engine.RotateAsync(Gateways.Patient with { AcceptKeyLoss = [gateways.LostId] }, default);

        Assert.Equal(8, report.Loss!.Count);
        AssertJson(
            """[{"url": "a", "token": ""}, {"url": "b", "token": "t2"}, {"url": "c", "token": ""}]""", (await gateways.PlainAsync())[0]);
        // As a service writes it that has loaded it: spaced in another way, the list's elements and the dictionary's keys in another order.
        var stored = (await gateways.StoredAsync())[0]!;
        var parts = Elements().Matches(stored).Select(match => match.Value).ToArray();
        Assert.Equal(3, parts.Length);
        await UpdateAsync("endpoints", $"[ {parts[2]}  ,\n{{\"url\": \"new\", \"token\": \"\"}}, {parts[1]},{parts[0]}]");
        await UpdateAsync("headers", """{"a":"", "new": "", "b":""}""");

        var restored = await gateways.RestoreAsync(report.Loss.Files);

        Assert.Equal((8, 0, 0, 0L), (restored.Restored.Count, restored.Left.Count, restored.Unopened.Count, restored.InPlace));
        var after = await gateways.PlainAsync();
        AssertJson(
            """[{"url": "c", "token": "t3"}, {"url": "new", "token": ""}, {"url": "b", "token": "t2"}, {"url": "a", "token": "t1"}]""",
            after[0]);
        Assert.Equal(before[1], after[1]);
        AssertJson("""{"a": "h2", "new": "", "b": "h1"}""", after[2]);
        Assert.Equal(8, (await gateways.RestoreAsync(report.Loss.Files)).InPlace);
    }

    [SkippableFact]
    public async Task An_element_that_is_gone_or_has_changed_gets_no_others_value()
    {
        using var gateways = await GatewaysAsync([]);
        await gateways.Engine.InitializeAsync(Gateways.Patient, default);
        Func<string, string> lost = gateways.SealLost, kept = gateways.Seal;
        await Database.InsertAsync(
            Gateway.Stored, new RowKey(1L),
            $$"""
            [{"url": "a", "token": "{{lost("t1")}}"},
             {"url": "b", "token": "{{lost("t2")}}"}, {"url": "c", "token": "{{lost("t3")}}"}]
            """,
            $$"""{"routes": [{"secret": "{{lost("s1")}}"}, {"secret": "{{lost("s2")}}"}, {"secret": "{{kept("s3")}}"}]}""",
            $$"""{"a": "{{lost("h1")}}", "b": "{{lost("h2")}}"}""");
        var report = await gateways.Engine.RotateAsync(Gateways.Patient with { AcceptKeyLoss = [gateways.LostId] }, default);
        // The first is gone, the second is another; of elements that nothing tells apart there is one less; and a dictionary's key is gone.
        await UpdateAsync("endpoints", """[{"url": "B", "token": ""}, {"url": "c", "token": ""}]""");
        await UpdateAsync("options", """{"routes": [{"secret": ""}, {"secret": ""}]}""");
        await UpdateAsync("headers", """{"b": "", "c": ""}""");

        var restored = await gateways.RestoreAsync(report.Loss!.Files);

        var after = await gateways.PlainAsync();
        AssertJson("""[{"url": "B", "token": ""}, {"url": "c", "token": "t3"}]""", after[0]);
        AssertJson("""{"routes": [{"secret": ""}, {"secret": ""}]}""", after[1]);
        AssertJson("""{"b": "h2", "c": ""}""", after[2]);
        Assert.Equal(
            ["gateways 1 endpoints[].token", "gateways 1 headers.*"],
            restored.Restored.Select(value => $"{value.Field.Table} {value.Row} {value.Field.Name}"));
        Assert.Equal(
            [
                "endpoints[].token: its element of the list is gone, or has changed",
                "endpoints[].token: its element of the list is gone, or has changed",
                "headers.*: its place is gone", "options.routes[].secret: its element of the list is gone, or has changed",
                "options.routes[].secret: its element of the list is gone, or has changed",
            ],
            restored.Left.Select(value => $"{value.Field.Name}: {value.What}").Order(StringComparer.Ordinal));
        Assert.False(restored.IsWhole);
    }

    [GeneratedRegex("""\{[^{}]*\}""")]
    private static partial Regex Elements();

    private async Task UpdateAsync(string column, string value) =>
        Assert.True(await Database.TryUpdateAsync(Gateway.Stored, new RowKey(1L), column, value));

    private async Task<Gateways> GatewaysAsync(string?[][] documents)
    {
        await Database.CreateAsync(Gateway.Stored);
        await Database.InsertManyAsync(Gateway.Stored, documents.Select((values, id) => (new RowKey(id + 1L), values)));
        return new Gateways(Database, Store, Math.Max(1, documents.Length));
    }

    /// <summary>A service's table, key file and lost key.</summary>
    private sealed partial class Gateways : IRotationObserver, IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pmm-crypt-");
        private readonly Keyset _lost = KeysetManager.Generate();
        private readonly ContractDatabase _database;
        private readonly int _rows;

        public Gateways(ContractDatabase database, IRotationStore store, int rows)
        {
            (_database, _rows) = (database, rows);
            Engine = new RotationEngine(
                store, new EncryptionModel("gateways.dll", [Gateway.EncryptedTable]),
                new KeyFileLocation(KeyPath, []), this, TimeProvider.System);
        }

        public static RotationOptions Patient { get; } = new() { Online = true, PageSize = new PageSize(2, 1 << 20) };

        public RotationEngine Engine { get; }

        public uint LostId => _lost.Primary.Id;

        private string KeyPath => Path.Combine(_folder.FullName, "service.key");

        /// <summary>The documents of every row, as they are stored.</summary>
        public async Task<List<string?>> StoredAsync()
        {
            var documents = new List<string?>();
            for (var id = 1L; id <= _rows; id++)
            {
                foreach (var column in Gateway.Stored.Jsons)
                    documents.Add(await _database.ReadAsync(Gateway.Stored, new RowKey(id), column));
            }

            return documents;
        }

        /// <summary>The same with the secret in the place of each ciphertext; each is under that key where one is named.</summary>
        public async Task<List<string?>> PlainAsync(uint? keyId = null)
        {
            using var keys = KeyFile.Load(KeyPath);
            using var all = new KeysetManager(keys.Keyset);
            all.Merge(_lost);
            using var keyset = all.ToKeyset();
            using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
            return [.. (await StoredAsync()).Select(document => document is null ? null : Ciphertexts().Replace(document, match =>
            {
                Assert.True(keyId is null || cipher.Inspect(match.Value).KeyId == keyId, "A value is under another key.");
                return cipher.Decrypt(match.Value)!;
            }))];
        }

        /// <summary>A value as a service writes it.</summary>
        public string Seal(string secret)
        {
            using var keys = KeyFile.Load(KeyPath);
            return Seal(keys.Keyset, secret);
        }

        /// <summary>A value under the lost key.</summary>
        public string SealLost(string secret) => Seal(_lost, secret);

        /// <summary>Puts back what was moved into these files, with the key that was lost.</summary>
        public async Task<RestorationReport> RestoreAsync(IReadOnlyList<string> files)
        {
            var found = Path.Combine(_folder.FullName, "found.key");
            if (!File.Exists(found))
            {
                using var heldLock = KeyFileLock.Acquire(found, Moment);
                KeyFile.Create(found, _lost, heldLock).Dispose();
            }

            return await Engine.RestoreAsync(Assert.Single(files), [found], Patient, default);
        }

        public void Dispose()
        {
            _lost.Dispose();
            _folder.Delete(recursive: true);
        }

        void IRotationObserver.Phase(RotationPhase phase)
        {
        }

        void IRotationObserver.Progress(long rows, long? total)
        {
        }

        void IRotationObserver.Note(string message)
        {
        }

        void IRotationObserver.Warn(string message)
        {
        }

        void IRotationObserver.Reached(string step)
        {
        }

        [GeneratedRegex("A[A-Za-z0-9+/]{43,}={0,2}")]
        private static partial Regex Ciphertexts();

        private static string Seal(Keyset keyset, string secret)
        {
            using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
            return cipher.Encrypt(secret)!;
        }
    }
}
