using PmmCrypt.Rotation.Pacing;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>When the next page may begin, and how large it may be.</summary>
public sealed class PaceTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(19, 1)]
    [InlineData(500, 25)]
    [InlineData(1_000_000, 250)]
    public void A_page_is_a_small_part_of_a_second(int rowsPerSecond, int rows) =>
        Assert.Equal(rows, Pace.For(Throttle.Steady(rowsPerSecond)).Rows);

    [Fact]
    public void A_steady_pace_keeps_its_rate_whatever_a_page_takes_within_it()
    {
        var pace = new SteadyPace(500);

        Assert.Equal(50, Next(pace, 25, 0, 3));
        Assert.Equal(100, Next(pace, 25, 50, 99));
        Assert.Equal(100, Next(pace, 0, 100, 120));     // a page that was written: its rows were counted when they were read
        Assert.Equal(150, Next(pace, 25, 120, 121));
        Assert.Equal(160, Next(pace, 5, 150, 151));
    }

    [Fact]
    public void What_a_steady_pace_has_missed_is_not_made_up_for_all_at_once()
    {
        var pace = new SteadyPace(500);
        Next(pace, 25, 0, 3);

        Assert.Equal(10_000, Next(pace, 25, 10_000, 10_001));
        Assert.Equal(10_050, Next(pace, 25, 10_001, 10_002));
    }

    [Fact]
    public void A_yielding_pace_rests_for_longer_than_a_page_took()
    {
        var pace = new YieldingPace(new RestRule());

        Assert.Equal(1004 + 4 * RestRule.First, Next(pace, 20, 1000, 1004));
    }

    [Fact]
    public void A_yielding_pace_asks_for_what_is_usual_and_then_every_second()
    {
        var pace = Pace.For(Throttle.Auto);
        for (var i = 0; i < RestRule.Samples; i++)
        {
            Assert.True(pace.WantsLoad(TimeSpan.Zero));
            pace.Hear(StoreLoad.Unknown, TimeSpan.Zero);
        }

        Assert.False(pace.WantsLoad(TimeSpan.FromMilliseconds(999)));
        Assert.True(pace.WantsLoad(TimeSpan.FromSeconds(1)));
        Assert.False(Pace.For(Throttle.Steady(1)).WantsLoad(TimeSpan.FromDays(1)));
    }

    [Fact]
    public void No_rate_is_below_one_row_a_second() => Assert.Throws<ArgumentOutOfRangeException>(() => Throttle.Steady(0));

    private static double Next(Pace pace, int rows, double from, double to) =>
        pace.Next(new Work(rows, TimeSpan.FromMilliseconds(from), TimeSpan.FromMilliseconds(to))).TotalMilliseconds;
}
