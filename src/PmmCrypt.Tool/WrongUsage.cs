using System.CommandLine;
using System.CommandLine.Parsing;

namespace PmmCrypt.Tool;

/// <summary>
/// What the command line's parser found, as any other failure: the library would print help where data is expected, and no JSON.
/// </summary>
internal static class WrongUsage
{
    /// <param name="parsed">What was parsed.</param>
    /// <param name="program">How the program is called.</param>
    public static UsageException Of(ParseResult parsed, string program)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Command is RootCommand ? program : command.Command.Name);
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
}
