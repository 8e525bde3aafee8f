using System.Globalization;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>Values that do not open: the plan names the place, the format and the key of every one, and nothing is written.</summary>
[Trait("Category", "Slow")]
public sealed class DamagedDataTests
{
    private const string Row = "000001";

    /// <summary>Where a column as a whole is none, the first of its fields is named for all.</summary>
    private const string FirstOfColumn = "mysql_options.tls_cert";

    /// <summary>A column of agent 000001, and what is in it, made of what was there.</summary>
    private static readonly Dictionary<string, (string Column, Func<HandKeyset, string, string> Damage)> Kinds = new()
    {
        ["tag"] = ("password", (_, stored) => Changed(stored, bytes => bytes[^1] ^= 1)),
        ["ciphertext"] = ("password", (_, stored) => Changed(stored, bytes => bytes[20] ^= 0x80)),
        ["nonce"] = ("password", (_, stored) => Changed(stored, bytes => bytes[6] ^= 1)),
        ["key id"] = ("password", (_, stored) => Changed(stored, bytes => bytes[4] ^= 1)),
        ["base64"] = ("password", (_, stored) => stored[..20] + "*" + stored[21..]),
        ["cut short"] = ("password", (_, stored) => stored[..24]),
        ["tag of an envelope"] = ("password", (_, stored) => "pmm1$" + Changed(stored, bytes => bytes[^1] ^= 1)),
        ["an envelope cut short"] = ("password", (_, stored) => "pmm1$" + stored[..21]),
        ["JSON broken"] = ("mysql_options", (_, stored) => stored[..^1]),
        ["JSON of another type"] = ("mysql_options", (_, _) => "[]"),
        ["a number"] = ("mysql_options", (_, _) => """{"tls_key": 5}"""),
        ["an object"] = ("mysql_options", (_, _) => """{"tls_key": {"of": "another type"}}"""),
        ["tag within JSON"] = ("mysql_options", (keys, _) => $$"""{"tls_key": "{{Changed(keys.Seal("x"), bytes => bytes[^1] ^= 1)}}"}"""),
    };

