using System.Globalization;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// The high-water mark of a process's resident set, as Linux keeps it. It is read again and again, for it is gone with the process;
/// since it only rises, only what the last moment added can be missed.
/// </summary>
internal static class PeakMemory
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Watches until the process ends. Null where there is no /proc.</summary>
    public static async Task<long?> WatchAsync(int process)
    {
        long? peak = null;
        while (Read(process) is { } now)
        {
            peak = now;
            await Task.Delay(Interval);
        }
        return peak;
    }

    private static long? Read(int process)
    {
        try
        {
            // A process that ended and was not waited for yet still has the file, but not the line.
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? null : 1024 * long.Parse(line["VmHWM:".Length..^" kB".Length], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
