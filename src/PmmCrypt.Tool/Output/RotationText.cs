using System.Globalization;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Healing;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Retirement;

namespace PmmCrypt.Tool.Output;

/// <summary>Says in sentences what a run did, or would do.</summary>
internal static class RotationText
{
    private const int HealedShown = 20;
    private const int SecretKeysShown = 5;

    public static void WriteDryRun(Talk talk, RotationReport report)
    {
        var census = report.Plan;
        talk.Data.WriteLine(report.Key.Action switch
        {
            KeyAction.Add => $"would add a key, and bring {Values(census.Opened)} under it",
            KeyAction.Promote => $"would promote key {report.Key.KeyId}, which is waiting, and bring {Values(census.Opened)} under it",
            KeyAction.Resume =>
                $"would promote key {report.Key.KeyId}, which an interrupted run had added, and bring {Values(census.Opened)} under it",
            KeyAction.Finish =>
                "would finish a rotation that is under way, without adding a key: "
                + $"{Values(census.Stale)} to rewrite under key {report.PrimaryKeyId}",
            KeyAction.Create => $"would make a key, and encrypt {Values(census.Clear)}",
            _ when census.Stale > 0 => $"would rewrite {Values(census.Stale)}",
            _ => WouldNormalize(report) || report.PutIntoClear.Count > 0 || report.Loss?.Count > 0 ? "would add no key" : "would add no key, and rewrite nothing",
        });
        WriteWouldNormalize(talk, report);
        WriteIntoClear(talk, report, "would put into the clear");
        WriteLoss(talk, report.Loss, dryRun: true);
        WriteFindings(talk, census);
        talk.Data.WriteLine("dry run: nothing was written");
    }

    public static void WriteDone(Talk talk, RotationReport report)
    {
        talk.Data.WriteLine(report.Key.Action switch
        {
            KeyAction.Add or KeyAction.Resume => $"rotated to a new key, {report.PrimaryKeyId}",
            KeyAction.Promote => $"rotated to key {report.PrimaryKeyId}, which had been waiting",
            _ when report.Joined => $"joined the rotation that was under way, to key {report.PrimaryKeyId}, until nothing was left",
            KeyAction.Finish => $"finished the rotation that was under way, to key {report.PrimaryKeyId}; no key was added",
            _ => $"the primary key is {report.PrimaryKeyId}, as before; no key was added",
        });
        WriteVerified(talk, report);
        WriteIntoClear(talk, report, "put into the clear");
        if (report.Retirement is { } retirement)
            WriteRetirement(talk, retirement);
        else if (report.Key.Action is KeyAction.Add or KeyAction.Resume or KeyAction.Promote or KeyAction.Finish)
            talk.Say("older keys stay in the key file. Once every service has loaded it again: rotate --prune");
    }

    public static void WriteVerified(Talk talk, RotationReport report)
    {
        WriteLoss(talk, report.Loss, dryRun: false);
        var census = report.Latest;
        talk.Data.WriteLine(
            $"verified: {Values(census.Opened)} in {Rows(census.Rows)} open, each under key {census.PrimaryKeyId}, in one layer" +
            (report.RowsReplaced > 0 ? $" ({Rows(report.RowsReplaced)} rewritten)" : ""));
        WriteNormalized(talk, report);
        if (report.Healed.Count > 0)
        {
            talk.Say($"{Values(report.Healed.Count)} had been encrypted more than once (PMM-15188), and are in one layer again:");
            foreach (var value in report.Healed.Take(HealedShown))
                talk.Say($"  {value}");
            if (report.Healed.Count > HealedShown)
                talk.Say($"  … and {Number(report.Healed.Count - HealedShown)} more (--json lists them)");
        }

        WriteFindings(talk, census);
    }

