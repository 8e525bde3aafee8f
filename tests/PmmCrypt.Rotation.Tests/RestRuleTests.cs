using PmmCrypt.Rotation.Pacing;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>When a gentle run rests longer, when shorter, and never out of bounds.</summary>
public sealed class RestRuleTests
{
    private static readonly StoreLoad Quiet = new(1, 0, TimeSpan.FromMilliseconds(4));

    private readonly RestRule _rule = new();

    public static TheoryData<string, StoreLoad> Busy => new()
    {
        { "more wait for locks than did at first", Quiet with { Waiting = 2 } },
        { "a replica is behind", Quiet with { ReplicaLag = RestRule.MostLag + 1 } },
        { "commits take much longer", Quiet with { Commit = TimeSpan.FromMilliseconds(40) } },
    };

    public static TheoryData<string, StoreLoad> NotBusy => new()
    {
        { "as many wait as always did", Quiet },
        { "a replica is a little behind", Quiet with { ReplicaLag = RestRule.MostLag } },
        { "nobody may see how far a replica is", Quiet with { ReplicaLag = null } },
        { "commits take a little longer", Quiet with { Commit = TimeSpan.FromMilliseconds(7) } },
    };

    [Theory]
    [MemberData(nameof(Busy))]
    public void Rests_grow_while(string _, StoreLoad load)
    {
        Usual();
        var before = _rule.After(TimeSpan.FromMilliseconds(1));

        _rule.Hear(load);

        Assert.True(_rule.Multiple > RestRule.First);
        Assert.Equal(before * 1.5, _rule.After(TimeSpan.FromMilliseconds(1)));
    }

    [Theory]
    [MemberData(nameof(NotBusy))]
    public void Rests_shrink_while(string _, StoreLoad load)
    {
        Usual();

        _rule.Hear(load);

        Assert.True(_rule.Multiple < RestRule.First);
    }

    [Fact]
    public void There_is_a_longest_multiple_and_a_shortest()
    {
        Usual();
        for (var i = 0; i < 30; i++)
            _rule.Hear(Quiet with { ReplicaLag = long.MaxValue });
        Assert.Equal(RestRule.Most, _rule.Multiple);

        for (var i = 0; i < 30; i++)
            _rule.Hear(Quiet);
        Assert.Equal(RestRule.Least, _rule.Multiple);
    }

    [Fact]
    public void There_is_a_longest_rest_and_a_shortest()
    {
        Assert.Equal(RestRule.Shortest, _rule.After(TimeSpan.Zero));
        Assert.Equal(RestRule.Longest, _rule.After(TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromMilliseconds(2 * RestRule.First), _rule.After(TimeSpan.FromMilliseconds(2)));
    }

    [Fact]
    public void One_slow_commit_among_the_first_is_not_the_usual()
    {
        for (var i = 0; i < RestRule.Samples; i++)
        {
            Assert.False(_rule.KnowsUsual);
            _rule.Hear(i == 1 ? Quiet with { Commit = TimeSpan.FromSeconds(1) } : Quiet);
        }

        _rule.Hear(Quiet with { Commit = TimeSpan.FromMilliseconds(40) });

        Assert.True(_rule.Multiple > RestRule.First);
    }

    [Fact]
    public void What_lasts_becomes_the_usual()
    {
        Usual();
        var day = new StoreLoad(5, 0, TimeSpan.FromMilliseconds(40));
        _rule.Hear(day);
        Assert.True(_rule.Multiple > RestRule.First);

        for (var i = 0; i < 300; i++)
            _rule.Hear(day);

        Assert.Equal(RestRule.Least, _rule.Multiple);
    }

    private void Usual()
    {
        for (var i = 0; i < RestRule.Samples; i++)
            _rule.Hear(Quiet);
    }
}
