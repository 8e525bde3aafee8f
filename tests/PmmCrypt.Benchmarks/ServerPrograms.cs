using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>Where PostgreSQL's server programs are, for a benchmark that tests/run.sh did not start.</summary>
internal static class ServerPrograms
{
    private const string Debian = "/usr/lib/postgresql";

    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable(PrivateCluster.ProgramsVariable) is { Length: > 0 } named) return named;
        if (!Directory.Exists(Debian)) return null;
        return Directory.GetDirectories(Debian)
            .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
            .OrderBy(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .LastOrDefault();
    }
}
