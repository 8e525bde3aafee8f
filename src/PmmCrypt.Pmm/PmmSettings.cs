using System.ComponentModel.DataAnnotations.Schema;

namespace PmmCrypt.Pmm;

/// <summary>The one row of PMM Server's <c>settings</c>, all of which is one JSON document.</summary>
/// <remarks>Read off PMM's public source, as <see cref="Agent"/>.</remarks>
[Table("settings"), SingleRow]
public sealed partial class PmmSettings
{
    /// <summary>The document.</summary>
    [Column("settings")]
    public PmmSettingsDocument? Document { get; set; }
}
