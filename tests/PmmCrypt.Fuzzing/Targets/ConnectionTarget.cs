using System.CommandLine;
using System.Text;
using PmmCrypt.PostgreSql;
using PmmCrypt.Tool;
using PmmCrypt.Tool.Databases;

namespace PmmCrypt.Fuzzing.Targets;

/// <summary>
/// What says where a database is makes a target, whose name shows no password, or an error that repeats nothing of it. Nothing is
/// connected to. What begins with <c>addr:</c> is given to PMM's <c>--postgres-addr</c>.
/// </summary>
internal sealed class ConnectionTarget : FuzzTarget
{
    private const string Mark = "MARKED-PASSWORD";
    private const string Address = "addr:";

    private static readonly string[] Passwords =
    [
        Mark, $"12{Mark}", $"1234/{Mark}", $"12?{Mark}", $"12#{Mark}", $"a@{Mark}", $":{Mark}", $"%{Mark}", $"[{Mark}", $"{Mark}]", $" {Mark}",
        $"{Mark}%40", $"\\{Mark}", $"'{Mark}", $"\"{Mark}", $"&{Mark}", $"={Mark}", $"é{Mark}", $"\t{Mark}",
    ];

    private static readonly string[] Hosts =
        ["db", "", "127.0.0.1", "[::1]", "::1", "[fe80::1%25eth0]", "/run/postgresql", "%2Frun", "a,b", "db.example", "xn--a", "ДБ", "a b", "a_b"];

    private static readonly string[] Ports = ["", ":5432", ":0", ":65535", ":65536", ":-1", ":port", ":", ":99999999999", ":5432,b:5433"];

    private static readonly string[] Parameters =
    [
        "sslmode=require", "sslmode=verify-full", "sslmode=0", "sslmode=", "port=1", "port=x", "port=99999", "host=/run/postgresql", "host=",
        "user=u", $"password={Mark}", "dbname=d", "connect_timeout=5", "connect_timeout=-1", "connect_timeout=9999999", "options=-c%20x=1",
        "application_name=x", "target_session_attrs=read-write", "target_session_attrs=nonsense", "passfile=/nowhere", "nonsense=1", "=", "",
        "sslrootcert=/nowhere", "sslcert=/nowhere", "sslkey=/nowhere",
    ];

    private static readonly string[] Settings =
    [
        "Host=db", "Host=a,b:5433", "Host=", "Server=db", "Port=5432", "Port=-1", "Port=x", "Database=d", "Username=u", "User Id=u",
        $"Password={Mark}", $"Password='{Mark};x'", $"Password=\"{Mark}\"", $"Pasword={Mark}", $"Password={Mark};{Mark}", "SSL Mode=VerifyFull",
        "SSL Mode=9", "SSL Negotiation=direct", "Timeout=-1", "Timeout=5", "Timeout=2000", "Command Timeout=-5", "Keepalive=1",
        "Tcp Keepalive Time=5", "Tcp Keepalive Interval=-1", "Max Pool Size=0", "Min Pool Size=200", "Pooling=false", "Multiplexing=true",
        "Target Session Attributes=primary", "Target Session Attributes=x", "Load Balance Hosts=true", "Passfile=/nowhere",
        "Include Error Detail=true", "Persist Security Info=true", "Enlist=maybe", "Channel Binding=Require", "Search Path=\"x", "Options=-c x",
        "Encoding=nonsense", "Client Encoding=UTF8", "Timezone=x", "Read Buffer Size=1", "Max Auto Prepare=-1", "No Reset On Close=true",
        "Connection Lifetime=-1", "Connection Idle Lifetime=1", "Connection Pruning Interval=10", "Root Certificate=/nowhere",
        "SSL Certificate=/nowhere", "SSL Key=/nowhere", "Kerberos Service Name=x", "Require Auth=none", "Require Auth=nonsense",
        "Replication Mode=Logical", "Server Compatibility Mode=Redshift", "Log Parameters=true", "Trust Server Certificate=true",
        "Host Recheck Seconds=-1", "Cancellation Timeout=-5", "Internal Command Timeout=-7", "Write Coalescing Buffer Threshold Bytes=1",
    ];

