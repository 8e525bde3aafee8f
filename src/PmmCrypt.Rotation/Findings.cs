using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation;

/// <summary>What a census must show before anything goes on.</summary>
internal static class Findings
{
    /// <summary>Refuses where values do not open.</summary>
    /// <param name="census">The census.</param>
    /// <param name="consequence">What is not done because of it.</param>
    /// <param name="otherKeyFile">A key file that does open values, where one was found.</param>
    /// <param name="lost">Keys under which values need not open.</param>
    /// <param name="isOurs">Whether the key file has opened values of this database before: then it is not another's.</param>
    public static void RequireReadable(
        Census census, string consequence, string? otherKeyFile = null, IReadOnlyCollection<uint>? lost = null,
        bool isOurs = false)
    {
        var accepted = census.UnderLost(lost ?? []);
        var unreadable = census.Unreadable - accepted;
        if (unreadable == 0)
            return;
        if (census.IsForeignKeyset && accepted == 0 && !isOurs)
        {
            throw new RotationException(
                RotationFailure.Key,
                $"the key file is not this database's: it opens none of {census.Unreadable} encrypted values; {consequence}",
                otherKeyFile is null
                    ? "give the key file that they were encrypted with: --key-file, or PMM_ENCRYPTION_KEY_PATH"
                    : $"{otherKeyFile} opens them: use --key-file {otherKeyFile}")
            { Problems = census.Problems };
        }

        throw new RotationException(
            RotationFailure.Unreadable,
            $"{unreadable} of {census.Opened + census.Unreadable} encrypted values"
            + $" {(unreadable == 1 ? "does" : "do")} not open; {consequence}",
            Hint(census, otherKeyFile))
        {
            Problems = accepted == 0 ? census.Problems
                : [.. census.Problems.Where(problem => !problem.IsUnknownKey || !lost!.Contains(problem.KeyId))],
        };
    }

    private static string Hint(Census census, string? otherKeyFile) =>
        otherKeyFile is not null ? $"{otherKeyFile} opens some of them: pmm-crypt key merge {otherKeyFile} if a service still uses it, "
            + $"pmm-crypt repair --old-key {otherKeyFile} if none does"
        : census.Problems.FirstOrDefault(problem => problem.IsDisabledKey) is { } disabled
            ? $"pmm-crypt key enable {disabled.KeyId}, and run this again"
        : "restore those values, or set them anew, and run this again; pmm-crypt verify --json lists every one";

    /// <summary>
    /// The fields that are encrypted now and would be in the clear in a format. Refuses where there are any, unless that was asked for.
    /// </summary>
    /// <param name="plan">What there is.</param>
    /// <param name="rule">What is to be done, and whether values may be put into the clear.</param>
    public static IReadOnlyList<FieldCensus> RequireFormat(Census plan, RewriteRule rule)
    {
        if (rule.Format is not { } wanted)
            return [];
        var asked = rule with { IntoClear = true };
        var fields = plan.Fields.Where(entry => entry.Opened > 0 && asked.GoesIntoClear(entry.Field)).ToArray();
        if (fields.Length > 0 && !rule.IntoClear)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"these fields are encrypted, and would be in the clear in the {wanted.ToString().ToLowerInvariant()} format: "
                + string.Join(", ", fields.Select(entry => entry.Field)) + "; nothing was changed",
                "keep the format; or, if the service that reads this format is to find them in the clear: --i-want-plaintext-in-the-database");
        }

        return fields;
    }
}
