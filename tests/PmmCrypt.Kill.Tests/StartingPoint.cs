using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>A database and its key file as a scenario finds them. Every run is on a copy.</summary>
internal sealed class StartingPoint : IAsyncDisposable
{
    /// <summary>The id of the key that is lost where one is.</summary>
    public const uint LostKey = 4_000_000_001;

    private const int Agents = 40;

    /// <summary>The key that is lost: the tests have it.</summary>
    public static readonly HandKeyset Lost = HandKeyset.Generate().WithId(LostKey);

    private readonly TempFolder _folder = new();
    private readonly PmmDatabase? _postgres;
    private readonly PmmSqliteDatabase? _sqlite;

    private StartingPoint(HandKeyset? keys, PmmSeed seed, PmmDatabase? postgres, bool writeAheadLog)
    {
        Keys = keys;
        _postgres = postgres;
        if (postgres is null) _sqlite = PmmSqliteDatabase.Create(_folder["pmm.db"], seed, writeAheadLog);
    }

    /// <summary>The key file; null where there is none.</summary>
    public HandKeyset? Keys { get; }

    public static async Task<StartingPoint> CreateAsync(Scenario scenario, PostgresServer? server = null)
    {
        var (keys, seal) = KeysOf(scenario.Start, scenario.Storage == PmmStorage.Envelope);
        var seed = new PmmSeed
        {
            Rows = Agents,
            // In the clear, a secret that looks like a ciphertext is a ciphertext, and nobody has its key.
            Quirks = scenario.Start != Start.InTheClear,
            Storage = scenario.Start == Start.InTheClear ? PmmStorage.Clear : scenario.Storage,
            Encrypt = seal,
        };
        var postgres = scenario.Backend == Backend.PostgreSql
            ? await PmmDatabase.CreateAsync(server ?? PostgresServer.Require(), seed)
            : null;
        return new StartingPoint(keys, seed, postgres, scenario.Storage == PmmStorage.Envelope);
    }

    /// <summary>A copy of both, in a folder of its own.</summary>
    public async Task<Site> CopyAsync()
    {
        var folder = new TempFolder();
        Keys?.Save(folder["pmm.key"]);
        return _postgres is null
            ? new Site(folder, _sqlite!.CopyTo(Directory.CreateDirectory(folder["database"]).FullName))
            : new Site(folder, await _postgres.CopyAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    private static (HandKeyset? Keys, Func<string, string, string> Seal) KeysOf(Start start, bool envelope)
    {
        var (older, old, key) = (HandKeyset.Generate(), HandKeyset.Generate(), HandKeyset.Generate());
        return start switch
        {
            Start.InTheClear => (null, (plaintext, _) => plaintext),
            Start.UnderOneKey => (key, (plaintext, _) => key.Seal(plaintext, envelope)),
            Start.WithWaitingKey => (old.WithWaiting(key), (plaintext, _) => old.Seal(plaintext, envelope)),
            // A column and a member of a document, in which another is not lost.
            Start.WithLostKey => (
                key,
                (plaintext, field) => (IsLost(field) && !HasShapeOfCiphertext(plaintext) ? Lost : key).Seal(plaintext, envelope)),
            Start.HalfRotated => (
                key.WithOlder(old).WithOlder(older),
                (plaintext, field) => (field == "agents.username" ? key : old).Seal(plaintext, envelope)),
            _ => throw new ArgumentOutOfRangeException(nameof(start)),
        };
    }

    private static bool IsLost(string field) => field is "agents.password" or "agents.mysql_options.tls_key";

    /// <summary><c>restore</c> leaves such a secret in the file, for which it has tests of its own.</summary>
    private static bool HasShapeOfCiphertext(string secret)
    {
        var bytes = new byte[secret.Length];
        return Convert.TryFromBase64String(secret, bytes, out var length) && length > 32 && bytes[0] == 1;
    }
}
