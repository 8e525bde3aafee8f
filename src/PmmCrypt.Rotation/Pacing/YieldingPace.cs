using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Pacing;

/// <summary>As fast as the database's load allows: small pages, and after each a rest by a rule.</summary>
internal sealed class YieldingPace(RestRule rule) : Pace
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private TimeSpan _heard;

    public override int Rows => 20;

    public override TimeSpan Next(Work work) => work.To + rule.After(work.Took);

    public override bool WantsLoad(TimeSpan now) => !rule.KnowsUsual || now - _heard >= Interval;

    public override void Hear(StoreLoad load, TimeSpan now)
    {
        _heard = now;
        rule.Hear(load);
    }
}
