using System;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

namespace Shop.Data;

[Table("people")]
public sealed partial class Person
{
    [Key]
    public int Id { get; set; }

    [Encrypted]
    public Guid Token { get; set; }

    [Encrypted]
    public int? Pin { get; set; }

    [Encrypted]
    public DayOfWeek Day { get; set; }

    [Encrypted]
    public object? Anything { get; set; }

    [Encrypted]
    public Secret<int?> Twice { get; set; }

    [Encrypted]
    public Secret<byte[]?> Picture { get; set; }

    [Encrypted]
    public Secret<List<string>> Names { get; set; }

    [Encrypted]
    public Secret<Secret<Guid>> Deep { get; set; }

    [Encrypted]
    public Secret<Uri> Home { get; set; }
}
