using System.CommandLine;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>A verb: its options stand at the top of its class, and running it is one call into the library.</summary>
internal abstract class ToolCommand : Command
{
    protected ToolCommand(string name, string description, GlobalOptions options)
        : base(name, description) =>
        SetAction((parsed, stop) =>
        {
            var talk = new Talk(Console.Out, Console.Error, parsed.GetValue(options.Json));
            return RunAsync(new ToolRun(parsed, options, talk), stop);
        });

    /// <summary>Runs the verb, and returns the exit code.</summary>
    protected abstract Task<int> RunAsync(ToolRun run, CancellationToken stop);
}
