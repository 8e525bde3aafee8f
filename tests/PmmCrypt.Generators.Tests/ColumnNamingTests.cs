using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Tests;

public sealed class ColumnNamingTests
{
    [Theory]
    [InlineData("Password", "password")]
    [InlineData("ApiToken", "api_token")]
    [InlineData("TLSKey", "tls_key")]
    [InlineData("UserID", "user_id")]
    [InlineData("S3Key", "s3_key")]
    [InlineData("Ipv4Address", "ipv4_address")]
    [InlineData("already_snake", "already_snake")]
    [InlineData("Half_Snake", "half_snake")]
    [InlineData("X", "x")]
    [InlineData("ÄußereZahl", "äußere_zahl")]
    public void Snake_case_is_in_lower_case_with_underscores_between_the_words(string property, string column) =>
        Assert.Equal(column, ColumnNaming.SnakeCase.ColumnOf(property));

    [Fact]
    public void As_is_is_as_it_is() => Assert.Equal("ApiToken", ColumnNaming.AsIs.ColumnOf("ApiToken"));
}
