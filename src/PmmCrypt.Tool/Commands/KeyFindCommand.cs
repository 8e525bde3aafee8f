using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Healing;
using PmmCrypt.Tool.Output;
using Spectre.Console;

namespace PmmCrypt.Tool.Commands;

/// <summary>Finds out which of several key files is this database's.</summary>
internal sealed class KeyFindCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "The folder with the key files, or their backups" };
    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();
    private readonly Option<string?> _write = new("--write")
    {
        Description = "Write the smallest key file that opens all that these open: a new file, readable by its owner alone",
        HelpName = "FILE",
    };

    public KeyFindCommand(GlobalOptions options)
        : base("find", "Try the key files of a folder on the database's values: which opens how many, and which keys it takes.", options)
    {
        Add(_folder);
        Add(_write);
        Add(_batchSize);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var folder = run.Get(_folder);
        if (!Directory.Exists(folder))
            throw new UsageException($"there is no folder {folder}", "name the folder that holds the key files, or their backups");
        var options = new RotationOptions { PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)) };
        using var search = await run.WithEngineAsync((engine, _) => engine.FindKeysAsync(folder, options, stop), stop).ConfigureAwait(false);
        var exitCode = search.Census.Unreadable > 0 ? ExitCode.Unreadable : ExitCode.Done;
        if (!run.Talk.IsJson)
            WriteText(run.Talk, search);
        if (run.Get(_write) is { } path)
            Write(run, path, search, stop);
        if (run.Talk.IsJson)        // one document, and none before what can fail
            JsonReport.Write(run.Talk.Data, exitCode, json => WriteJson(json, search));
        return exitCode;
    }

    private static void Write(ToolRun run, string path, KeySearch search, CancellationToken stop)
    {
        if (search.Keyset is not { } keyset)
        {
            run.Talk.Warn($"{path} was not written: none of these files opens a value");
            return;
        }

        using var heldLock = KeyFileLock.Acquire(path, run.LockTimeout, stop);
        KeyFile.Create(path, keyset, heldLock).Dispose();
        run.Talk.Say($"made the key file {path}. Its primary is the key that most values are under, {keyset.Primary.Id}; back it up");
    }

    private static void WriteText(Talk talk, KeySearch search)
    {
        var census = search.Census;
        var encrypted = census.Opened + census.Unreadable;
        var table = new Table { Border = TableBorder.None };
        table.AddColumns("key file", "keys");
        table.AddColumn(new TableColumn("opens").RightAligned());
        table.AddColumn(new TableColumn("to the end").RightAligned());
        foreach (var file in search.Files)
            table.AddRow(Markup.Escape(file.Path), Keys(file), Number(file.Opens), Number(file.OpensToTheEnd));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(talk.Data) });
        console.Profile.Width = Math.Max(console.Profile.Width, 200);
        console.Write(table);
        talk.Data.WriteLine(
            $"together they open {Number(census.Opened)} of {Number(encrypted)} encrypted values"
            + (search.Needed.Count > 0 ? $"; it takes key {string.Join(", ", search.Needed)}" : ""));
        CensusTable.WriteProblems(talk, census.Problems);
        RotationText.WriteLookAlikes(talk, census);
    }

    private static void WriteJson(Utf8JsonWriter json, KeySearch search)
    {
        json.WriteStartArray("files");
        foreach (var file in search.Files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            JsonReport.WriteIds(json, "keys", file.KeyIds);
            JsonReport.WriteIds(json, "disabled", file.Disabled);
            json.WriteNumber("opens", file.Opens);
            json.WriteNumber("opensToTheEnd", file.OpensToTheEnd);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        JsonReport.WriteIds(json, "needed", search.Needed);
        JsonReport.WriteCensus(json, search.Census);
    }

    private static string Keys(FoundKeyFile file) =>
        string.Join(", ", file.KeyIds.Select(id => file.Disabled.Contains(id) ? $"{id} (disabled)" : $"{id}"));

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
