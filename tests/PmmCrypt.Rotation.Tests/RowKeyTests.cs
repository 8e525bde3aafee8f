using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

public sealed class RowKeyTests
{
    [Theory]
    [InlineData("17", KeyColumnType.Integer, "17")]
    [InlineData("-9223372036854775808", KeyColumnType.Integer, "-9223372036854775808")]
    [InlineData("true", KeyColumnType.Boolean, "True")]
    [InlineData("0B5A3C52-8C0E-4A0C-8D4B-3B1B6E5B8E11", KeyColumnType.Guid, "0b5a3c52-8c0e-4a0c-8d4b-3b1b6e5b8e11")]
    [InlineData(" as it is ", KeyColumnType.Text, " as it is ")]
    public void A_key_is_read_as_its_columns_type(string text, KeyColumnType type, string expected) =>
        Assert.Equal(expected, new RowKey(RowKey.Parse(text, type)).ToString());

    [Theory]
    [InlineData("one", KeyColumnType.Integer)]
    [InlineData("9223372036854775808", KeyColumnType.Integer)]
    [InlineData("1", KeyColumnType.Boolean)]
    [InlineData("no-guid", KeyColumnType.Guid)]
    public void What_is_no_such_key_is_the_schemas_fault_and_not_a_bug(string text, KeyColumnType type) =>
        Assert.Throws<StoreSchemaException>(() => RowKey.Parse(text, type));

    [Fact]
    public void Keys_are_equal_if_all_their_values_are()
    {
        Assert.Equal(new RowKey("a", 1L), new RowKey("a", 1L));
        Assert.Equal(new RowKey("a", 1L).GetHashCode(), new RowKey("a", 1L).GetHashCode());
        Assert.NotEqual(new RowKey("a", 1L), new RowKey("a", 2L));
        Assert.NotEqual(new RowKey("a"), new RowKey("a", 1L));
        Assert.Equal("a, 1", new RowKey("a", 1L).ToString());
    }
}
