using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The arithmetic of a count: sums over fields and tables, and what they say of the keyset.</summary>
public sealed class CensusTests
{
    [Fact]
    public void Values_under_keys_that_are_not_there_are_counted_by_their_keys()
    {
        var other = MadeUp.Census().Closed(MadeUp.Token, StoredValueState.UnknownKey, 7);
        var census = MadeUp.Census()
            .Closed(MadeUp.Password, StoredValueState.UnknownKey, 7).Closed(MadeUp.Token, StoredValueState.UnknownKey, 7)
            .Closed(MadeUp.Token, StoredValueState.UnknownKey, 8);
        census.Merge(other);

        Assert.Equal((3L, 1L, 4L, 0L), (census.UnderLost([7]), census.UnderLost([8]), census.UnderLost([7, 8]), census.UnderLost([9])));
    }

    [Fact]
    public void Stacks_of_the_same_keys_are_one_and_none_is_equal_to_nothing()
    {
        KeyStack stack = new([1, 2]), same = new([1, 2]);

        Assert.True(stack.Equals(same) && stack.Equals((object)same));
        Assert.Equal(stack.GetHashCode(), same.GetHashCode());
        Assert.All(
            (KeyStack[])[new([2, 1]), new([1]), new([])],
            other => Assert.True(!stack.Equals(other) && stack.GetHashCode() != other.GetHashCode()));
        Assert.False(stack.Equals(null));
    }

    [Fact]
    public void Its_numbers_are_sums_over_all_fields()
    {
        var census = MadeUp.Census()
            .Opened(MadeUp.Password, 10).Opened(MadeUp.Password, 20).Opened(MadeUp.Token, 10, 20).Opened(MadeUp.Secret, 10, 10)
            .Closed(MadeUp.Password, StoredValueState.Clear).Closed(MadeUp.Token, StoredValueState.Clear)
            .Closed(MadeUp.Secret, StoredValueState.Clear)
            .Closed(MadeUp.Password, StoredValueState.Malformed).Closed(MadeUp.Secret, StoredValueState.DisabledKey, 7)
            .Closed(MadeUp.Token, StoredValueState.Empty);
        census.Add(MadeUp.Token, new RowKey("row"), MalformedReason.NotAString);

        Assert.Equal((4, 3, 3), (census.Opened, census.Clear, census.Unreadable));
        Assert.Equal((2, 3, 1), (census.Layered, census.Stale, census.OffPrimary));
        Assert.Equal((2, 3), (census.ClearIn(StoredFormat.Legacy), census.ClearIn(StoredFormat.Envelope)));
    }

    [Fact]
    public void Values_are_counted_by_the_format_that_they_are_in()
    {
        var census = MadeUp.Census()
            .Opened(MadeUp.Password, StoredFormat.Envelope, 10).Opened(MadeUp.Secret, StoredFormat.Envelope, 10)
            .Opened(MadeUp.Token, StoredFormat.Envelope, 20)
            .Opened(MadeUp.Token, StoredFormat.Legacy, 10).Opened(MadeUp.Password, StoredFormat.Legacy, 10)
            .Opened(MadeUp.Secret, StoredFormat.Legacy, 10).Opened(MadeUp.Secret, StoredFormat.Legacy, 20);

        Assert.Equal((4, 3), (census.OpenedIn(StoredFormat.Legacy), census.OpenedIn(StoredFormat.Envelope)));
        // In the legacy format the secret is not encrypted: its envelope is none that ought to be another.
        Assert.Equal((2, 4), (census.InAnotherFormat(StoredFormat.Legacy), census.InAnotherFormat(StoredFormat.Envelope)));
    }

    [Fact]
    public void Secrets_that_look_encrypted_are_summed_too()
    {
        var census = MadeUp.Census();
        var value = new StoredValue(StoredValueState.Opened, StoredFormat.Legacy) { SecretKeyId = 77 };
        value.AddLayer(10);
        census.Add(MadeUp.Password, new RowKey("a"), value, []);
        census.Add(MadeUp.Secret, new RowKey("a"), value, []);
        census.Opened(MadeUp.Token, 10);

        Assert.Equal(2, census.LooksEncrypted);
    }

