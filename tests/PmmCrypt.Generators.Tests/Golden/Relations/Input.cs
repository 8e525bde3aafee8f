using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

[Table("orders")]
public partial class Order
{
    [Key]
    public int Id { get; set; }

    [Encrypted, JsonIgnore]
    public string? Note { get; set; }

    // Rows of another table, not a part of this one.
    public Buyer? Buyer { get; set; }

    public List<Buyer> Watchers { get; set; } = [];

    [NotMapped]
    public Payment? Unstored { get; set; }

    public IReadOnlyList<string> Tags { get; set; } = [];

    public Order? Previous { get; set; }

    // A copy within this row.
    [Column("snapshot", TypeName = "jsonb")]
    public Card? Snapshot { get; set; }
}

[Table("cards")]
public partial class Card
{
    [Key]
    public int Id { get; set; }

    [Encrypted, JsonPropertyName("number")]
    public string? Number { get; set; }
}

[Table("buyers")]
public partial class Buyer
{
    [Key]
    public int Id { get; set; }

    public Payment? Payment { get; set; }

    public ICollection<Order>? Orders { get; set; }
}

public partial record Payment
{
    [Encrypted]
    public string? Card { get; set; }
}

// Nothing here is encrypted: nothing is generated.
[Table("products")]
public class Product
{
    public int Id { get; set; }

    public Order? LastOrder { get; set; }
}
