using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;

namespace PmmCrypt.Pmm;

/// <summary>A row of PMM Server's <c>backup_locations</c>: where backups are put, and with which credentials.</summary>
/// <remarks>Read off PMM's public source, as <see cref="Agent"/>.</remarks>
[Table("backup_locations")]
public sealed partial class BackupLocation
{
    /// <summary>The row's key.</summary>
    [Key, Column("id")]
    public required string Id { get; init; }

    /// <summary>The bucket, where backups go to S3.</summary>
    [Column("s3_config")]
    public S3Config? S3Config { get; set; }
}
