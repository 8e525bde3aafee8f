using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

namespace Shop.Data;

[Table("users")]
public class User
{
    public int Id { get; set; }

    [Encrypted]
    public string? Secret { get; }

    [Encrypted]
    public byte[]? Picture { get; set; }

    [Column("tls")]
    public Shared? Tls { get; set; }
}

[Table("groups")]
public partial class Group
{
    [Key]
    public int Id { get; set; }

    [Column("tls")]
    public Shared? Tls { get; set; }
}

// Found by two entities, reported once.
public class Shared
{
    [Encrypted]
    public string? Key { get; set; }
}
