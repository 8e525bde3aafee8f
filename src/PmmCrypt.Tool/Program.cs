using System.CommandLine;
using System.CommandLine.Invocation;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Tool.Baseline;
using PmmCrypt.Tool.Commands;
using PmmCrypt.Tool.Compatibility;
using PmmCrypt.Tool.Output;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool;

/// <summary>The tool: reads the command line, runs the verb, and turns what it ended by into a message and an exit code.</summary>
internal static class Program
{
    private const string Name = "pmm-crypt";

    /// <summary>Runs the tool.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> Main(string[] args)
    {
        if (PmmTool.IsCalled)
            return await PmmTool.RunAsync(args).ConfigureAwait(false);
        var options = new GlobalOptions();
        var parsed = CommandLine(options).Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            var isJson = parsed.GetResult(options.Json) is { Implicit: false };
            return Fail(WrongUsage.Of(parsed, Name), new Talk(Console.Out, Console.Error, isJson));
        }

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // A page is brought to its end, however long the server takes: the library would otherwise end the process after two seconds.
            ProcessTerminationTimeout = Timeout.InfiniteTimeSpan,
        };
        try
        {
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            return Fail(e, new Talk(Console.Out, Console.Error, parsed.GetValue(options.Json)));
        }
    }

    /// <summary>The verbs and options.</summary>
    public static RootCommand CommandLine(GlobalOptions options)
    {
        var root = new RootCommand(
            "Encrypts database fields, and rotates their key so that no value is lost: "
            + "PMM Server's, or those of a service built with PmmCrypt.");
        foreach (var option in options.All)
            root.Add(option);
        root.Add(new KeyCommand(options));
        root.Add(InitCommand.Init(options));
        root.Add(new StatusCommand(options));
        root.Add(new CheckCommand(options));
        root.Add(new RotateCommand(options));
        root.Add(new VerifyCommand(options));
        root.Add(new RepairCommand(options));
        root.Add(new RestoreCommand(options));
        root.Add(InitCommand.Encrypt(options));
        root.Add(new DecryptCommand(options));
        foreach (var verb in Edition.Verbs(options))
            root.Add(verb);
        return root;
    }

    private static int Fail(Exception e, Talk talk)
    {
        var exitCode = ExitCode.Of(e);
        var (message, hint) = Describe(e, exitCode);
        var problems = (e as RotationException)?.Problems ?? [];
        if (talk.IsJson)
            JsonReport.WriteFailure(talk.Data, exitCode, message, hint, problems);
        else
            CensusTable.WriteProblems(talk, problems);
        talk.Fail(message, hint);
        return exitCode;
    }

    /// <summary>What an exception says to a user, and what he can do.</summary>
    public static (string Message, string? Hint) Describe(Exception e, int exitCode) => e switch
    {
        UsageException usage => (usage.Message, usage.Hint),
        RotationException rotation => (rotation.Message, rotation.Hint),
        StoreException store => (store.Message, store.Hint),
        ServiceException service => (service.Message, service.Hint),
        ManifestException manifest => (manifest.Message, manifest.Hint),
        KeyFileException { Kind: KeyFileProblem.NotReplaceable } file => (file.Message,
            "write the keys to another file with --key-output FILE (a verb that has no such option: work on a copy, with --key-file), "
            + "and put that in its place yourself; "
            + "or mount the folder of the key file instead of the file"),
        KeyFileException file => (file.Message, file.Hint),
        KeyFileLockedException locked => (locked.Message, locked.Hint),
        KeysetOperationException => (e.Message, $"{Name} key list shows the keys, and what each is for"),
        OperationCanceledException =>
            ("stopped by request, after the page that was under way", "run the same command again (but for --new-key, if that was in it): it goes on where this run stopped"),
        _ when exitCode == ExitCode.Bug =>
            ($"a bug of this tool: {e.GetType().Name}{WordsOf(e)}\n{e.StackTrace}", "please report it, with this text"),
        _ => (e.Message, null),
    };

    /// <summary>What nobody foresaw may quote what it was thrown at. What the system says of a file or of a library does not.</summary>
    private static string WordsOf(Exception e) =>
        e is IOException or UnauthorizedAccessException or TypeLoadException or PlatformNotSupportedException ? $": {e.Message}" : "";
}
