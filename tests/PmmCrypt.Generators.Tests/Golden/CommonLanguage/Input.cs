using System;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

[assembly: CLSCompliant(true)]

namespace Shop.Data;

[Table("accounts")]
public partial class Account
{
    [Key, Column("id")]
    public int Id { get; set; }

    [Encrypted, Column("token")]
    public string? Token { get; set; }

    [Encrypted, Column("labels")]
    public IDictionary<string, string>? Labels { get; set; }
}
