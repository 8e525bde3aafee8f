using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt;

namespace Shop.Data;

// What an interface asks for is nobody's column: the properties of the class are.
public interface IHasSecret
{
    string? Secret { get; set; }

    string? Hidden { get; }
}

[Table("group", Schema = "My Schema")]
public partial record Group : IHasSecret
{
    [Key, Column("group")]
    public required int Id { get; init; }

    [Encrypted, Column("My Column")]
    public required string Secret { get; set; }

    string? IHasSecret.Secret
    {
        get => Secret;
        set => Secret = value ?? "";
    }

    string? IHasSecret.Hidden => Secret;

    [Encrypted, Column("select")]
    public partial string? Partial { get; set; }

    [Encrypted, Column("tür")]
    public string? Private { get; private set; }

    [Encrypted, Column("virtual")]
    public virtual string? Virtual { get; protected internal set; }

    [Encrypted, Column("checked")]
    public string Checked
    {
        get => _checked ?? "";
        set => _checked = value;
    }

    private string? _checked;

    public readonly record struct Point(int X, int Y);

    public Point Place { get; set; }

    public Point? Elsewhere { get; set; }
}

public partial record Group
{
    public partial string? Partial
    {
        get => _partial;
        set => _partial = value;
    }

    private string? _partial;
}
