namespace PmmCrypt.Testing.Pmm;

/// <summary>What an invented PMM database holds: the same values for the same seed, so that no list of them need be kept.</summary>
public sealed record PmmSeed
{
    /// <summary>How many agents there are.</summary>
    public int Rows { get; init; } = 100;

    /// <summary>Another word, other values.</summary>
    public string Word { get; init; } = "pmm";

    /// <summary>
    /// Adds what real databases hold: JSON null secrets, an option column that is a JSON string, pmm-agent rows in the clear, secrets
    /// that look like ciphertext, members that PMM does not know.
    /// </summary>
    public bool Quirks { get; init; }

    /// <summary>Which fields are encrypted, and what settings say about it.</summary>
    public PmmStorage Storage { get; init; } = PmmStorage.Clear;

    /// <summary>Encrypts a plaintext for a field such as <c>agents.password</c> or <c>agents.mysql_options.tls_key</c>.</summary>
    public Func<string, string, string> Encrypt { get; init; } =
        (_, field) => throw new InvalidOperationException($"{nameof(Storage)} has {field} encrypted, but {nameof(Encrypt)} is not set.");

    /// <summary>The database's name, which PMM writes into its settings too. Default: one that no other test has.</summary>
    public string? DatabaseName { get; init; }
}