    /// <summary>Says that everything opens, and what of it is not under the primary key.</summary>
    public static void WriteOpened(Talk talk, Census census)
    {
        talk.Data.WriteLine($"verified: {Values(census.Opened)} in {Rows(census.Rows)} open");
        if (census.OffPrimary > 0)
            talk.Say(
                $"{Values(census.OffPrimary)} of them under older keys ({string.Join(", ", census.KeysOffPrimary)}): "
                + "rotate brings them under the primary");
        if (census.Layered > 0)
            talk.Say($"{Values(census.Layered)} of them encrypted more than once: rotate brings them into one layer");
        WriteFindings(talk, census);
    }

    public static void WriteRetirement(Talk talk, RetirementReport retirement)
    {
        foreach (var id in retirement.Disabled)
            talk.Data.WriteLine($"disabled key {id}: nothing refers to it (key enable {id} is the way back)");
        foreach (var id in retirement.Destroyed)
            talk.Data.WriteLine($"destroyed key {id}: nothing refers to it");
        if (retirement.ArchivePath is { } archive)
            talk.Say($"the key file of before was kept as {archive}; delete it once no backup of the database needs it");
        foreach (var (id, why) in retirement.Kept)
            talk.Say($"kept key {id}: {why}");
        if (retirement.Disabled.Count + retirement.Destroyed.Count == 0)
            talk.Data.WriteLine("no key to retire");
    }

    /// <summary>Names the values that were passed over because they do not open.</summary>
    public static void WriteSkipped(Talk talk, Census census)
    {
        if (census.Unreadable == 0 || talk.IsJson)
            return;
        talk.Warn(
            $"{Values(census.Unreadable)} {(census.Unreadable == 1 ? "does" : "do")} not open and {(census.Unreadable == 1 ? "was" : "were")} "
            + "left as they are; no key was retired:");
        CensusTable.WriteProblems(talk, census.Problems);
    }

    /// <summary>Says how many JSON columns are objects now that were strings.</summary>
    public static void WriteNormalized(Talk talk, RotationReport report)
    {
        if (report.Normalized > 0)
            talk.Data.WriteLine($"{Documents(report.Normalized)} in place of a string");
    }

    /// <summary>What a census shows that is no error, and that an operator wants to know.</summary>
    public static void WriteFindings(Talk talk, Census census)
    {
        if (census.Clear > 0)
            talk.Say($"{Values(census.Clear)} in the clear: only init encrypts, and only what the database's format encrypts");
        if (census.ObjectsInStrings > 0)
            talk.Say(
                $"{Documents(census.ObjectsInStrings)} within a string, as PMM's migration 107 left some, and PMM does not read: "
                + "--normalize of rotate, init, encrypt and repair writes the object");
        WriteLookAlikes(talk, census);
    }

    /// <summary>Secrets that look like a ciphertext, and the keys that they name.</summary>
    public static void WriteLookAlikes(Talk talk, Census census)
    {
        if (census.LooksEncrypted > 0)
            talk.Warn(
                $"{Values(census.LooksEncrypted)} opened to what looks like a ciphertext of another key ({SecretKeys(census)}), "
                + "and may be one whose key was lost");
    }

    /// <summary>Says which files opened something, and what is left.</summary>
    public static void WriteRepair(Talk talk, RepairReport repair, bool dryRun)
    {
        var (report, borrowed) = repair;
        foreach (var keys in borrowed)
        {
            var layers = repair.LayersUnder(keys);
            talk.Data.WriteLine($"{keys.Path} opened {(layers == 1 ? "1 layer" : $"{Number(layers)} layers")}"
                + $" (key {string.Join(", ", keys.KeyIds)})");
        }

        if (borrowed.Count == 0)
            talk.Say("no other key file was found that has keys which the key file lacks: --old-key names one");
        if (dryRun)
        {
            if (report.Plan.Stale > 0 || !report.WouldWrite)
                talk.Data.WriteLine(report.Plan.Stale > 0 ? $"would rewrite {Values(report.Plan.Stale)}" : "would rewrite nothing");
            WriteWouldNormalize(talk, report);
            WriteLoss(talk, report.Loss, dryRun: true);
            WriteFindings(talk, report.Plan);
            talk.Data.WriteLine("dry run: nothing was written");
            return;
        }

        WriteVerified(talk, report);
    }

