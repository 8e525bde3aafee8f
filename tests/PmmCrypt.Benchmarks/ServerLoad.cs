using Npgsql;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>What a live server does beside a rotation: PostgreSQL's own pgbench, in a database of its own on the same server.</summary>
/// <param name="Programs">The folder of PostgreSQL's programs.</param>
/// <param name="Clients">How many clients it has at once.</param>
/// <param name="Rate">How many transactions begin in a second; null for as many as the server bears.</param>
internal sealed record ServerLoad(string Programs, int Clients, int? Rate)
{
    /// <summary>The size of pgbench's tables: enough branches that its clients seldom wait for one another.</summary>
    private const int Scale = 20;

    public string Description => Rate is { } rate
        ? $"pgbench: {Clients} clients, {rate} transactions/s"
        : $"pgbench: {Clients} clients, as many transactions as they can";

    /// <summary>Makes pgbench's tables.</summary>
    public async Task PrepareAsync(PostgresDatabase database) =>
        (await Cli.RunAsync(Program, ["-i", "-q", "-s", $"{Scale}", .. Where(database)])).EnsureSuccess();

    /// <summary>Starts it; it goes on until it is disposed.</summary>
    public RunningLoad Start(PostgresDatabase database)
    {
        var folder = new TempFolder();
        string[] rate = Rate is { } some ? [$"--rate={some}"] : [];
        var process = CliProcess.Start(
            Program, ["-n", "-c", $"{Clients}", "-T", "36000", "--log", .. rate, .. Where(database)], folder: folder.Path);
        return new RunningLoad(process, folder);
    }

    private string Program => Path.Combine(Programs, "pgbench");

    private static string[] Where(PostgresDatabase database)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        return ["-h", connection.Host!, "-p", $"{connection.Port}", "-U", connection.Username!, connection.Database!];
    }
}
