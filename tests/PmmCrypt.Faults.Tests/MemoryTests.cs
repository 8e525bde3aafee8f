using System.Globalization;
using PmmCrypt.Testing;

namespace PmmCrypt.Faults.Tests;

/// <summary>How much memory a whole rotation takes does not go by how many rows there are.</summary>
[Trait("Category", "Slow")]
public sealed class MemoryTests
{
    private const int Rows = 5_000;
    private const int Secret = 2_000;       // bytes: kept, the rows of the larger table would be more than a hundred megabytes

    [SkippableFact]
    public async Task Ten_times_the_rows_take_as_much()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the peak is read from /proc");

        var (few, many) = (await PeakAsync(Rows), await PeakAsync(10 * Rows));

        Assert.True(few > 0);
        Assert.True(many < few + (40 << 20), $"{few >> 20} MB for {Rows} rows, {many >> 20} MB for {10 * Rows}");
    }

    /// <summary>The most memory that a rotation had, of a table with so many rows, in bytes.</summary>
    private static async Task<long> PeakAsync(int rows)
    {
        await using var site = await Site.EncryptedAsync();
        await site.StoreAsync(Site.Middle, site.Keys.Seal(new string('x', Secret)));
        await site.CopyAgentAsync(Site.Middle, rows);
        using var run = site.Start("rotate", "--online");
        var peak = 0L;
        while (!run.HasExited)
        {
            peak = Math.Max(peak, HighWaterMark(run.Id));
            await Task.Delay(10);
        }

        (await Site.EndAsync(run)).Ends(0);
        var keys = site.Keys;
        Assert.All(await site.CopiesAsync(), copy => Assert.Equal(Secret, keys.OpenPrimary(copy).Length));
        return peak;
    }

    /// <summary>Of a process that may be gone by now: nothing then.</summary>
    private static long HighWaterMark(int process)
    {
        const string Line = "VmHWM:";
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line[Line.Length..^" kB".Length], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
