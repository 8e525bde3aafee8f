using CsCheck;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>
/// Keysets are written here as they print: in the order of the file, <c>*</c> for the primary, <c>-</c> for a disabled key.
/// </summary>
public sealed class KeysetManagerTests
{
    [Fact]
    public void A_generated_keyset_has_one_random_key()
    {
        using var one = KeysetManager.Generate();
        using var other = KeysetManager.Generate();

        Assert.Same(one.Primary, Assert.Single(one.Keys));
        Assert.NotEqual(one.Primary.Id, other.Primary.Id);
        Assert.NotEqual(one.Primary.CheckValue, other.Primary.CheckValue);
        Assert.Empty(one.Waiting);
        Assert.True(one.Primary.Material.ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData("1*", "")]
    [InlineData("1 2*", "")]
    [InlineData("1* 2", "2")]
    [InlineData("1* -2", "")]
    [InlineData("1 2* -3 4", "4")]
    [InlineData("1* 2 3", "2 3")]
    public void A_key_waits_if_it_is_enabled_and_after_the_primary(string keys, string waiting)
    {
        using var keyset = Keyset(keys);

        Assert.Equal(waiting, string.Join(' ', keyset.Waiting.Select(key => key.Id)));
    }

    [Fact]
    public void An_added_key_waits_at_the_end_and_is_new()
    {
        using var before = Keyset("-1 2*");
        using var manager = new KeysetManager(before);
        var id = manager.Add();
        using var after = manager.ToKeyset();

        Assert.Equal($"-1 2* {id}", Print(after));
        Assert.Equal(id, Assert.Single(after.Waiting).Id);
        Assert.NotEqual(before.Primary.CheckValue, after.Find(id)!.CheckValue);
        Assert.Equal("-1 2*", Print(before));
    }

    [Fact]
    public void One_key_may_wait() => Refused("1* 2", manager => manager.Add(), "key 2 is waiting already");

    [Theory]
    [InlineData("1* 2", 2, "1 2*")]
    [InlineData("1 2* 3", 1, "2 3 1*")]      // back to an old key: what waited waits no longer
    [InlineData("1 2* 3", 2, "1 2* 3")]      // the primary: nothing to do, and 3 goes on waiting
    [InlineData("1* 2 3", 2, "1 3 2*")]
    public void A_promoted_key_is_the_primary_and_the_last(string before, uint id, string after) =>
        Edits(before, manager => manager.Promote(id), after);

    [Fact]
    public void A_disabled_key_is_not_promoted() => Refused("1* -2", manager => manager.Promote(2), "key 2 is disabled");

    [Theory]
    [InlineData("1 2*", 1, "-1 2*")]
    [InlineData("-1 2*", 1, "-1 2*")]
    [InlineData("1* 2", 2, "1* -2")]
    public void A_disabled_key_stays_where_it_is(string before, uint id, string after) =>
        Edits(before, manager => manager.Disable(id), after);

    [Theory]
    [InlineData("-1 2*", 1, "1 2*")]
    [InlineData("-1 2 3*", 1, "1 2 3*")]     // before the primary it stays where it is
    [InlineData("1 2*", 1, "1 2*")]
    [InlineData("1* 2", 2, "1* 2")]          // it was enabled, and goes on waiting
    [InlineData("1* -2", 2, "2 1*")]         // it was disabled for a reason: the next rotation must not promote it
    [InlineData("1* -2 3", 2, "2 1* 3")]
    public void An_enabled_key_does_not_come_to_wait(string before, uint id, string after) =>
        Edits(before, manager => manager.Enable(id), after);

    [Theory]
    [InlineData("1 2* 3", 1, "2* 3")]
    [InlineData("-1 2*", 1, "2*")]
    [InlineData("1* 2", 2, "1*")]            // a refused run takes back the key that it added
    public void A_destroyed_key_leaves_no_entry(string before, uint id, string after) =>
        Edits(before, manager => manager.Destroy(id), after);

    [Fact]
    public void The_primary_is_not_disabled() =>
        Refused("1 2*", manager => manager.Disable(2), "key 2 is the primary and cannot be disabled");

    [Fact]
    public void The_primary_is_not_destroyed() =>
        Refused("1 2*", manager => manager.Destroy(2), "key 2 is the primary and cannot be destroyed");

    [Fact]
    public void A_key_that_is_not_there_is_named()
    {
        Refused("1*", manager => manager.Promote(2), "key 2 is not in the keyset");
        Refused("1*", manager => manager.Disable(2), "key 2 is not in the keyset");
        Refused("1*", manager => manager.Enable(2), "key 2 is not in the keyset");
        Refused("1*", manager => manager.Destroy(2), "key 2 is not in the keyset");
    }

    [Theory]
    [InlineData("1*", "1*", "1*", "")]
    [InlineData("1*", "2*", "2 1*", "2")]
    [InlineData("1 2*", "3*", "1 3 2*", "3")]
    [InlineData("1* 2", "3*", "3 1* 2", "3")]
    [InlineData("1*", "1* 2", "1* 2", "2")]         // it waits there, so it waits here
    [InlineData("1* 3", "1* 2", "2 1* 3", "2")]     // unless one waits here already
    [InlineData("1*", "1* 2 3", "3 1* 2", "2 3")]   // one may wait
    [InlineData("1* 2", "1 2*", "1* 2", "")]        // promoted there already: our primary stays
    [InlineData("1*", "1 2*", "2 1*", "2")]         // the other's primary only opens here
    [InlineData("1*", "-2 1*", "-2 1*", "2")]
    [InlineData("1*", "1* -2", "-2 1*", "2")]
    [InlineData("-1 2*", "1 2*", "1 2*", "1")]      // enabled wins
    [InlineData("1 2*", "-1 2*", "1 2*", "")]
    [InlineData("1* -2", "2 1*", "2 1*", "2")]      // enabled by the merge: retired, not waiting
    [InlineData("1* -2", "1* 2", "2 1*", "2")]
    [InlineData("1*", "2 3* 4", "2 3 1* 4", "2 3 4")]
    public void A_merge_is_the_union_under_our_primary(string ours, string theirs, string expected, string changed)
    {
        using var other = Keyset(theirs);
        Edits(ours, manager => Assert.Equal(changed, string.Join(' ', manager.Merge(other))), expected);
        Assert.Equal(theirs, Print(other));
    }

    [Fact]
    public void A_merge_of_other_bytes_under_the_same_id_is_refused_whole()
    {
        using var other = new Keyset(3, [Key(3), Key(1, first: 0xff)]);

        var refused = Refused("1*", manager => manager.Merge(other), "key 1 has other bytes");

        Assert.Contains(other.Find(1)!.CheckValue, refused.Message, StringComparison.Ordinal);
        Assert.Contains("find out which before you merge", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_merge_opens_whatever_either_node_opened_and_never_makes_two_keys_wait()
    {
        var keyset = Gen.UInt[1, 6].HashSet[1, 5].SelectMany(ids => Gen.Shuffle(ids.ToArray()).Select(
            Gen.Bool.Array[ids.Count], Gen.Int[0, ids.Count - 1],
            (order, enabled, primary) =>
                string.Join(' ', order.Select((id, i) => i == primary ? $"{id}*" : enabled[i] ? $"{id}" : $"-{id}"))));
        Gen.Select(keyset, keyset).Sample((left, right) =>
        {
            using var ours = Keyset(left);
            using var theirs = Keyset(right);
            using var manager = new KeysetManager(ours);
            manager.Merge(theirs);
            using var merged = manager.ToKeyset();

            Assert.Equal(ours.Primary.Id, merged.Primary.Id);
            Assert.Equal(Ids(ours.Keys.Concat(theirs.Keys)), Ids(merged.Keys));
            Assert.Equal(Ids(ours.Keys.Concat(theirs.Keys).Where(IsEnabled)), Ids(merged.Keys.Where(IsEnabled)));
            Assert.True(merged.Waiting.Count <= Math.Max(1, ours.Waiting.Count), Print(merged));
            Assert.All(merged.Waiting, key => Assert.Contains(key.Id, ours.Waiting.Concat(theirs.Waiting).Select(k => k.Id)));
            Assert.Empty(manager.Merge(theirs));
        });
    }

    [Fact]
    public void The_manager_and_its_keysets_have_copies_of_their_own()
    {
        var first = Keyset("1*");
        var manager = new KeysetManager(first);
        first.Dispose();
        using var second = manager.ToKeyset();
        manager.Dispose();

        Assert.True(second.Primary.Material.SequenceEqual(Key(1).Material));
    }

    [Fact]
    public void A_disposed_keyset_or_manager_makes_no_keyset_of_zeros()
    {
        var keyset = Keyset("1*");
        var manager = new KeysetManager(keyset);
        keyset.Dispose();
        manager.Dispose();

        Assert.Throws<ObjectDisposedException>(() => new KeysetManager(keyset));
        Assert.Throws<ObjectDisposedException>(manager.ToKeyset);
    }

    [Fact]
    public void Whatever_the_edits_PMM_takes_the_file()
    {
        // Any sequence of edits, of which some are refused: what comes out is a keyset that the independent reader takes.
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5]).Array[0, 20].Sample(edits =>
        {
            using var start = KeysetManager.Generate();
            using var manager = new KeysetManager(start);
            foreach (var (edit, at) in edits)
            {
                using var now = manager.ToKeyset();
                try
                {
                    Edit(manager, edit, now.Keys[at % now.Keys.Count].Id);
                }
                catch (KeysetOperationException)
                {
                    using var unchanged = manager.ToKeyset();
                    Assert.Equal(Print(now), Print(unchanged));
                }
            }

            using var result = manager.ToKeyset();
            var (primary, keys) = TinkReader.Read(InsecureCleartextKeyset.Write(result));
            Assert.Equal(result.Primary.Id, primary);
            Assert.Equal(result.Keys.Select(key => Convert.ToHexStringLower(key.Material)), keys.Select(key => key.Material));
            Assert.True(result.Waiting.Count <= 1, Print(result));
        });
    }

    private static void Edit(KeysetManager manager, int edit, uint id)
    {
        switch (edit)
        {
            case 0: manager.Add(); break;
            case 1: manager.Promote(id); break;
            case 2: manager.Disable(id); break;
            case 3: manager.Enable(id); break;
            default: manager.Destroy(id); break;
        }
    }

    private static void Edits(string before, Action<KeysetManager> edit, string after)
    {
        using var keyset = Keyset(before);
        using var manager = new KeysetManager(keyset);
        edit(manager);
        using var edited = manager.ToKeyset();

        Assert.Equal(after, Print(edited));
        Assert.All(edited.Keys, key => Assert.True(key.Material.SequenceEqual(Key(key.Id).Material)));
    }

    private static KeysetOperationException Refused(string before, Action<KeysetManager> edit, string reason)
    {
        using var keyset = Keyset(before);
        using var manager = new KeysetManager(keyset);
        var refused = Assert.Throws<KeysetOperationException>(() => edit(manager));
        using var unchanged = manager.ToKeyset();

        Assert.StartsWith(reason, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith($"key {refused.KeyId} ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Print(unchanged));
        return refused;
    }

    private static Keyset Keyset(string keys)
    {
        var words = keys.Split(' ');
        return new Keyset(
            Id(words.Single(word => word.EndsWith('*'))),
            words.Select(word => Key(Id(word), status: word[0] == '-' ? KeyStatus.Disabled : KeyStatus.Enabled)));
    }

    private static uint Id(string word) => uint.Parse(word.Trim('*', '-'), System.Globalization.CultureInfo.InvariantCulture);

    private static string Print(Keyset keyset) => string.Join(
        ' ', keyset.Keys.Select(key => $"{(key.Status == KeyStatus.Disabled ? "-" : "")}{key.Id}{(key == keyset.Primary ? "*" : "")}"));

    private static KeysetKey Key(uint id, byte first = 0, KeyStatus status = KeyStatus.Enabled) =>
        new(id, status, [first, .. Enumerable.Repeat((byte)id, KeysetKey.MaterialSize - 1)]);

    private static bool IsEnabled(KeysetKey key) => key.Status == KeyStatus.Enabled;

    private static IEnumerable<uint> Ids(IEnumerable<KeysetKey> keys) => keys.Select(key => key.Id).Distinct().Order();
}
