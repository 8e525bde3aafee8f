using PmmCrypt.Fields;

namespace PmmCrypt.Tests.Fields;

/// <summary>What is told of a stored value to whoever looks at it: whether it is readable, and why not.</summary>
public sealed class StoredValueTests
{
    [Theory]
    [InlineData(StoredValueState.Empty, true)]
    [InlineData(StoredValueState.Clear, true)]
    [InlineData(StoredValueState.Opened, true)]
    [InlineData(StoredValueState.UnknownKey, false)]
    [InlineData(StoredValueState.DisabledKey, false)]
    [InlineData(StoredValueState.AuthenticationFailed, false)]
    [InlineData(StoredValueState.Malformed, false)]
    [InlineData(StoredValueState.TooManyLayers, false)]
    public void It_is_readable_where_its_plaintext_is_known(StoredValueState state, bool readable) =>
        Assert.Equal(readable, new StoredValue(state).IsReadable);

    [Fact]
    public void Every_state_has_words_of_its_own()
    {
        var words = Enum.GetValues<StoredValueState>().Select(state => StoredValueText.Describe(new StoredValue(state))).ToList();

        Assert.All(words, Assert.NotEmpty);
        Assert.Distinct(words);
    }

    [Theory]
    [InlineData(StoredValueState.UnknownKey, "key 4711 is not in the keyset")]
    [InlineData(StoredValueState.DisabledKey, "key 4711 is disabled")]
    [InlineData(StoredValueState.AuthenticationFailed, "under key 4711")]
    [InlineData(StoredValueState.Malformed, "damaged ciphertext of key 4711 (")]
    [InlineData(StoredValueState.TooManyLayers, "more than 16 layers")]
    public void What_is_wrong_is_said_with_the_key(StoredValueState state, string words)
    {
        var value = new StoredValue(state);
        value.SetUnopenedKey(4711);

        Assert.Contains(words, StoredValueText.Describe(value), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_value_without_a_key_id_names_no_key()
    {
        var words = StoredValueText.Describe(new StoredValue(StoredValueState.Malformed));

        Assert.Contains("damaged ciphertext (", words, StringComparison.Ordinal);
        Assert.DoesNotContain("key", words, StringComparison.Ordinal);
    }

    [Fact]
    public void No_state_and_no_format_is_misuse()
    {
        var state = Assert.Throws<ArgumentOutOfRangeException>(() => StoredValueText.Describe(new StoredValue((StoredValueState)99)));
        var format = Assert.Throws<ArgumentOutOfRangeException>(() => StoredFormat.Unknown.AsFlag());

        Assert.Contains("No such state", state.Message, StringComparison.Ordinal);
        Assert.Contains("Legacy or Envelope", format.Message, StringComparison.Ordinal);
    }
}
