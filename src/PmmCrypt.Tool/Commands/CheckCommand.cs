using System.CommandLine;
using PmmCrypt.Rotation.Checking;
using PmmCrypt.Tool.Baseline;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Compares what is declared as encrypted with the database: its schema, and where ciphertexts lie. It changes nothing.</summary>
internal sealed class CheckCommand : ToolCommand
{
    private readonly Option<string?> _shipped = new("--shipped")
    {
        Description = "Find too what this list of encrypted fields (EncryptedFields.Shipped.txt) holds and the model does not",
        HelpName = "FILE",
    };

    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();

    public CheckCommand(GlobalOptions options)
        : base(
            "check",
            "Compare the model with the database: what is missing, what a ciphertext does not fit into, what is in the clear, and "
            + "ciphertexts outside of the model. Ends with 2 where something is off. It needs no key file.",
            options)
    {
        Add(_shipped);
        Add(_batchSize);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var shipped = run.Get(_shipped) is { } path ? ShippedFields.Read(path) : null;
        var pages = RotationCommandOptions.Pages(run.Get(_batchSize));
        var (report, database) = await run.WithEngineAsync(
            async (engine, store) => (await engine.CheckAsync(pages, stop).ConfigureAwait(false), store.DisplayName), stop)
            .ConfigureAwait(false);
        SchemaFinding[] findings = [.. report.Findings, .. shipped?.GoneFrom(run.Model) ?? []];
        var exitCode = findings.Length > 0 ? ExitCode.WorkRemains : ExitCode.Done;
        if (run.Talk.IsJson)
            JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteCheck(json, run.Model.Name, findings, report.Notes));
        else
            Write(run.Talk, $"{database}: {run.Model.Name}", findings);
        foreach (var note in report.Notes)
            run.Talk.Say(note);
        return exitCode;
    }

    private static void Write(Talk talk, string what, SchemaFinding[] findings)
    {
        foreach (var finding in findings)
        {
            talk.Data.WriteLine($"{finding.Place}: {finding.Meaning}");
            talk.Data.WriteLine($"    {finding.Action}");
        }

        if (findings.Length == 0)
            talk.Data.WriteLine($"{what} and the schema agree");
        else
            talk.Say(findings.Length == 1 ? "1 finding" : $"{findings.Length} findings");
    }
}
