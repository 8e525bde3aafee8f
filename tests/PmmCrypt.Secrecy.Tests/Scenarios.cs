using Npgsql;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>What can become of the tool on an encrypted database, by name: each verb, and each way in which it fails.</summary>
internal static partial class Scenarios
{
    public static Dictionary<string, Func<Vault, Task>> All { get; } = new()
    {
        ["key verbs"] = KeyVerbsAsync,
        ["key verbs that are refused"] = KeyVerbsRefusedAsync,
        ["demo"] = vault => vault.RunAsync(0, "demo", "--folder", Path.Combine(vault.Scratch, "demo")),
        ["init, status and verify"] = ReadingAsync,
        ["rotate in each way"] = RotateAsync,
        ["rotate to the other format"] = OtherFormatAsync,
        ["prune"] = PruneAsync,
        ["another database's key"] = ForeignKeyAsync,
        ["a key file that is none"] = NoKeyFileAsync,
        ["a key file written elsewhere"] = KeyOutputAsync,
        ["a key file that is mounted by itself"] = BoundKeyFileAsync,
        ["a key file on a full disk"] = KeyFilesDiskFullAsync,
        ["a key file in a folder that is read-only"] = ReadOnlyFolderAsync,
        ["a key file that changes under a run"] = ChangedKeyFileAsync,
        ["damaged values"] = DamagedValuesAsync,
        ["values of another type"] = WrongTypeAsync,
        ["layers"] = LayersAsync,
        ["keys that are lost and found"] = LostKeysAsync,
        ["keys that are lost for good"] = KeyLossAsync,
        ["as the tool of PMM"] = AsPmmAsync,
        ["into the clear, almost"] = IntoTheClearAsync,
        ["other sessions"] = OtherSessionsAsync,
        ["locked"] = LockedAsync,
        ["shared"] = SharedAsync,
        ["interrupted"] = vault => StoppedAsync(vault, run => run.Process.Interrupt(), 6),
        ["terminated"] = vault => StoppedAsync(vault, run => run.Process.Terminate(), 6),
        ["killed"] = vault => StoppedAsync(vault, run => run.Process.Kill(), 128 + 9),
        ["the connection is lost"] = ConnectionLostAsync,
        ["the pooler dies"] = PoolerAsync,
        ["the server crashes"] = CrashAsync,
        ["the server's disk is full"] = ServersDiskFullAsync,
        ["timeouts"] = TimeoutsAsync,
        ["a replica that is behind"] = ReplicaBehindAsync,
        ["rights that fall short"] = RightsAsync,
        ["no login, no right, no server"] = NoDatabaseAsync,
        ["a login by a password"] = LoginAsync,
        ["a trigger that quotes the row"] = QuotingTriggersAsync,
        ["obstacles"] = ObstaclesAsync,
        ["nothing there"] = NothingThereAsync,
        ["a wrong command line"] = UsageAsync,
    };

    private static readonly string[] Readers = ["status", "verify", "rotate --dry-run"];
    private static readonly string[] Workers = [.. Readers, "rotate", "init"];

    private static async Task UsageAsync(Vault vault)
    {
        await vault.RunAsync(1, "rotate", "--batch-size", "0");
        await vault.RunAsync(1, "rotate", "--connection", "nonsense");
        await vault.RunAsync(1, "rotate", "--assembly", vault.KeyFile);
        await vault.RunAsync(1, "demo", "--folder", Path.GetDirectoryName(vault.KeyFile)!);
    }

    /// <summary>The next of the verbs, which take turns.</summary>
    private static IEnumerable<string> Next(int count, Queue<string> verbs)
    {
        for (var i = 0; i < count; i++)
        {
            verbs.Enqueue(verbs.Peek());
            yield return verbs.Dequeue();
        }
    }

    private static async Task DamageAsync(Vault vault, Func<string, string> damage)
    {
        const string First = "SELECT agent_id FROM agents WHERE password IS NOT NULL ORDER BY agent_id LIMIT 1";
        var id = await vault.Database.ScalarAsync<string>(First);
        var before = await vault.Database.ScalarAsync<string>("SELECT username FROM test.before WHERE agent_id = $1", id!);
        await vault.Database.ExecuteAsync("UPDATE agents SET username = $1 WHERE agent_id = $2", damage(before!), id!);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
