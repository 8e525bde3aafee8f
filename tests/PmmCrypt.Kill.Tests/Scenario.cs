using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Kill.Tests;

/// <summary>A command that is killed, and what it is run on.</summary>
/// <param name="Backend">Which database.</param>
/// <param name="Storage">In which format values are stored; where nothing is encrypted yet, are to be stored.</param>
/// <param name="Name">The command as the test's name shows it.</param>
/// <param name="Start">What it finds.</param>
public sealed record Scenario(Backend Backend, PmmStorage Storage, string Name, Start Start)
{
    private const string ToLegacy = "rotate --format legacy --i-want-plaintext-in-the-database";

    private static readonly (string Name, Start Start)[] Commands =
    [
        ("rotate", Start.UnderOneKey),
        ("rotate", Start.WithWaitingKey),
        ("rotate --backup before.key", Start.UnderOneKey),
        ("rotate --prune", Start.HalfRotated),
        ("rotate --prune --retain 0", Start.HalfRotated),
        ("init", Start.InTheClear),
        (ToLegacy, Start.UnderOneKey),
        ($"rotate --accept-key-loss {StartingPoint.LostKey}", Start.WithLostKey),
    ];

    /// <summary>The whole matrix on one kind of database.</summary>
    public static IEnumerable<Scenario> On(Backend backend) =>
        from storage in new[] { PmmStorage.Legacy, PmmStorage.Envelope }
        from command in Commands
        // Whether a key waits, and whether the key file is copied, has nothing to do with the format.
        let isOfTheKeyFileAlone = command.Start == Start.WithWaitingKey || command.Name.Contains("--backup", StringComparison.Ordinal)
        where storage == PmmStorage.Legacy ? command.Name != ToLegacy : !isOfTheKeyFileAlone
        select new Scenario(backend, storage, command.Name, command.Start);

    /// <summary>In which format values are stored when it is done.</summary>
    public PmmStorage End => Name == ToLegacy ? PmmStorage.Legacy : Storage;

    /// <summary>Whether values are taken out of the database, because their key is lost.</summary>
    public bool IsLossy => Start == Start.WithLostKey;

    /// <summary>Whether keys are retired.</summary>
    public bool Prunes => Name.Contains("--prune", StringComparison.Ordinal);

    /// <summary>The command line, but for where the database and the key file are.</summary>
    public IEnumerable<string> Arguments(string folder) =>
    [
        .. Name.Split(' ').Select(word => word.EndsWith(".key", StringComparison.Ordinal) ? Path.Combine(folder, word) : word),
        .. Start == Start.InTheClear ? ["--format", $"{Storage}".ToLowerInvariant()] : Array.Empty<string>(),
        "--batch-size", "15",
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{Name}, {Start}, {Storage}, {Backend}";
}
