using System;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;
using PmmCrypt.Fields;

namespace Shop.Data;

[Table("customers", Schema = "sales")]
public sealed partial class Customer
{
    [Key, Column("id")]
    public required Guid Id { get; init; }

    [Column("name")]
    public string? Name { get; set; }

    [Encrypted, Column("card_number", TypeName = "text")]
    public string? CardNumber { get; set; }

    [Encrypted(Formats = StoredFormats.Envelope), Column(TypeName = "text")]
    public string Iban { get; set; } = "";

    [Encrypted(Formats = StoredFormats.Legacy)]
    internal string? Phone { get; set; }
}
