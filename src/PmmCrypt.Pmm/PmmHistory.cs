using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm;

/// <summary>What became of PMM's columns from one schema to the next, and which tables only a branch of it has.</summary>
internal static class PmmHistory
{
    /// <summary>Where PMM 3's migration 107 puts what PMM 2 kept in columns of <c>agents</c> that it drops.</summary>
    private static readonly Dictionary<string, string> MovedInto = new()
    {
        ["aws_access_key"] = "aws_options",
        ["aws_secret_key"] = "aws_options",
        ["mongo_db_tls_options"] = "mongo_options",
    };

    private static readonly EncryptedTable[] OfBranches = [AdreModel.EncryptedTable, AdreProvisioning.EncryptedTable];

    /// <summary>
    /// The columns of <c>agents</c> that PMM 3.0 to 3.9 encrypts, by their names there, whichever of them a database has by now.
    /// </summary>
    public static IEnumerable<string> LegacyColumnsOfAgents { get; } =
    [
        .. Agent.EncryptedTable.Columns
            .Where(column => column.IsEncryptedIn(StoredFormat.Legacy) && !MovedInto.ContainsKey(column.Name)).Select(column => column.Name),
    ];

    /// <summary>
    /// What of the missing is worth a word. A table of a branch is not; neither is a column of PMM 2 where it is gone, nor the one that
    /// takes its place where it is not there yet.
    /// </summary>
    public static IReadOnlyList<string> WorthAWord(IReadOnlyList<string> missing)
    {
        var lacking = missing.ToHashSet(StringComparer.Ordinal);
        var silent = OfBranches.Select(table => table.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (old, now) in MovedInto)
        {
            silent.Add(OfAgents(old));
            if (!lacking.Contains(OfAgents(old)))
                silent.Add(OfAgents(now));
        }

        return [.. missing.Where(name => !silent.Contains(name))];
    }

    private static string OfAgents(string column) => $"{Agent.EncryptedTable}.{column}";
}
