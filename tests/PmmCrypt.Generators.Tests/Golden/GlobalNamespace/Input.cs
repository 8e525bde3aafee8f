using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

[Table("people")]
public partial class Person
{
    [Key]
    public byte Id { get; set; }

    [Encrypted]
    public string? Secret { get; set; }
}

// Names of generated files are compared without regard to case.
[Table("persons")]
public partial class PERSON
{
    [Key]
    public byte Id { get; set; }

    [Encrypted]
    public string? Secret { get; set; }
}
