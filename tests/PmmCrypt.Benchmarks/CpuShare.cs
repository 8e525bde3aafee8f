using System.Globalization;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// A control group that holds what runs in it to a share of one core. Where client and server share a machine's cores, several clients so held
/// stand for several machines beside a server that is that much faster.
/// </summary>
internal sealed class CpuShare : IDisposable
{
    private const int Period = 100_000;     // microseconds, the kernel's default
    private const string Root = "/sys/fs/cgroup";

    private readonly string _folder;

    /// <summary>Makes the group, which takes root.</summary>
    /// <param name="percent">How much of one core all of its processes have together.</param>
    public CpuShare(int percent)
    {
        var unified = File.Exists($"{Root}/cgroup.controllers");
        _folder = $"{Root}/{(unified ? "" : "cpu/")}pmmcrypt-{Guid.NewGuid():N}";
        Directory.CreateDirectory(_folder);
        var quota = (percent * Period / 100).ToString(CultureInfo.InvariantCulture);
        if (unified)
        {
            File.WriteAllText($"{_folder}/cpu.max", $"{quota} {Period}");
            return;
        }
        File.WriteAllText($"{_folder}/cpu.cfs_period_us", $"{Period}");
        File.WriteAllText($"{_folder}/cpu.cfs_quota_us", quota);
    }

    /// <summary>The command that runs another in the group from its beginning, under the same process id.</summary>
    public string[] Run(string file, IEnumerable<string> arguments) =>
        ["sh", "-c", "echo $$ >\"$0\" && exec \"$@\"", $"{_folder}/cgroup.procs", file, .. arguments];

    /// <summary>Removes the group, which is empty where its processes were waited for.</summary>
    public void Dispose() => Directory.Delete(_folder);
}
