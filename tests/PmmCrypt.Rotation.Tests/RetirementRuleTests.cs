using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Retirement;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What becomes of each key, and why, by one count.</summary>
public sealed class RetirementRuleTests
{
    private static readonly DateTimeOffset Now = new(2031, 5, 17, 12, 30, 0, TimeSpan.Zero);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public void Of_the_primary_nothing_is_said_whether_or_not_values_are_under_it()
    {
        foreach (var census in new[] { MadeUp.Census(), MadeUp.Census().Opened(MadeUp.Password, 10) })
        {
            var rule = For(census, Week, retired: null, MadeUp.Key(10));

            Assert.Empty(rule.Kept);
            Assert.Empty(rule.Retired);
            Assert.False(rule.HasWork);
        }
    }

    [Fact]
    public void A_key_that_waits_or_is_referred_to_is_kept_and_it_is_said_why()
    {
        var census = MadeUp.Census().Opened(MadeUp.Password, 10, 1).Opened(MadeUp.Password, 2).Opened(MadeUp.Token, 2);

        var rule = For(census, TimeSpan.Zero, retired: null, MadeUp.Key(1), MadeUp.Key(2), MadeUp.Key(10), MadeUp.Key(20));

        Assert.Equal(
            [
                (1u, "1 layer of stored values are under it"), (2u, "2 layers of stored values are under it"),
                (20u, "it waits to be promoted"),
            ],
            rule.Kept);
        Assert.False(rule.HasWork);
    }

    [Fact]
    public void An_enabled_key_of_no_use_is_disabled_and_its_time_begins_now()
    {
        var rule = For(MadeUp.Census(), Week, retired: Now - Week - Week, MadeUp.Key(1), MadeUp.Key(10));

        Assert.Equal([1u], rule.Disable);
        Assert.Equal(Now, rule.Retired[1]);
        Assert.Empty(rule.Destroy);
        Assert.Empty(rule.Kept);
    }

    [Fact]
    public void A_disabled_key_is_destroyed_when_its_time_is_over_to_the_moment()
    {
        var rule = For(MadeUp.Census(), Week, retired: Now - Week, MadeUp.Key(1, KeyStatus.Disabled), MadeUp.Key(10));

        Assert.Equal([1u], rule.Destroy);
        Assert.Empty(rule.Disable);
        Assert.Empty(rule.Kept);
        Assert.Empty(rule.Retired);
    }

    [Fact]
    public void A_disabled_key_whose_time_is_not_over_is_kept_and_it_is_said_until_when()
    {
        var since = Now - Week + TimeSpan.FromMinutes(1);

        var rule = For(MadeUp.Census(), Week, retired: since, MadeUp.Key(1, KeyStatus.Disabled), MadeUp.Key(10));

        Assert.Equal([(1u, "disabled; it may be destroyed from 2031-05-17 12:31 UTC on")], rule.Kept);
        Assert.Equal(since, rule.Retired[1]);
        Assert.False(rule.HasWork);
    }

    [Fact]
    public void A_disabled_key_of_no_known_date_is_given_its_time_from_now_on()
    {
        var rule = For(MadeUp.Census(), Week, retired: null, MadeUp.Key(1, KeyStatus.Disabled), MadeUp.Key(10));

        Assert.Equal([(1u, "disabled; it may be destroyed from 2031-05-24 12:30 UTC on")], rule.Kept);
        Assert.Equal(Now, rule.Retired[1]);
    }

    [Fact]
    public void Where_no_time_is_asked_for_an_enabled_key_is_destroyed_at_once()
    {
        var rule = For(MadeUp.Census(), TimeSpan.Zero, retired: null, MadeUp.Key(1), MadeUp.Key(10));

        Assert.Equal([1u], rule.Destroy);
        Assert.Empty(rule.Disable);
        Assert.Empty(rule.Retired);
    }

    /// <summary>For a keyset whose primary is 10, and a note of when key 1 was retired.</summary>
    private static RetirementRule For(Counting.Census census, TimeSpan retain, DateTimeOffset? retired, params KeysetKey[] keys)
    {
        using var vault = new Vault();
        using var keyset = MadeUp.Keyset(10, keys);
        using var heldLock = KeyFileLock.Acquire(vault.KeyPath, Vault.Moment);
        using var file = KeyFile.Create(vault.KeyPath, keyset, heldLock);
        var notes = KeyNotes.Beside(file, heldLock);
        if (retired is { } at)
            notes.SetRetired(new Dictionary<uint, DateTimeOffset> { [1] = at });
        return RetirementRule.ForPrune(keyset, census, notes, retain, Now);
    }
}
