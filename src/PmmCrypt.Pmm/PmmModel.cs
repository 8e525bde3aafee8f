using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm;

/// <summary>
/// The database of PMM Server, of whichever version: tables and columns that a version does not have yet are passed over.
/// </summary>
public sealed class PmmModel : EncryptionModel
{
    private PmmModel()
        : base(
            "PMM",
            [
                Agent.EncryptedTable, BackupLocation.EncryptedTable, AdreModel.EncryptedTable, AdreProvisioning.EncryptedTable,
                PmmSettings.EncryptedTable,
            ])
    {
    }

    /// <summary>The model; it has no state.</summary>
    public static PmmModel Instance { get; } = new();

    /// <inheritdoc/>
    public override bool AllowsMissing => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> WorthAWord(IReadOnlyList<string> missing) => PmmHistory.WorthAWord(missing);

    /// <inheritdoc/>
    public override EncryptionLedger Ledger { get; } = new PmmLedger();
}