    /// <summary>What is said of each: the field, the words, the format, and whether the primary's id can be read from it.</summary>
    private static readonly Dictionary<string, (string Field, string Words, string? Format, bool HasKeyId)> Said = new()
    {
        ["tag"] = ("password", "authentication failed", "legacy", true),
        ["ciphertext"] = ("password", "authentication failed", "legacy", true),
        ["nonce"] = ("password", "authentication failed", "legacy", true),
        ["key id"] = ("password", "is not in the keyset", "legacy", false),
        ["base64"] = ("password", "cut short, or not base64", "legacy", true),
        ["cut short"] = ("password", "cut short, or not base64", "legacy", true),
        ["tag of an envelope"] = ("password", "authentication failed", "envelope", true),
        ["an envelope cut short"] = ("password", "cut short, or not base64", "envelope", true),
        ["JSON broken"] = (FirstOfColumn, "not JSON", null, false),
        ["JSON of another type"] = (FirstOfColumn, "a JSON object was expected", null, false),
        ["a number"] = ("mysql_options.tls_key", "a JSON string was expected", null, false),
        ["an object"] = ("mysql_options.tls_key", "a JSON string was expected", null, false),
        ["tag within JSON"] = ("mysql_options.tls_key", "authentication failed", "legacy", true),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task One_damaged_value_is_named_with_format_and_key_and_nothing_is_written(string kind)
    {
        using var service = Service.Encrypted();
        var keys = service.Keys;
        var (column, damage) = Kinds[kind];
        var (field, words, format, hasKeyId) = Said[kind];
        var stored = (string)service.Scalar($"SELECT {column} FROM agents WHERE agent_id = '{Row}'")!;
        var damaged = damage(keys, stored);
        service.Execute($"UPDATE agents SET {column} = '{damaged}' WHERE agent_id = '{Row}'");
        var keyId = hasKeyId ? keys.Primary : kind == "key id" ? HandKeyset.KeyIdOf(damaged) : 0;
        var before = State(service);

        foreach (var verb in new[] { "rotate", "rotate --dry-run", "init", "verify", "status", "rotate --prune" })
        {
            var talk = (await service.RunAsync(verb.Split(' '))).Ends(4).Says("error: ", "hint: ").Error;
            var line = Assert.Single(talk.Split('\n'), line => line.StartsWith($"agents {Row} {field}", StringComparison.Ordinal));
            Assert.Contains(words, line, StringComparison.Ordinal);
            if (keyId != 0) Assert.Contains($"{keyId}", line, StringComparison.Ordinal);
            if (format is not null) Assert.Contains(format, line, StringComparison.Ordinal);
        }

        var document = (await service.RunAsync("rotate", "--json")).Ends(4).Json();
        var problem = document.GetProperty("problems").EnumerateArray().Single(
            problem => problem.GetProperty("field").GetString() == field);
        Assert.Equal("agents", problem.GetProperty("table").GetString());
        Assert.Equal(Row, problem.GetProperty("row").GetString());
        Assert.Contains(words, problem.GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.Equal(format, problem.GetProperty("format").GetString());
        Assert.Equal(keyId, problem.TryGetProperty("keyId", out var id) ? id.GetUInt32() : 0);
        Assert.Equal(before, State(service));
    }

    [Fact]
    public async Task Of_many_a_terminal_shows_the_first_twenty_and_how_many_more_and_JSON_lists_all()
    {
        using var service = Service.Encrypted(agents: 30);
        for (var i = 0; i < 25; i++) service.Damage(i.ToString("D6", CultureInfo.InvariantCulture), i % 2 == 0 ? "password" : "username");
        var before = State(service);

        var talk = (await service.RunAsync("rotate")).Ends(4).Says("25 of 90 encrypted values do not open").Error;
        var shown = talk.Split('\n').Where(line => line.StartsWith("agents ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"agents {i:D6} {(i % 2 == 0 ? "password" : "username")}"), shown.Select(Place));
        Assert.Contains("… and 5 more (--json lists them)", talk, StringComparison.Ordinal);

        var problems = (await service.RunAsync("rotate", "--json")).Ends(4).Json().GetProperty("problems").EnumerateArray().ToArray();
        Assert.Equal(
            Enumerable.Range(0, 25).Select(i => $"{i:D6} {(i % 2 == 0 ? "password" : "username")}"),
            problems.Select(problem => $"{problem.GetProperty("row").GetString()} {problem.GetProperty("field").GetString()}"));
        Assert.All(problems, problem => Assert.Equal(service.Keys.Primary, problem.GetProperty("keyId").GetUInt32()));
        Assert.Equal(before, State(service));

        static string Place(string line) => line[..line.IndexOf(':', StringComparison.Ordinal)];
    }

    /// <summary>Without a key file, what is broken says nothing of a key: it is named, and not taken for a value whose key is lost.</summary>
    [Fact]
    public async Task Broken_JSON_in_a_database_in_the_clear_is_no_lost_key()
    {
        using var service = Service.InTheClear();
        service.Execute($"UPDATE agents SET mysql_options = '{Service.Marker}' WHERE agent_id = '{Row}'");

        (await service.RunAsync("init")).Ends(4).Says($"agents {Row} {FirstOfColumn}", "not JSON");

        Assert.False(File.Exists(service.KeyFile));
    }

    private static string State(Service service) => File.ReadAllText(service.KeyFile) + service.Scalar(
        """
        SELECT (SELECT group_concat(agent_id || username || password || mysql_options || updated_at) FROM agents)
          || (SELECT group_concat(settings) FROM settings)
        """);

    private static string Changed(string stored, Action<byte[]> change)
    {
        var bytes = Convert.FromBase64String(stored);
        change(bytes);
        return Convert.ToBase64String(bytes);
    }
}
