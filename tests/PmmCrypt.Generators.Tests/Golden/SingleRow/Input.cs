using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

namespace Shop.Data;

[Table("settings"), SingleRow]
public partial record Settings([property: Column("site")] string Site)
{
    [Encrypted]
    public string? LicenceKey { get; set; }
}