    /// <summary>Names what became of the values of a backup file.</summary>
    public static void WriteRestoration(Talk talk, RestorationReport report, string path, bool dryRun)
    {
        talk.Data.WriteLine($"{(dryRun ? "would put back" : "put back")} {Values(report.Restored.Count)}, under key {report.PrimaryKeyId}"
            + (report.InPlace > 0 ? $"; {Values(report.InPlace)} had been in place" : ""));
        CensusTable.WriteProblems(talk, report.Restored);
        if (report.Left.Count > 0)
        {
            talk.Warn($"{Values(report.Left.Count)} left as they are in {path}:");
            CensusTable.WriteProblems(talk, report.Left);
        }

        if (report.Unopened.Count > 0)
        {
            talk.Warn($"{Values(report.Unopened.Count)} of {path} {(report.Unopened.Count == 1 ? "does" : "do")} not open; "
                + "--old-key names a file that has the key:");
            CensusTable.WriteProblems(talk, report.Unopened);
        }

        if (report.UnknownTables.Count > 0)
            talk.Warn($"{path} has tables that are not known here: {string.Join(", ", report.UnknownTables)}");
        talk.Say(dryRun ? "dry run: nothing was written"
            : report.IsWhole ? $"{path} stays as it is; nothing in it is needed any more"
            : $"{path} stays as it is: it has what was not put back");
    }

    public static string Values(long count) => count == 1 ? "1 value" : $"{Number(count)} values";

    /// <summary>Says where values under lost keys went, and which they were.</summary>
    private static void WriteLoss(Talk talk, KeyLossReport? loss, bool dryRun)
    {
        if (loss is null)
            return;
        talk.Data.WriteLine(dryRun ? $"would move {Values(loss.Count)} under lost keys into a backup file, and leave their fields empty"
            : loss.Files.Count == 0 ? "no value is under the keys that are lost"
            : $"moved {Values(loss.Count)} under lost keys into {string.Join(", ", loss.Files)}; their fields are empty now");
        CensusTable.WriteProblems(talk, loss.Values);
        if (loss.Files.Count > 0)
            talk.Say($"should the key be found: {string.Join("; then ", loss.Files.Reverse().Select(file => $"pmm-crypt restore {file} --old-key FILE"))}");
    }

    /// <summary>The keys that secrets name which look like ciphertexts: the most often named ones.</summary>
    private static string SecretKeys(Census census)
    {
        var most = census.SecretKeys.OrderByDescending(key => key.Value).ThenBy(key => key.Key).Take(SecretKeysShown);
        return string.Join(", ", most.Select(key => $"{key.Key}: {Values(key.Value)}"))
            + (census.SecretKeys.Count > SecretKeysShown ? ", …" : "");
    }

    private static bool WouldNormalize(RotationReport report) => report.Normalizes && report.Plan.ObjectsInStrings > 0;

    private static void WriteWouldNormalize(Talk talk, RotationReport report)
    {
        var count = report.Plan.ObjectsInStrings;
        if (WouldNormalize(report))
            talk.Data.WriteLine(count == 1 ? "would write 1 JSON column as an object" : $"would write {Number(count)} JSON columns as objects");
    }

    private static void WriteIntoClear(Talk talk, RotationReport report, string what)
    {
        if (report.PutIntoClear.Count > 0)
            talk.Data.WriteLine($"{what}, for a service that reads them so: {string.Join(", ", report.PutIntoClear)}");
    }

    private static string Documents(long count) =>
        count == 1 ? "1 JSON column holds its object" : $"{Number(count)} JSON columns hold their object";

    private static string Rows(long count) => count == 1 ? "1 row" : $"{Number(count)} rows";

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
