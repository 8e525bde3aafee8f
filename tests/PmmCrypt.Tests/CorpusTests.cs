using PmmCrypt.Fuzzing;

namespace PmmCrypt.Tests;

/// <summary>What tests/PmmCrypt.Fuzzing starts from, and whatever it has found: see there for what is asked of each input.</summary>
public sealed class CorpusTests
{
    [Theory]
    [InlineData("keyset")]
    [InlineData("value")]
    [InlineData("json")]
    public void Every_input_of_the_corpus_is_read_as_it_should_be(string name)
    {
        var target = FuzzTarget.Of(name);

        Assert.NotEmpty(target.Seeds);
        Assert.All(target.Seeds, input => target.Check(input));
    }
}
