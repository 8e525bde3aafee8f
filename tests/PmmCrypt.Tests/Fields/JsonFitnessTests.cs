using System.Text;
using PmmCrypt.Fields;

namespace PmmCrypt.Tests.Fields;

/// <summary>What PostgreSQL's jsonb takes of all that is JSON. https://www.postgresql.org/docs/15/datatype-json.html</summary>
public sealed class JsonFitnessTests
{
    [Theory]
    [InlineData("""{"a": ["x", 1, -1.5e3, true, false, null, {}], "b": 0}""")]
    [InlineData("""{"\u0041": "\u0041\n\t\\ \ud83d\udd10"}""")]
    [InlineData("""{"a": "\\u0000"}""")]
    [InlineData("""{"a": 1.7e308, "b": -1e-400}""")]
    [InlineData("null")]
    public void Text_and_numbers_are_stored(string json) => Assert.True(JsonFitness.IsStorable(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"a": "x\u0000y"}""")]
    [InlineData("""{"\u0000": 1}""")]
    [InlineData("""{"a": 1, "b": ["\ud800"]}""")]
    [InlineData("""{"\udc00": "x", "a": 1}""")]
    [InlineData("""{"a": 1e400, "b": 1}""")]
    [InlineData("""[1, -1e999]""")]
    public void Neither_is_a_NUL_half_a_character_nor_a_number_beyond_all(string json) =>
        Assert.False(JsonFitness.IsStorable(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void However_deep_it_is() => Assert.False(
        JsonFitness.IsStorable(Encoding.UTF8.GetBytes(new string('[', 1000) + "\"\\u0000\"" + new string(']', 1000))));
}
