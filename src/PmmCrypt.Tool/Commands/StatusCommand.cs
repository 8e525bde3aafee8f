using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Counts: per table and field, how many values under which key, in which format, in the clear, unreadable.</summary>
internal sealed class StatusCommand : ToolCommand
{
    private readonly Option<bool> _requireEncrypted = RotationCommandOptions.RequireEncrypted();
    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();

    public StatusCommand(GlobalOptions options)
        : base("status", "Count each field's values by key and format. Ends with 2 where a rotation has work to do. "
            + "PostgreSQL counts what it can tell by its beginning, and that is not opened; verify opens each value.", options)
    {
        Add(_requireEncrypted);
        Add(_batchSize);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var options = new RotationOptions { PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)) };
        return await run.WithEngineAsync(
            async (engine, store) =>
            {
                var inspection = await engine.SurveyAsync(options, stop).ConfigureAwait(false);
                var census = inspection.Census;
                var clear = run.Get(_requireEncrypted) ? census.ClearIn(inspection.Format) : 0;
                var exitCode = census.Stale + clear > 0 ? ExitCode.WorkRemains : ExitCode.Done;
                if (census.Unreadable > 0)
                {
                    if (!run.Talk.IsJson)
                        CensusTable.Write(run.Talk.Data, census);
                    engine.RequireReadable(census);
                }

                if (run.Talk.IsJson)
                    JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteInspection(json, inspection));
                else
                    Write(run.Talk, store.DisplayName, inspection, clear);
                return exitCode;
            },
            stop).ConfigureAwait(false);
    }

    private static void Write(Talk talk, string database, Inspection inspection, long clear)
    {
        var census = inspection.Census;
        CensusTable.Write(talk.Data, census);
        RotationText.WriteFindings(talk, census);
        foreach (var id in inspection.Waiting)
            talk.Say($"key {id} is waiting; rotate promotes it");
        if (census.OffPrimary > 0)
            talk.Say($"{RotationText.Values(census.OffPrimary)} off the primary key: rotate finishes that, and adds no key");
        if (census.Layered > 0)
            talk.Say($"{RotationText.Values(census.Layered)} encrypted more than once: rotate brings them into one layer");
        if (clear > 0)
            talk.Say($"{RotationText.Values(clear)} should be encrypted: init does that");
        if (census.Stale + clear == 0)
            talk.Say($"{database}: every encrypted value is under the primary key, {census.PrimaryKeyId}");
        if (census.ToldByPrefix > 0)
            talk.Say($"{RotationText.Values(census.ToldByPrefix)} counted by their beginning, and not opened: verify opens each");
    }
}
