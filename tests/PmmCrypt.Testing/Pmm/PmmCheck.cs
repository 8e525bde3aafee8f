namespace PmmCrypt.Testing.Pmm;

/// <summary>What a check of every row found.</summary>
/// <param name="Agents">Agents that were read.</param>
/// <param name="Locations">Backup locations that were read.</param>
/// <param name="Opened">Encrypted values that were opened.</param>
/// <param name="InClear">Secrets that are stored in the clear.</param>
/// <param name="Differences">Each place that is not as it was seeded, and how; never a secret.</param>
public sealed record PmmCheck(int Agents, int Locations, int Opened, int InClear, IReadOnlyList<string> Differences)
{
    private const int Shown = 10;

    /// <summary>Whether every value is as it was seeded.</summary>
    public bool IsAsSeeded => Differences is [];

    /// <summary>Fails the test and shows the first differences.</summary>
    public PmmCheck EnsureAsSeeded() => IsAsSeeded ? this : throw new InvalidOperationException(ToString());

    /// <inheritdoc/>
    public override string ToString()
    {
        var read = $"{Agents} agents, {Locations} locations, {Opened} values opened, {InClear} in the clear";
        return string.Join('\n', [.. Differences.Take(Shown), $"{read}, {Differences.Count} differences"]);
    }
}
