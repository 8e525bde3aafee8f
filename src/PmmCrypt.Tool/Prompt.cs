using Spectre.Console;

namespace PmmCrypt.Tool;

/// <summary>Asks for what should stand in no argument.</summary>
internal static class Prompt
{
    /// <summary>Asks for the database's password, unseen; from a pipe, reads its first line.</summary>
    public static string Password()
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine()
                ?? throw new UsageException("no password came on standard input", "write it into the pipe, or set PMM_POSTGRES_DBPASSWORD");
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Prompt(new TextPrompt<string>("Password:").Secret(null).AllowEmpty());
    }
}
