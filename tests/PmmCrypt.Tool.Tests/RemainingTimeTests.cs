using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Tests;

/// <summary>How long a phase will go on, as the bar on a terminal says it.</summary>
public sealed class RemainingTimeTests
{
    [Theory]
    [InlineData(250, 1000, 10, 30)]
    [InlineData(1000, 1000, 10, 0)]
    [InlineData(1001, 1000, 10, 0)]     // a service has added rows
    [InlineData(1, 1_000_000, 2, 1_999_998)]
    public void Is_what_the_rest_takes_at_the_pace_so_far(long rows, long total, int elapsed, double left) =>
        Assert.Equal(left, RemainingTime.Of(rows, total, TimeSpan.FromSeconds(elapsed))!.Value.TotalSeconds, 3);

    [Theory]
    [InlineData(0, 1000L, 10)]
    [InlineData(10, null, 10)]
    [InlineData(10, 1000L, 1.9)]
    public void Is_not_guessed(long rows, long? total, double elapsed) =>
        Assert.Null(RemainingTime.Of(rows, total, TimeSpan.FromSeconds(elapsed)));

    [Theory]
    [InlineData(0, "0 s left")]
    [InlineData(0.4, "1 s left")]
    [InlineData(89, "89 s left")]
    [InlineData(90, "2 min left")]
    [InlineData(600, "10 min left")]
    [InlineData(9000, "2.5 h left")]
    [InlineData(864_000, "10 days left")]
    public void Is_said_no_more_exactly_than_it_is_known(double seconds, string words) =>
        Assert.Equal(words, RemainingTime.InWords(TimeSpan.FromSeconds(seconds)));
}
