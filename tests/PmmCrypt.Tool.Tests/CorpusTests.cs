using PmmCrypt.Fuzzing;

namespace PmmCrypt.Tool.Tests;

/// <summary>What tests/PmmCrypt.Fuzzing starts from, and whatever it has found: see there for what is asked of each input.</summary>
public sealed class CorpusTests
{
    [Fact]
    public void Every_connection_of_the_corpus_is_a_target_or_an_error_that_repeats_nothing()
    {
        var target = FuzzTarget.Of("connection");

        Assert.NotEmpty(target.Seeds);
        Assert.All(target.Seeds, input => target.Check(input));
    }
}
