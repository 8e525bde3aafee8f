using System.Text.RegularExpressions;
using PmmCrypt.Testing;

namespace PmmCrypt.Tool.Tests;

public sealed partial class HelpTests
{
    public static TheoryData<string> AllVerbs => Verbs.Names;

    [Fact]
    public async Task The_root_lists_every_verb_and_every_option_that_each_takes()
    {
        var help = (await PmmCryptProgram.RunAsync(["--help"])).Ends(0);
        var key = (await PmmCryptProgram.RunAsync(["key", "--help"])).Ends(0);

        string[] groups = [.. Verbs.All.Keys.Select(verb => verb.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(groups, Commands(help.Output));
        var ofKey = Verbs.All.Keys.Where(verb => verb.StartsWith("key ", StringComparison.Ordinal)).Select(verb => verb[4..]);
        Assert.Equal(ofKey.Order(StringComparer.Ordinal), Commands(key.Output));
        Assert.Empty(Verbs.GlobalOptions.Except(Options(help.Output)));
    }

    [Theory, MemberData(nameof(AllVerbs))]
    public async Task A_verb_lists_exactly_its_options(string verb)
    {
        var help = (await PmmCryptProgram.RunAsync([.. verb.Split(' '), "--help"])).Ends(0);

        Assert.Empty(help.Error);
        string[] expected = [.. Verbs.GlobalOptions, .. Verbs.All[verb].Where(option => option.StartsWith('-')), "--help"];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Options(help.Output).Order(StringComparer.Ordinal));
        foreach (var argument in Verbs.All[verb].Where(option => option.StartsWith('<')))
            help.Prints(argument);
    }

    [Fact]
    public async Task Says_its_version()
    {
        var version = (await PmmCryptProgram.RunAsync(["--version"])).Ends(0);

        Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", version.Output);
    }

    private static IEnumerable<string> Options(string help) =>
        Section(help, "Options:").Select(line => Option().Match(line).Value).Where(name => name.Length > 0);

    private static IEnumerable<string> Commands(string help) =>
        Section(help, "Commands:").Select(line => line.Trim().Split(' ')[0]).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Section(string help, string title) =>
        help.Split('\n').SkipWhile(line => line.TrimEnd() != title).Skip(1)
            .TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal));

    [GeneratedRegex(@"(?<=^  (-\S+, )*)--[a-z-]+")]
    private static partial Regex Option();
}
