using System.Text.Json.Nodes;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Kill.Tests;

/// <summary>
/// What was taken out of the database because its key is lost is in a file: each value, whatever moment the run was killed at.
/// </summary>
internal static class LossCheck
{
    private const string Prefix = "pmm-encryption-migration-backup-";

    /// <summary>Whether a file is one that lost values are kept in.</summary>
    public static bool IsBackup(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>All is as it was seeded, but for fields that are empty, and whose values are in a file.</summary>
    public static void RequireNoneLost(Site site, Scenario scenario, PmmCheck check)
    {
        if (!scenario.IsLossy)
        {
            check.EnsureAsSeeded();
            return;
        }

        Assert.All(
            site.Files().Where(IsBackup),
            name => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(site[name])));
        var kept = site.Files().Where(IsBackup)
            .SelectMany(name => JsonNode.Parse(File.ReadAllText(site[name]))!["tables"]!["agents"]!.AsArray()).ToArray();
        foreach (var difference in check.Differences)
        {
            // agents ID password: is null, or agents ID mysql_options.tls_key: does not open: the empty string.
            var words = difference.Split(':')[0].Split(' ');
            Assert.True(words is ["agents", _, "password" or "mysql_options.tls_key"], difference);
            var i = Enumerable.Range(0, site.Rows.Agents).Single(i => site.Rows.AgentId(i) == words[1]);
            var plaintext = Field(site.Rows.Agent(i), words[2]);
            Assert.Contains(kept, row =>
                (string?)row!["agent_id"] == words[1] && Field(row, words[2]) is { } stored
                && StartingPoint.Lost.Open(stored).Plaintext == plaintext);
        }
    }

    private static string? Field(JsonNode row, string field) =>
        (string?)(field == "password" ? row["password"] : row["mysql_options"]?["tls_key"]);
}
