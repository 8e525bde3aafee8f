using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Tool.Commands;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool;

/// <summary>The tool: reads the command line, runs the verb, and turns what it ended by into a message and an exit code.</summary>
internal static class Program
{
    private const string Name = "pmm-crypt";

    /// <summary>Runs the tool.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> Main(string[] args)
    {
        var options = new GlobalOptions();
        var parsed = CommandLine(options).Parse(args);
        if (parsed.Action is ParseErrorAction)
            return Fail(WrongUsage(parsed), new Talk(Console.Out, Console.Error, parsed.GetResult(options.Json) is { Implicit: false }));
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
        root.Add(new InitCommand(options));
        root.Add(new StatusCommand(options));
        root.Add(new RotateCommand(options));
        root.Add(new VerifyCommand(options));
        foreach (var verb in Edition.Verbs(options))
            root.Add(verb);
        return root;
    }

    /// <summary>
    /// What the command line's parser found, as any other failure: the library would print help where data is expected, and no JSON.
    /// </summary>
    private static UsageException WrongUsage(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Command is RootCommand ? Name : command.Command.Name);
        return new UsageException(
            string.Join(' ', Unrecognized(parsed.UnmatchedTokens).Concat(Others(parsed)).Distinct()),
            $"{string.Join(' ', names)} --help shows what it takes");
    }

    /// <summary>What no verb takes. What stands behind an option is not repeated: it may be a password behind a misspelt name.</summary>
    private static IEnumerable<string> Unrecognized(IReadOnlyList<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].StartsWith('-'))
                yield return $"Unrecognized option '{tokens[i].Split('=', ':')[0]}'.";
            else if (i == 0 || !tokens[i - 1].StartsWith('-'))
                yield return $"Unrecognized command or argument '{tokens[i]}'.";
        }
    }

    private static IEnumerable<string> Others(ParseResult parsed) => parsed.Errors.Select(error => error.Message)
        .Where(message => !parsed.UnmatchedTokens.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal)));

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

    private static (string Message, string? Hint) Describe(Exception e, int exitCode) => e switch
    {
        UsageException usage => (usage.Message, usage.Hint),
        RotationException rotation => (rotation.Message, rotation.Hint),
        StoreException store => (store.Message, store.Hint),
        KeyFileException { Kind: KeyFileProblem.NotReplaceable } file => (file.Message,
            "write the keys to another file with --key-output FILE, and put that in its place yourself; "
            + "or mount the folder of the key file instead of the file"),
        KeyFileException file => (file.Message, file.Hint),
        KeyFileLockedException locked => (locked.Message, locked.Hint),
        KeysetOperationException => (e.Message, $"{Name} key list shows the keys, and what each is for"),
        OperationCanceledException =>
            ("stopped by request, after the page that was under way", "run the same command again: it goes on where this run stopped"),
        _ when exitCode == ExitCode.Bug =>
            ($"a bug of this tool: {e.GetType().Name}{WordsOf(e)}\n{e.StackTrace}", "please report it, with this text"),
        _ => (e.Message, null),
    };

    /// <summary>What nobody foresaw may quote what it was thrown at. What the system says of a file or of a library does not.</summary>
    private static string WordsOf(Exception e) =>
        e is IOException or UnauthorizedAccessException or TypeLoadException or PlatformNotSupportedException ? $": {e.Message}" : "";
}