    [Fact]
    public void The_keys_off_the_primary_are_named_once_and_in_order()
    {
        var census = MadeUp.Census()
            .Opened(MadeUp.Password, 30).Opened(MadeUp.Password, 10).Opened(MadeUp.Token, 20, 5).Opened(MadeUp.Secret, 30);

        Assert.Equal([20u, 30u], census.KeysOffPrimary);
    }

    [Fact]
    public void Every_layer_refers_to_its_key_and_to_no_other()
    {
        var census = MadeUp.Census().Opened(MadeUp.Password, 10, 20).Opened(MadeUp.Token, 20).Opened(MadeUp.Secret, 20, 20, 30)
            .Closed(MadeUp.Token, StoredValueState.UnknownKey, 40);

        Assert.Equal(
            new Dictionary<uint, long> { [10] = 1, [20] = 4, [30] = 1 }, census.References.OrderBy(entry => entry.Key).ToDictionary());
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0, 1, true)]
    [InlineData(1, 0, false)]
    [InlineData(1, 1, false)]
    public void A_keyset_is_foreign_that_opens_nothing_and_lacks_a_key(int opened, int unknown, bool isForeign)
    {
        var census = MadeUp.Census().Closed(MadeUp.Password, StoredValueState.Malformed);
        for (var i = 0; i < opened; i++)
            census.Opened(MadeUp.Password, 10);
        for (var i = 0; i < unknown; i++)
            census.Closed(MadeUp.Password, StoredValueState.UnknownKey, 7);

        Assert.Equal(isForeign, census.IsForeignKeyset);
    }

    [Fact]
    public void Sixteen_samples_are_kept_of_values_whose_key_is_unknown_and_none_of_others()
    {
        var census = MadeUp.Census().Closed(MadeUp.Password, StoredValueState.DisabledKey, 7, "not this one");
        for (var i = 0; i < 17; i++)
            census.Closed(MadeUp.Password, StoredValueState.UnknownKey, 7, $"stored {i}");

        Assert.Equal(
            Enumerable.Range(0, 16).Select(i => $"stored {i}"),
            census.UnknownKeySamples.Select(sample => System.Text.Encoding.UTF8.GetString(sample)));
    }

    [Fact]
    public void Merged_it_is_as_if_all_had_been_counted_in_one()
    {
        var one = MadeUp.Census().Opened(MadeUp.Password, 10).Opened(MadeUp.Secret, 20, 20)
            .Closed(MadeUp.Token, StoredValueState.Clear).Closed(MadeUp.Token, StoredValueState.UnknownKey, 7, "one");
        one.Rows = 3;
        var other = MadeUp.Census().Opened(MadeUp.Password, 10, 10).Opened(MadeUp.Secret, 20)
            .Closed(MadeUp.Token, StoredValueState.Clear).Closed(MadeUp.Token, StoredValueState.UnknownKey, 7, "other");
        other.Rows = 4;

        one.Merge(other);

        Assert.Equal(7, one.Rows);
        Assert.Equal((4, 2, 2, 2, 3, 2), (one.Opened, one.Clear, one.Unreadable, one.Layered, one.Stale, one.OffPrimary));
        Assert.Equal((3, 3), (one.References[10], one.References[20]));
        Assert.Equal((2, 2), (one.Problems.Count, one.UnknownKeySamples.Count));
        Assert.Equal(2, one.Fields.Single(entry => entry.Field == MadeUp.Secret).Encrypted[(20, StoredFormat.Legacy)]);
        Assert.False(one.IsForeignKeyset);
    }

    [Fact]
    public void Merged_it_knows_what_was_told_by_prefix_and_which_keys_secrets_name()
    {
        var one = MadeUp.Census();
        one.Add(new ValueCount(MadeUp.Password, 10, StoredFormat.Legacy, 5));
        one.Add(MadeUp.Token, new RowKey("a"), LookAlike(77), []);
        var other = MadeUp.Census();
        other.Add(new ValueCount(MadeUp.Password, 10, StoredFormat.Legacy, 2));
        other.Add(new ValueCount(MadeUp.Password, null, StoredFormat.Unknown, 9));
        other.Add(MadeUp.Token, new RowKey("a"), LookAlike(77), []);
        other.Add(MadeUp.Token, new RowKey("a"), LookAlike(78), []);

        one.Merge(other);

        Assert.Equal((7, 9), (one.ToldByPrefix, one.Clear));
        Assert.Equal(new Dictionary<uint, long> { [77] = 2, [78] = 1 }, one.SecretKeys.OrderBy(key => key.Key).ToDictionary());
    }

    [Fact]
    public void The_keys_that_secrets_name_are_told_apart_up_to_a_limit()
    {
        var census = MadeUp.Census();
        for (var key = 1u; key <= 101; key++)
            census.Add(MadeUp.Token, new RowKey("a"), LookAlike(key), []);
        census.Add(MadeUp.Token, new RowKey("a"), LookAlike(1), []);

        Assert.Equal(100, census.SecretKeys.Count);
        Assert.Equal((2, false), (census.SecretKeys[1], census.SecretKeys.ContainsKey(101)));
        Assert.Equal(102, census.LooksEncrypted);
    }

    [Fact]
    public void Stacks_of_keys_are_counted_by_their_keys_in_order()
    {
        var one = MadeUp.Census().Opened(MadeUp.Password, 10, 20).Opened(MadeUp.Password, 20, 10).Opened(MadeUp.Password, 10);
        var other = MadeUp.Census().Opened(MadeUp.Token, 10, 20).Opened(MadeUp.Token, 10, 20, 30);

        one.Merge(other);

        Assert.Equal(
            ["10 20 30: 1", "10 20: 2", "20 10: 1"],
            one.Stacks.Select(stack => $"{string.Join(' ', stack.Key.Keys)}: {stack.Value}").Order(StringComparer.Ordinal));
    }

    private static StoredValue LookAlike(uint key)
    {
        var value = new StoredValue(StoredValueState.Opened, StoredFormat.Legacy) { SecretKeyId = key };
        value.AddLayer(10);
        return value;
    }

    [Fact]
    public void Merged_into_an_empty_one_unknown_keys_are_still_known_of()
    {
        var total = MadeUp.Census();

        total.Merge(MadeUp.Census().Closed(MadeUp.Token, StoredValueState.UnknownKey, 7));

        Assert.True(total.IsForeignKeyset);
    }

    [Fact]
    public void Problems_are_sorted_by_table_row_and_field()
    {
        var census = MadeUp.Census()
            .Closed(MadeUp.Secret, StoredValueState.Malformed, row: "a").Closed(MadeUp.Token, StoredValueState.Malformed, row: "b")
            .Closed(MadeUp.Password, StoredValueState.Malformed, row: "b").Closed(MadeUp.Token, StoredValueState.Malformed, row: "a");

        census.Sort();

        Assert.Equal(
            ["a accounts.token", "b accounts.password", "b accounts.token", "a hosts.secret"],
            census.Problems.Select(problem => $"{problem.Row} {problem.Field}"));
    }

    [Fact]
    public void Problems_are_listed_up_to_a_limit_and_counted_beyond_it()
    {
        var census = MadeUp.Census();
        for (var i = 0; i <= Census.MaxProblems; i++)
            census.Add(MadeUp.Password, RowKey.SingleRow, MalformedReason.NotJson);

        Assert.Equal((Census.MaxProblems, Census.MaxProblems + 1), (census.Problems.Count, census.Unreadable));
    }
}
