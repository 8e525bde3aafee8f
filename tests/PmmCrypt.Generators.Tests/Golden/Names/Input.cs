using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

[Table("odd \"table\" & <more>\nline")]
public partial class OddNames
{
    [Key, Column("Schlüssel")]
    public string Key { get; set; } = "";

    [Encrypted, Column("say \"hi\" \\ \t{{ x }}")]
    public string? @class { get; set; }

    [Encrypted]
    public string? Größe { get; set; }

    // The generated class has a member of this name itself.
    [Encrypted]
    public string? Table { get; set; }

    [Encrypted]
    public string? Json_Value { get; set; }

    public Inner? Json { get; set; }

    [Encrypted]
    public string? Visit { get; set; }

    [Encrypted]
    public string? owner { get; set; }

    [Encrypted]
    public string? change { get; set; }

    // And its methods have variables of these.
    [Encrypted]
    public Dictionary<string, string>? values { get; set; }

    [Encrypted]
    public Dictionary<string, string>? key { get; set; }

    [Encrypted]
    public Dictionary<string, string>? item { get; set; }

    public List<Inner>? items { get; set; }
}

public partial class Inner
{
    [Encrypted, JsonPropertyName("emoji \ud83d\ude00 \"quoted\"")]
    public string? Value { get; set; }

    [Encrypted, JsonPropertyName("")]
    public string? @event { get; set; }
}
