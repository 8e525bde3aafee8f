using System;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Diagnostics.CodeAnalysis;
using PmmCrypt;

namespace Shop.Data;

public abstract class Row<TKey>
{
    [Key, Column("id")]
    public required TKey Id { get; init; }
}

public abstract partial class Credentials : Row<string>
{
    [Encrypted, Column("password")]
    public string? Password { get; protected set; }

    [Encrypted, Column("token")]
    public virtual string? Token { get; set; }
}

[Table("accounts")]
public partial class Account : Credentials
{
    // [Encrypted] and the column's name come from what it overrides.
    public override string? Token { get; set; }

    [Encrypted, Column("pin")]
    private string? Pin { get; set; }

    [Encrypted, DisallowNull]
    public string? Phrase { get; set; } = "";

    [Encrypted, Obsolete("Nobody reads it any more.")]
    public string? Old { get; set; }

#nullable disable
    [Encrypted]
    public string Oblivious { get; set; }
}
