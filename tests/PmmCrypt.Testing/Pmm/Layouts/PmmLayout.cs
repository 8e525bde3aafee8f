namespace PmmCrypt.Testing.Pmm.Layouts;

/// <summary>The schemas of PMM's database at which columns with secrets come, go or move, by the number of their last migration.</summary>
public enum PmmLayout
{
    /// <summary>PMM 2: options of their own in columns of their own, some of them JSON as text; ids with prefixes.</summary>
    Pmm2 = 88,

    /// <summary>Within the upgrade to PMM 3: the same columns, ids without prefixes.</summary>
    BetweenPmm2AndPmm3 = 106,

    /// <summary>PMM 3.0: options in JSON.</summary>
    Pmm3 = 107,

    /// <summary>With options for Valkey.</summary>
    WithValkey = 111,

    /// <summary>The newest one.</summary>
    Newest = 119,

    /// <summary>That of the ADRE branch: two tables more.</summary>
    Adre = 142,
}
