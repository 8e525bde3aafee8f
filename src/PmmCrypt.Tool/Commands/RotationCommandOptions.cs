using System.CommandLine;
using System.Globalization;
using PmmCrypt.Fields;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Tool.Commands;

/// <summary>Options that more than one verb takes, but not all.</summary>
internal static class RotationCommandOptions
{
    /// <summary>What whoever wants secrets in the clear has to say.</summary>
    public const string Consent = "--i-want-plaintext-in-the-database";

    /// <summary>That word, as an option.</summary>
    /// <param name="what">What comes of it: "… is then in the clear".</param>
    public static Option<bool> PlaintextConsent(string what) => new(Consent)
    {
        Description = $"Says that you know: {what} in the database, its write-ahead log and its backups, "
            + "and in the server's log, where that logs statements with their parameters",
    };

    public static Option<int?> BatchSize() => new("--batch-size")
    {
        Description = "How many rows are read and written at once [default: 250]",
        HelpName = "ROWS",
        CustomParser = argument =>
        {
            if (int.TryParse(argument.Tokens[0].Value, out var rows) && rows is >= 1 and <= 100_000)
                return rows;
            argument.AddError($"--batch-size takes a number from 1 to 100000, not '{argument.Tokens[0].Value}'.");
            return null;
        },
    };

    public static Option<Throttle?> Gently() => new("--throttle")
    {
        Description = "Spare a database that is in use: at most so many rows a second, or auto, as lock waits, replicas and commits allow",
        HelpName = "ROWS|auto",
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (text == "auto")
                return Throttle.Auto;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows is >= 1 and <= 1_000_000)
                return Throttle.Steady(rows);
            argument.AddError($"--throttle takes a number of rows a second from 1 to 1000000, such as 500, or auto, not '{text}'.");
            return null;
        },
    };

    public static Option<bool> Online() =>
        new("--online") { Description = "Go on although other sessions are connected that may not know a new key" };

    public static Option<TimeSpan?> SettleTimeout() => GlobalOptions.Seconds(
        "--settle-timeout", "How long to go after a service that still writes with an older key, in seconds [default: 60]");

    /// <summary>What to do about values that do not open.</summary>
    public static Option<string?> OnError()
    {
        var option = new Option<string?>("--on-error")
        {
            Description = "Where values do not open: stop before anything is written, or skip them, retire no key, and end with 4 "
                + "[default: stop]",
            HelpName = "stop|skip",
        };
        option.AcceptOnlyFromAmong("stop", "skip");
        return option;
    }

    /// <summary>Keys that are lost.</summary>
    public static Option<uint[]> AcceptKeyLoss() => new("--accept-key-loss")
    {
        Description = "This key is lost for good, repeatable: move the values under it into a backup file beside the key file, "
            + "and leave their fields empty. restore puts them back, should the key be found",
        HelpName = "KEYID",
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
        CustomParser = argument =>
        {
            var ids = new List<uint>();
            foreach (var token in argument.Tokens)
            {
                if (uint.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                    ids.Add(id);
                else
                    argument.AddError($"--accept-key-loss takes the id of a key, as verify names it, not '{token.Value}'.");
            }

            return [.. ids.Distinct()];
        },
    };

    /// <summary>Other key files to open values with.</summary>
    public static Option<string[]> OldKeys() => new("--old-key")
    {
        Description = "Another key file to open values with, repeatable. "
            + "The one that PMM left beside the key file (_old.key) is used by itself",
        HelpName = "FILE",
        DefaultValueFactory = _ => [],
    };

    /// <summary>What a service answers once it is ready.</summary>
    public static Option<Uri?> ReadyUrl(string description) => new("--ready-url")
    {
        Description = description,
        HelpName = "URL",
        CustomParser = argument =>
        {
            if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
                && url.UserInfo.Length == 0)
                return url;
            // What was given is not repeated: there may be a password in it.
            argument.AddError("--ready-url takes an http:// or https:// URL without a login, such as http://127.0.0.1:8080/ready.");
            return null;
        },
    };

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Read everything, say what would be done, and write nothing" };

    public static Option<bool> RequireEncrypted() => new("--require-encrypted") { Description = "Fail where a value is in the clear" };

    /// <summary>legacy or envelope; for rotation also keep, which is what leaving it out means.</summary>
    public static Option<string?> Format(string description, params string[] names)
    {
        var option = new Option<string?>("--format") { Description = description, HelpName = string.Join('|', names) };
        option.AcceptOnlyFromAmong(names);
        return option;
    }

    public static StoredFormat? ParseFormat(string? name) => name switch
    {
        "legacy" => StoredFormat.Legacy,
        "envelope" => StoredFormat.Envelope,
        _ => null,
    };

    public static PageSize Pages(int? rows) => PageSize.Default with { Rows = rows ?? PageSize.Default.Rows };
}
