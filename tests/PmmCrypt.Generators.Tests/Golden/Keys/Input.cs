using System;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

namespace Shop.Data;

[Table("every_key")]
public partial class EveryKey
{
    [Key]
    public string Last { get; set; } = "";

    [Key, Column(Order = 3)]
    public bool Third { get; set; }

    [Key, Column("second", Order = 2)]
    public Guid Second { get; set; }

    [Key, Column(Order = 1)]
    public short First { get; set; }

    [Encrypted]
    public string? Secret { get; set; }

    [Key, Column(Order = 4)]
    public uint Fourth { get; set; }
}
