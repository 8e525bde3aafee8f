using System.Security.Cryptography;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>What a killed run left: the keys on the disk, and those that values are under.</summary>
internal sealed record Aftermath(Scenario Scenario, HandKeyset? Keys, IReadOnlySet<uint> Used)
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Whether the next run has a rotation to finish: a key waits, or values are under another than the primary.</summary>
    private bool IsUnderWay =>
        Keys is not null && (Keys.Keys.Any(key => key.IsEnabled && Waits(key)) || Used.Any(id => id != Keys.Primary));

    /// <summary>
    /// Whether the rotation was done, so that the same command is another, whose backup would overwrite that of the one before: refused.
    /// </summary>
    public bool IsRefusedNext => HasBackup && !IsUnderWay && Keys!.Keys.Count > 1;

    private bool HasBackup => Scenario.Name.Contains("--backup", StringComparison.Ordinal);

    /// <summary>
    /// Reads what is there. Every value must open with the key file on the disk, by a key that is enabled; nothing else of any row may have
    /// changed.
    /// </summary>
    public static async Task<Aftermath> ReadAsync(Scenario scenario, Site site)
    {
        var keys = site.Keys;
        var used = new HashSet<uint>();
        // Half way through init, or on the way to another format, a value may be in the clear or not.
        var isInit = scenario.Start == Start.InTheClear;
        var storage = isInit || scenario.End != scenario.Storage ? PmmStorage.Clear : (PmmStorage?)null;
        LossCheck.RequireNoneLost(site, scenario, await site.CheckAsync(Open, storage));
        if (isInit && used.Count > 0)
        {
            var check = await site.CheckAsync(Open, scenario.Storage);
            Assert.DoesNotContain(check.Differences, d => !d.EndsWith("is stored in the clear", StringComparison.Ordinal));
        }

        foreach (var name in site.Files().Where(name => name.Contains(".key", StringComparison.Ordinal)))
            Assert.Equal(OwnersAlone, File.GetUnixFileMode(site[name]));
        return new Aftermath(scenario, keys, used);

        string Open(string stored)
        {
            if (scenario.IsLossy && HandKeyset.KeyIdOf(stored) == StartingPoint.LostKey)
                return StartingPoint.Lost.Open(stored).Plaintext;
            var file = keys ?? throw new CryptographicException("there is no key file");
            var (id, plaintext) = file.Open(stored);
            if (!file.Keys.Single(key => key.Id == id).IsEnabled) throw new CryptographicException($"key {id} is disabled");
            used.Add(id);
            return plaintext;
        }
    }

    /// <summary>Every key of before is in the key file still, or in a copy beside it.</summary>
    public static void RequireNoKeyLost(HandKeyset? before, Site site)
    {
        var copies = site.Files().Where(name => name.StartsWith("pmm.key.archive-", StringComparison.Ordinal) || name == "before.key");
        var kept = copies.Select(name => HandKeyset.Load(site[name])).Append(site.Keys).SelectMany(file => file?.Keys ?? []);
        Assert.Empty((before?.Keys ?? []).Select(key => Convert.ToHexString(key.Material)).Except(
            kept.Select(key => Convert.ToHexString(key.Material))));
    }

    /// <summary>The killed run added one key at most, and none where one was there for it to use.</summary>
    public void RequireKilledOf(HandKeyset? before)
    {
        var mayAdd = Scenario.Start is Start.UnderOneKey or Start.InTheClear or Start.WithLostKey ? 1 : 0;
        var known = (before?.Keys ?? []).Select(key => key.Id).ToArray();
        Assert.InRange((Keys?.Keys ?? []).Count(key => !known.Contains(key.Id)), 0, mayAdd);
        if (Scenario.Prunes) Assert.Equal(before!.Primary, Keys!.Primary);
        else Assert.Empty(known.Except((Keys?.Keys ?? []).Select(key => key.Id)));
    }

    /// <summary>How many keys the file must have once the same command has been run again.</summary>
    public int KeysAfterNextRun(HandKeyset? before) => Scenario switch
    {
        { Start: Start.InTheClear } => 1,
        { Prunes: true } => Scenario.Name.Contains("--retain 0", StringComparison.Ordinal) ? 1 : before!.Keys.Count,
        _ => Keys!.Keys.Count + (IsUnderWay || IsRefusedNext ? 0 : 1),
    };

    private bool Waits(HandKey key) => Keys!.Keys.SkipWhile(other => other.Id != Keys.Primary).Skip(1).Contains(key);
}
