using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt.Fields;

namespace PmmCrypt.Pmm;

/// <summary>A row of <c>adre_models</c>: a language model that PMM's ADRE branch asks, and with which key.</summary>
/// <remarks>
/// Read off the branch's public source. It encrypts as PMM 3.0 to 3.9. That any PMM reads an envelope here is not known: none is written.
/// PMM finds its rows by their name, which is unique but may be NULL; the id is the table's own key.
/// </remarks>
[Table("adre_models")]
public sealed partial class AdreModel
{
    /// <summary>The row's key.</summary>
    [Key, Column("id")]
    public required long Id { get; init; }

    /// <summary>The key for the model's service; empty where it takes none.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("api_key")]
    public string? ApiKey { get; set; }
}
