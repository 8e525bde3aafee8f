using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Two entities of one table: of one JSON column, each with a member of its own, or of a column each.</summary>
public sealed class SharedTableTests
{
    private static readonly RotationOptions Prune = Vault.Patient with { Prune = true, Retain = TimeSpan.Zero };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_verb_does_to_the_fields_of_both_what_it_does_to_those_of_one(bool oneColumn)
    {
        var model = Model(oneColumn, "main");
        using var vault = Filled();
        await RunAsync(engine => engine.InitializeAsync(Vault.Patient, default));
        RequireSealed();
        await RunAsync(engine => engine.RotateAsync(Vault.Patient, default));
        RequireSealed();
        var inspection = await RunAsync(engine => engine.InspectAsync(Vault.Patient, default));
        Assert.Equal((6L, 0L, 0L), (inspection.Census.Opened, inspection.Census.Clear, inspection.Census.Unreadable));
        Assert.Empty((await RunAsync(engine => engine.CheckAsync(Vault.Patient.PageSize, default))).Findings);

        using var lost = KeysetManager.Generate();
        using (var heldLock = KeyFileLock.Acquire(vault["lost.key"], Vault.Moment))
            KeyFile.Create(vault["lost.key"], lost, heldLock).Dispose();
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.token', $1) WHERE id = 'b'", Vault.Seal(lost, "token of b"));
        Assert.Equal(1, (await RunAsync(engine => engine.InspectAsync(Vault.Patient, default))).Census.Unreadable);
        var repaired = await RunAsync(engine => engine.RepairAsync([vault["lost.key"]], Vault.Patient, default));
        Assert.Equal(1, repaired.LayersUnder(Assert.Single(repaired.Borrowed)));
        RequireSealed();

        Assert.Equal(2, vault.KeyIds.Count);
        await RunAsync(engine => engine.RotateAsync(Prune, default));
        Assert.Single(vault.KeyIds);
        RequireSealed();

        var decrypted = await RunAsync(engine => engine.DecryptAsync(Vault.Patient, default));
        Assert.Equal(6, decrypted.Values);
        foreach (var id in new[] { "a", "b", "c" })
            Assert.Equal($"token of {id}", Token(id));

        async Task<T> RunAsync<T>(Func<RotationEngine, Task<T>> run)
        {
            await using var store = await vault.OpenAsync();
            return await run(vault.Engine(store, model));
        }

        string? Token(string id) => vault.Stored(id, "json_extract(options, '$.token')");

        void RequireSealed()
        {
            using var keyset = vault.LoadKeyset();
            using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
            foreach (var id in new[] { "a", "b", "c" })
            {
                var other = oneColumn ? vault.Secret(id) : vault.Stored(id);
                Assert.Equal($"token of {id}", cipher.Decrypt(Token(id)));
                Assert.Equal($"secret of {id}", cipher.Decrypt(other));
                Assert.All([Token(id), other], value => Assert.Equal(keyset.Primary.Id, cipher.Inspect(value).KeyId));
                Assert.Equal("1.5", vault.Stored(id, "CAST(json_extract(options, '$.n') AS TEXT)"));
                Assert.Equal("untouched", vault.Stored(id, "other"));
            }
        }
    }

    [Fact]
    public async Task A_check_finds_what_neither_declares_once()
    {
        using var vault = Filled();
        await using var store = await vault.OpenAsync();
        var engine = vault.Engine(store, Model(oneColumn: true));
        await engine.InitializeAsync(Vault.Patient, default);
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.old', json_extract(options, '$.token')) WHERE id = 'b'");
        vault.Execute("CREATE UNIQUE INDEX i ON accounts (options)");

        var report = await engine.CheckAsync(Vault.Patient.PageSize, default);

        Assert.Equal(
            ["Unique accounts.options", "Stray accounts.options.old"],
            report.Findings.Select(finding => $"{finding.Kind} {finding.Place}"));
        Assert.StartsWith("1 ciphertext:", report.Findings[1].Meaning, StringComparison.Ordinal);
    }

    public static TheoryData<bool> Ways => [true, false];

    private static Vault Filled()
    {
        var vault = new Vault("a", "b", "c");
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.token', 'token of ' || id)");
        return vault;
    }

    private static EncryptionModel Model(bool oneColumn, string? schema = null) => new(
        "accounts.dll",
        [
            Table(null, oneColumn ? Member("secret") : EncryptedColumn.Text(new EncryptedField("password", StoredFormats.All))),
            Table(schema, Member("token")),
        ]);

    private static EncryptedTable Table(string? schema, EncryptedColumn column) =>
        new(schema, "accounts", [new KeyColumn("id", KeyColumnType.Text)], [column]);

    private static EncryptedColumn Member(string name)
    {
        var field = new EncryptedField("options", StoredFormats.All, name);
        var bytes = System.Text.Encoding.UTF8.GetBytes(name);
        return EncryptedColumn.Json(
            "options",
            (ref JsonSplice json) =>
            {
                while (json.NextMember())
                {
                    if (json.NameIs(bytes))
                        json.Visit(field);
                    else
                        json.Skip();
                }
            },
            field);
    }
}
