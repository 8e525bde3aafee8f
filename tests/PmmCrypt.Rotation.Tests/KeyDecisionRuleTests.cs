using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What a count and a keyset decide, and the words of what they refuse.</summary>
public sealed class KeyDecisionRuleTests
{
    private static readonly RotationOptions Prune = new() { Prune = true };
    private static readonly RotationOptions NewKey = new() { NewKey = true };

    [Fact]
    public void More_than_one_waiting_key_is_refused_and_each_is_named()
    {
        using var keyset = MadeUp.Keyset(10, MadeUp.Key(10), MadeUp.Key(20), MadeUp.Key(30));

        AssertRefused(
            keyset, new RotationOptions(), "more than one key is waiting to be promoted: 20, 30",
            "keep one of them: pmm-crypt key promote, or key destroy for those that no service uses");
    }

    [Fact]
    public void Beside_a_waiting_key_a_new_one_is_refused()
    {
        using var keyset = MadeUp.Keyset(10, MadeUp.Key(10), MadeUp.Key(20));

        AssertRefused(keyset, NewKey, "key 20 is waiting to be promoted already", "leave out --new-key, and it will be promoted");
    }

    [Fact]
    public void A_prune_finishes_what_is_under_way_and_else_keeps_the_key()
    {
        using var keyset = MadeUp.Keyset(10, MadeUp.Key(5), MadeUp.Key(10), MadeUp.Key(20));
        var underWay = MadeUp.Census().Opened(MadeUp.Password, 10).Opened(MadeUp.Token, 5);
        var done = MadeUp.Census().Opened(MadeUp.Password, 10);

        Assert.Equal(new KeyDecision(KeyAction.Finish, 10), KeyDecision.For(keyset, underWay, Prune, added: null));
        Assert.Equal(new KeyDecision(KeyAction.Keep, 10), KeyDecision.For(keyset, done, Prune, added: null));
    }

    [Fact]
    public void A_run_that_joins_finishes_what_is_under_way_promotes_what_waits_and_adds_no_key()
    {
        var join = new RotationOptions { Join = true };
        using var waiting = MadeUp.Keyset(10, MadeUp.Key(5), MadeUp.Key(10), MadeUp.Key(20));
        using var keyset = MadeUp.Keyset(10, MadeUp.Key(5), MadeUp.Key(10));
        var underWay = MadeUp.Census().Opened(MadeUp.Password, 10).Opened(MadeUp.Token, 5);
        var done = MadeUp.Census().Opened(MadeUp.Password, 10);

        Assert.Equal(new KeyDecision(KeyAction.Promote, 20), KeyDecision.For(waiting, done, join, added: null));
        Assert.Equal(new KeyDecision(KeyAction.Finish, 10), KeyDecision.For(keyset, underWay, join, added: null));
        Assert.Equal(new KeyDecision(KeyAction.Keep, 10), KeyDecision.For(keyset, done, join, added: null));
    }

    [Fact]
    public void The_first_other_key_file_that_opens_any_of_the_values_is_found()
    {
        using var vault = new Vault();
        using var keyset = KeysetManager.Generate();
        using (var heldLock = KeyFileLock.Acquire(vault["right.key"], Vault.Moment))
            KeyFile.Create(vault["right.key"], keyset, heldLock).Dispose();
        using (var heldLock = KeyFileLock.Acquire(vault["wrong.key"], Vault.Moment))
        using (var wrong = KeysetManager.Generate())
            KeyFile.Create(vault["wrong.key"], wrong, heldLock).Dispose();
        using var lost = KeysetManager.Generate();
        var census = MadeUp.Census()
            .Closed(MadeUp.Password, StoredValueState.UnknownKey, lost.Primary.Id, Vault.Seal(lost, "a"))
            .Closed(MadeUp.Password, StoredValueState.UnknownKey, keyset.Primary.Id, Vault.Seal(keyset, "b"));

        Assert.Equal(vault["right.key"], KeyFinder.Find(census, [vault["nowhere.key"], vault["wrong.key"], vault["right.key"]]));
        Assert.Null(KeyFinder.Find(census, [vault["wrong.key"]]));
    }

    [Fact]
    public void No_other_key_file_is_looked_at_where_no_key_is_missing() => Assert.Null(KeyFinder.Find(
        MadeUp.Census().Closed(MadeUp.Password, StoredValueState.Malformed),
        Enumerable.Range(0, 1).Select<int, string>(_ => throw new InvalidOperationException("it was looked at"))));

    private static void AssertRefused(Keyset keyset, RotationOptions options, string message, string hint)
    {
        var refused = Assert.Throws<RotationException>(() => KeyDecision.For(keyset, MadeUp.Census(), options, added: null));

        Assert.Equal((RotationFailure.Refused, message, hint), (refused.Failure, refused.Message, refused.Hint));
    }
}
