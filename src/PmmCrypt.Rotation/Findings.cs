using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation;

/// <summary>What a census must show before anything goes on.</summary>
internal static class Findings
{
    /// <summary>Refuses where values do not open.</summary>
    /// <param name="census">The census.</param>
    /// <param name="consequence">What is not done because of it.</param>
    /// <param name="otherKeyFile">A key file that does open values, where one was found.</param>
    /// <param name="lost">Keys under which values need not open.</param>
    public static void RequireReadable(
        Census census, string consequence, string? otherKeyFile = null, IReadOnlyCollection<uint>? lost = null)
    {
        var accepted = census.UnderLost(lost ?? []);
        var unreadable = census.Unreadable - accepted;
        if (unreadable == 0)
            return;
        if (census.IsForeignKeyset && accepted == 0)
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

    /// <summary>Refuses a format in which fields that are encrypted now would be in the clear.</summary>
    /// <param name="plan">What there is.</param>
    /// <param name="format">The format; null for that of each value.</param>
    /// <param name="ledger">The table of the service's own record, which is not rewritten but kept true, whatever the format.</param>
    public static void RequireFormat(Census plan, StoredFormat? format, EncryptedTable? ledger)
    {
        if (format is not { } wanted)
            return;
        var stuck = plan.Fields.Where(entry => !entry.Field.IsEncryptedIn(wanted) && entry.Opened > 0 && entry.Field.Table != ledger).ToArray();
        if (stuck.Length > 0)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"these fields are encrypted, and would be in the clear in the {wanted.ToString().ToLowerInvariant()} format: " +
                string.Join(", ", stuck.Select(entry => entry.Field)),
                "a rotation puts no secret into the clear; keep the format, or set those values anew after a downgrade");
        }
    }
}
