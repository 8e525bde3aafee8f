using System.Globalization;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>What a process of the tool used, as it says itself at its end.</summary>
/// <param name="AllocatedBytes">All that it allocated for objects.</param>
/// <param name="Gen2Collections">How often the oldest generation was collected.</param>
/// <param name="CpuSeconds">Processor time, on all cores together.</param>
internal sealed record ToolUsage(long AllocatedBytes, int Gen2Collections, double CpuSeconds)
{
    /// <summary>The variable that names the file to say it in.</summary>
    public const string Variable = "PMMCRYPT_BENCHMARK_USAGE";

    /// <summary>Lets a process that is started with these say what it used: this assembly looks in from its beginning.</summary>
    public static Dictionary<string, string?> Ask(TempFolder folder) => new()
    {
        [Variable] = folder["usage"],
        ["DOTNET_STARTUP_HOOKS"] = typeof(ToolUsage).Assembly.Location,
    };

    /// <summary>What the process has said.</summary>
    public static ToolUsage Read(TempFolder folder)
    {
        var numbers = File.ReadAllText(folder["usage"]).Split(' ');
        return new ToolUsage(
            long.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture),
            double.Parse(numbers[2], CultureInfo.InvariantCulture));
    }

    /// <summary>Says it at the process's end.</summary>
    public static void WriteAtExit(string path) => AppDomain.CurrentDomain.ProcessExit += (_, _) => File.WriteAllText(
        path,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{GC.GetTotalAllocatedBytes()} {GC.CollectionCount(2)} {Environment.CpuUsage.TotalTime.TotalSeconds}"));
}
