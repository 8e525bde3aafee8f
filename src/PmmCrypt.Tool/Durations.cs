using System.CommandLine.Parsing;
using System.Globalization;

namespace PmmCrypt.Tool;

/// <summary>Reads durations from the command line.</summary>
internal static class Durations
{
    private const double MostSeconds = 365 * 86_400d;

    /// <summary>A number of seconds, such as 5 or 0.5.</summary>
    public static TimeSpan? ParseSeconds(ArgumentResult argument) => Parse(argument, "a number of seconds, such as 5", text => (text, 1));

    /// <summary>A number of days, or of hours with an h behind it: 7, 7d, 12h, 0.</summary>
    public static TimeSpan? ParseDays(ArgumentResult argument) =>
        Parse(argument, "a number of days, such as 7, or of hours, such as 12h", text => text switch
    {
        [.. var number, 'h'] => (number, 3600),
        [.. var number, 'd'] => (number, 86_400),
        _ => (text, 86_400),
    });

    private static TimeSpan? Parse(ArgumentResult argument, string expected, Func<string, (string Number, int Seconds)> split)
    {
        var text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : "";
        var (number, seconds) = split(text);
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value * seconds <= MostSeconds)
            return TimeSpan.FromSeconds(value * seconds);
        argument.AddError($"{(argument.Parent as OptionResult)?.Option.Name ?? argument.Argument.Name} takes {expected}, not '{text}'.");
        return null;
    }
}
