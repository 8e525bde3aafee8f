using System.CommandLine;
using PmmCrypt.Keysets;
using PmmCrypt.Pmm;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Sqlite;
using PmmCrypt.Tool.Demo;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>
/// All of it in a moment: makes a database of invented credentials and a key, encrypts, rotates and verifies. The files stay, to play with.
/// </summary>
internal sealed class DemoCommand : ToolCommand
{
    private const int Agents = 300;
    private const int Shown = 60;

    /// <summary>How the user called the tool, to be used in what he is told to call next.</summary>
    private static string Invocation =>
        // A folder named bin is no sign of it: a tool is installed into such as well.
        File.Exists(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "PmmCrypt.Tool.csproj"))
            ? "dotnet run --project src/PmmCrypt.Tool --"
            : "dotnet pmm-crypt";

    private readonly Option<string?> _folder = new("--folder")
    {
        Description = "Where to put the files [default: a new folder for temporary files]",
        HelpName = "FOLDER",
    };

    public DemoCommand(GlobalOptions options)
        : base("demo", "All of it in a moment, on SQLite, on invented credentials.", options) => Add(_folder);

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var folder = MakeFolder(run.Get(_folder));
        var database = new DemoDatabase(Path.Combine(folder, "pmm.db"));
        var keyFile = new KeyFileLocation(Path.Combine(folder, "pmm-encryption.key"), []);
        var say = run.Talk.IsJson ? TextWriter.Null : run.Talk.Data;

        database.Create(Agents);
        say.WriteLine($"1. A database as PMM's: {Agents} agents with invented credentials, in the clear.");
        say.WriteLine($"     {database.Path}");
        Show("password, as it is stored");

        var store = await SqliteRotationStore.OpenAsync(database.Path, new SqliteStoreOptions { Database = "pmm-managed" }, stop)
            .ConfigureAwait(false);
        await using var opened = store.ConfigureAwait(false);
        var engine = ToolRun.Engine(store, PmmModel.Instance, keyFile, new WarningsOnly(run.Talk));
        var (first, _) = await engine.InitializeAsync(new RotationOptions(), stop).ConfigureAwait(false);
        say.WriteLine();
        say.WriteLine($"2. init made a key, {first.PrimaryKeyId}, and encrypted {RotationText.Values(first.Latest.Opened)}.");
        say.WriteLine($"     {keyFile.Path}    (in earnest: back it up, after every key that is added)");
        Show("the same password, as it is stored");

        var report = await engine.RotateAsync(new RotationOptions(), stop).ConfigureAwait(false);
        say.WriteLine();
        say.WriteLine(
            $"3. rotate added key {report.PrimaryKeyId} and rewrote {report.RowsReplaced} rows. "
            + $"Key {first.PrimaryKeyId} stays in the file until a prune.");
        Show("the same password, as it is stored");
        say.WriteLine();
        say.WriteLine($"4. verified: {RotationText.Values(report.Latest.Opened)} open, each under key {report.PrimaryKeyId}.");
        say.WriteLine();
        say.WriteLine("Both files stay. Try next:");
        foreach (var verb in new[] { "status", "rotate --dry-run", "rotate", "rotate --prune", "key list", "verify" })
            say.WriteLine(
                $"  {Invocation} {verb} --connection {Quote($"sqlite:{database.Path}")} --key-file {Quote(keyFile.Path)}");
        if (run.Talk.IsJson)
        {
            JsonReport.Write(run.Talk.Data, ExitCode.Done, json =>
            {
                json.WriteString("database", database.Path);
                json.WriteString("keyFile", keyFile.Path);
                JsonReport.WriteReport(json, report, dryRun: false);
            });
        }

        return ExitCode.Done;

        void Show(string what)
        {
            var stored = database.Stored(DemoDatabase.ShownAgent, "password");
            say.WriteLine($"     {what}: {(stored.Length > Shown ? stored[..Shown] + "…" : stored)}");
        }
    }

    /// <summary>For a shell, where it needs that.</summary>
    private static string Quote(string argument) =>
        argument.Any(c => !char.IsAsciiLetterOrDigit(c) && !"/.:_-".Contains(c)) ? $"'{argument.Replace("'", @"'\''")}'" : argument;

    private static string MakeFolder(string? path)
    {
        if (path is null)
            return Directory.CreateTempSubdirectory("pmm-crypt-demo-").FullName;
        try
        {
            var folder = Directory.CreateDirectory(path);
            if (folder.EnumerateFileSystemInfos().Any())
                throw new UsageException($"{folder.FullName} is not empty", "name a folder that is empty or not there yet");
            File.WriteAllBytes(Path.Combine(folder.FullName, "pmm.db"), []);      // whether it may be written to
            return folder.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be used: {e.Message}", "name a folder of yours that is empty or not there yet");
        }
    }
}