    private static readonly byte[][] Words =
    [
        .. ((string[])
        [
            "postgres://", "postgresql://", "POSTGRES://", "sqlite:", Address, "@", ":", "/", "//", "?", "&", "#", "%", "%4", "%40", "%00", "%2f", "[",
            "]", ";", "=", "'", "\"", "\\", " ", "\t", "\n", "\0", ",", "é", "\ufeff", "Password=", "Host=",
        ]).Concat(Settings.Take(20)).Concat(Parameters).Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc0],
    ];

    private readonly GlobalOptions _options = new();
    private readonly RootCommand _command = new();

    public ConnectionTarget()
        : base("connection")
    {
        foreach (var option in _options.All)
            _command.Add(option);
        // What this program's own shell says about databases is not an input.
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (name.StartsWith("PMM_", StringComparison.Ordinal) || name.StartsWith("PG", StringComparison.Ordinal))
                Environment.SetEnvironmentVariable(name, null);
        }
    }

    public override void Make(Chance chance, FuzzInput input)
    {
        switch (chance.Below(16))
        {
            case 0 or 1:
                input.Set(chance.Of(Seeds));
                break;
            case 2:
                input.Add(Address + chance.Of(Hosts) + chance.Of(Ports));
                break;
            case 3:
                input.Add("sqlite:" + chance.Of(Hosts));
                break;
            case <= 8:
                for (var settings = chance.Below(6); settings >= 0; settings--)
                    input.Add(chance.Of(Settings) + (chance.OneIn(16) ? "" : ";"));
                break;
            default:
                Url(chance, input);
                break;
        }

        for (var damages = chance.OneIn(2) ? 0 : 1 + chance.Below(3); damages > 0; damages--)
            input.Mutate(chance, Words);
    }

    public override void Check(ReadOnlySpan<byte> input)
    {
        // As a command line comes in: what is no UTF-8 is replaced, and NUL ends it.
        var text = Encoding.UTF8.GetString(input).Split('\0')[0];
        if (text.StartsWith(Address, StringComparison.Ordinal))
            CheckAddress(text[Address.Length..]);
        else
            CheckConnection(text);
    }

    private static void CheckConnection(string text)
    {
        try
        {
            if (text.StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase))
                _ = DatabaseLocation.Of(text);
            else
                CheckTarget(DatabaseLocation.Target(text), text);
        }
        catch (UsageException e)
        {
            RequireConstant(e, e.Hint);
        }
    }

    private static void CheckTarget(PostgresTarget target, string text)
    {
        var name = target.DisplayName;
        Require.That(!IsInLogin(text) || !name.Contains(Mark, StringComparison.OrdinalIgnoreCase), $"a password in {name}");
    }

    /// <summary>
    /// Whether whoever wrote this URL meant the mark as a part of the password: a colon and no @ stand before it, and an @ behind.
    /// </summary>
    private static bool IsInLogin(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var mark = text.IndexOf(Mark, StringComparison.OrdinalIgnoreCase);
        if (scheme < 0 || mark < scheme || text.LastIndexOf(Mark, StringComparison.OrdinalIgnoreCase) != mark)
            return false;
        var before = text[(scheme + 3)..mark];
        var after = text[mark..];
        var login = after.IndexOf('@', StringComparison.Ordinal);
        return before.Contains(':', StringComparison.Ordinal) && !before.Contains('@', StringComparison.Ordinal)
            && !before.Contains('?', StringComparison.Ordinal) && login >= 0 && !after[..login].Contains('?', StringComparison.Ordinal);
    }

    /// <summary>The address is no password, and is repeated.</summary>
    private void CheckAddress(string address)
    {
        var parsed = _command.Parse(["--postgres-addr", address]);
        if (parsed.Errors.Count > 0)
            return;
        try
        {
            CheckTarget(PmmConnection.Read(parsed, _options, () => Mark), address);
        }
        catch (UsageException e)
        {
            Require.That(e.InnerException is null, "an exception within the exception may say anything");
        }
    }

    /// <summary>A password may stand anywhere in what is no connection string: so nothing of it is in the message.</summary>
    private static void RequireConstant(Exception e, string? hint)
    {
        Require.That(e.InnerException is null, "an exception within the exception may say anything");
        Require.That(
            (e.Message, hint) is
                ("the connection string is not one", "write it as Host=…;Port=…;Database=…;Username=… or as postgres://user@host:port/database")
                or ("--connection sqlite: names no file", "write sqlite:FILE"),
            $"a message that may have something of the input in it: {e.Message}");
    }

    private static void Url(Chance chance, FuzzInput input)
    {
        input.Add(chance.OneIn(4) ? "postgresql://" : "postgres://");
        if (!chance.OneIn(4))
            input.Add($"ann{(chance.OneIn(8) ? "" : ":" + chance.Of(Passwords))}@");
        input.Add(chance.Of(Hosts) + chance.Of(Ports));
        if (!chance.OneIn(4))
            input.Add("/d");
        for (var (i, parameters) = (0, chance.OneIn(2) ? 0 : 1 + chance.Below(3)); i < parameters; i++)
            input.Add((i == 0 ? "?" : "&") + chance.Of(Parameters));
    }
}
