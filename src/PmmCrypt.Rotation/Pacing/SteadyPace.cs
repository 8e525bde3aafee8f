namespace PmmCrypt.Rotation.Pacing;

/// <summary>So many rows a second, in pages so small that others hardly notice one.</summary>
internal sealed class SteadyPace(int rowsPerSecond) : Pace
{
    private const int PagesPerSecond = 20;
    private const int MostRows = 250;

    private TimeSpan _next;

    public override int Rows { get; } = Math.Clamp(rowsPerSecond / PagesPerSecond, 1, MostRows);

    public override TimeSpan Next(Work work)
    {
        // What was late by no more than a page is caught up with; what is later is not: nobody wants it all at once.
        var latest = work.From - Of(Rows);
        _next = (_next > latest ? _next : latest) + Of(work.Rows);
        return _next;
    }

    private TimeSpan Of(int rows) => TimeSpan.FromSeconds((double)rows / rowsPerSecond);
}
