using System;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Diagnostics.CodeAnalysis;
using PmmCrypt;

namespace Shop.Data;

// What nobody is to use any more, or yet, is still a column.
[Table("accounts")]
[Obsolete("Use Customer.", DiagnosticId = "SHOP001")]
[Experimental("SHOP002")]
public sealed partial class Account
{
    [Key, Column("id")]
    public int Id { get; set; }

    [Encrypted, Column("token"), Obsolete("Nobody reads it any more.", error: true)]
    public string? Token { get; set; }

    [Encrypted, Column("pin"), Obsolete("Nobody reads it any more.", DiagnosticId = "SHOP003")]
    public string? Pin { get; set; }

    [Encrypted, Column("phrase"), Experimental("SHOP004")]
    public string? Phrase { get; set; }

    [Encrypted, Column("note")]
    public string? Note { get; [Obsolete("It is read only.", error: true)] set; }

#pragma warning disable SHOP005, SHOP006, SHOP007
    [Column("drafts")]
    public List<Draft?>? Drafts { get; set; }

    [Encrypted, Column("stage")]
    public Secret<Stages.Stage> Stage { get; set; }

    [Column("smtp")]
    public Envelope<Stages.Server>? Smtp { get; set; }
#pragma warning restore SHOP005, SHOP006, SHOP007

    [Column("old"), Obsolete("It is gone.", error: true)]
    public Old? Old { get; set; }
}

[Experimental("SHOP005")]
public sealed partial class Draft
{
    [Encrypted]
    public string? Text { get; set; }
}

[Obsolete("It is gone.", error: true)]
public partial class Old
{
    [Encrypted]
    public string? Text { get; set; }
}

[Experimental("SHOP006")]
public static class Stages
{
    public enum Stage
    {
        First,
        Last,
    }

    [Obsolete("Soon gone.", DiagnosticId = "SHOP007")]
    public class Server;
}

public partial class Envelope<T>
{
    [Encrypted]
    public string? Text { get; set; }

    public T? Content { get; set; }
}

// Beside these nothing is silenced.
[Table("customers")]
public sealed partial class Customer
{
    [Key]
    public int Id { get; set; }

    [Encrypted]
    public string? Token { get; set; }
}
