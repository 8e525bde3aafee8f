using System.Buffers.Binary;
using System.Text.RegularExpressions;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>
/// Power may be lost at any moment, and a file system may have done only what it was made to wait for. So the order of the calls to the
/// kernel is what keeps a key: written, on the disk, renamed, the name on the disk; and only then is a value sent that needs it.
/// </summary>
[Collection(KillGroup.Name), Trait("Category", "Slow")]
public sealed partial class DurabilityTests(PackedTool tool)
{
    [SkippableTheory]
    [InlineData("rotate", Start.UnderOneKey, 2, Backend.Sqlite)]
    [InlineData("rotate", Start.UnderOneKey, 2, Backend.PostgreSql)]
    [InlineData("rotate", Start.WithWaitingKey, 1, Backend.PostgreSql)]
    [InlineData("init", Start.InTheClear, 1, Backend.Sqlite)]
    [InlineData("init", Start.InTheClear, 1, Backend.PostgreSql)]
    public async Task A_key_is_on_the_disk_before_a_value_under_it_is_sent(string command, Start start, int writes, Backend backend)
    {
        await using var site = await NewSiteAsync(command, start, backend);

        var calls = await RunAsync(site, command, start);

        var names = NamesGivenTo(site.KeyFile, calls);
        Assert.Equal(writes, names.Count);
        var page = FirstPage(site, calls);
        Assert.All(names, name => RequireDurable(calls, name, site.Folder, before: page));
    }

    [SkippableFact]
    public async Task A_key_that_is_added_by_itself_is_on_the_disk_when_the_tool_says_so()
    {
        await using var site = await NewSiteAsync("rotate", Start.UnderOneKey, Backend.Sqlite);

        var calls = await Strace.RunAsync(tool, ["key", "add", .. site.Where]);

        var said = calls.First(call => call.IsWrite && call.Text.Contains("added key", StringComparison.Ordinal));
        RequireDurable(calls, Assert.Single(NamesGivenTo(site.KeyFile, calls)), site.Folder, before: said);
    }

    [SkippableTheory]
    [InlineData("rotate", Start.UnderOneKey, "key-renamed", 2, Backend.Sqlite)]
    [InlineData("rotate", Start.UnderOneKey, "key-renamed", 2, Backend.PostgreSql)]
    [InlineData("init", Start.InTheClear, "key-created", 1, Backend.Sqlite)]
    public async Task The_run_after_a_kill_makes_the_key_durable_that_it_found_and_did_not_write(
        string command, Start start, string step, int occurrence, Backend backend)
    {
        await using var site = await NewSiteAsync(command, start, backend);
        using var steps = new TempFolder();
        using (var run = HeldRun.Start(tool, Command(site, command, start), steps["trace"], new KillPoint(step, occurrence)))
            await run.KillAsync();
        var left = await File.ReadAllTextAsync(site.KeyFile);

        var calls = await RunAsync(site, command, start);

        Assert.Empty(NamesGivenTo(site.KeyFile, calls));
        Assert.Equal(left, await File.ReadAllTextAsync(site.KeyFile));
        var page = FirstPage(site, calls);
        Assert.Contains(calls, call => call.Synchronizes(site.KeyFile) && call.IsBefore(page));
        Assert.Contains(calls, call => call.Synchronizes(site.Folder) && call.IsBefore(page));
    }

    [SkippableFact]
    public async Task A_key_is_destroyed_when_its_copy_and_every_value_that_left_it_are_on_the_disk()
    {
        const string Command = "rotate --prune --retain 0";
        await using var site = await NewSiteAsync(Command, Start.HalfRotated, Backend.Sqlite);

        var calls = await RunAsync(site, Command, Start.HalfRotated);

        var destroyed = Assert.Single(NamesGivenTo(site.KeyFile, calls));
        var archive = Assert.Single(site.Files(), name => name.StartsWith("pmm.key.archive-", StringComparison.Ordinal));
        RequireDurable(calls, Assert.Single(NamesGivenTo(site[archive], calls)), site.Folder, before: destroyed);
        var lastPage = calls.Last(call => call.WritesTo(site.DatabaseFile) && call.Begin < destroyed.Begin);
        Assert.Contains(calls, call => call.Synchronizes(site.DatabaseFile) && lastPage.IsBefore(call) && call.IsBefore(destroyed));
        Assert.DoesNotContain(calls, call => call.WritesTo(site.DatabaseFile) && !call.IsBefore(destroyed));
    }

    /// <summary>What a service replaced in WAL mode need not be on the disk: a power cut would bring back what was there before.</summary>
    [SkippableFact]
    public async Task A_key_is_destroyed_when_what_the_service_wrote_is_on_the_disk_too()
    {
        const string Command = "rotate --prune --retain 0";
        await using var site = await NewSiteAsync(Command, Start.HalfRotated, Backend.Sqlite);
        await RunAsync(site, "rotate", Start.HalfRotated);

        var calls = await RunAsync(site, Command, Start.HalfRotated);

        var destroyed = Assert.Single(NamesGivenTo(site.KeyFile, calls));
        var fenced = calls.Last(call => call.Locks(site.DatabaseFile) && call.IsBefore(destroyed));
        var folder = Path.GetDirectoryName(site.DatabaseFile)!;
        Assert.Contains(
            calls, call => call.SynchronizesFileSystemOf(folder) && fenced.IsBefore(call) && call.IsBefore(destroyed));
    }

    private static async Task<Site> NewSiteAsync(string command, Start start, Backend backend)
    {
        await Strace.RequireAsync();
        await using var point = await StartingPoint.CreateAsync(new Scenario(backend, PmmStorage.Legacy, command, start));
        return await point.CopyAsync();
    }

    private static string[] Command(Site site, string command, Start start) =>
        [.. new Scenario(Backend.Sqlite, PmmStorage.Legacy, command, start).Arguments(site.Folder), .. site.Where];

    private Task<IReadOnlyList<SystemCall>> RunAsync(Site site, string command, Start start) =>
        Strace.RunAsync(tool, Command(site, command, start));

    /// <summary>The calls that put a file under this name.</summary>
    private static List<SystemCall> NamesGivenTo(string path, IEnumerable<SystemCall> calls) =>
    [
        .. calls.Where(call =>
            call.IsNaming && Names().Matches(call.Text) is { Count: 2 } names && names[1].Groups["path"].Value == path),
    ];

    /// <summary>The first call that hands a ciphertext under the primary key to the database, or to its file.</summary>
    private static SystemCall FirstPage(Site site, IEnumerable<SystemCall> calls)
    {
        var header = new byte[5];
        header[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), site.Keys!.Primary);
        var prefix = Convert.ToBase64String(header)[..6];       // of the 40 bits that every such ciphertext begins with, 36
        return calls.First(call => call.IsWrite && call.Text.Contains(prefix, StringComparison.Ordinal)
            && !call.Text.Contains($"<{site.Folder}/.pmm.key.", StringComparison.Ordinal));
    }

    private static void RequireDurable(IReadOnlyList<SystemCall> calls, SystemCall name, string folder, SystemCall before)
    {
        var draft = Names().Match(name.Text).Groups["path"].Value;
        var written = calls.Last(call => call.WritesTo(draft));
        Assert.True(written.IsBefore(name), $"{written}\n{name}");
        Assert.Contains(calls, call => call.Synchronizes(draft) && written.IsBefore(call) && call.IsBefore(name));
        Assert.Contains(calls, call => call.Synchronizes(folder) && name.IsBefore(call) && call.IsBefore(before));
    }

    [GeneratedRegex("\"(?<path>/[^\"]*)\"")]
    private static partial Regex Names();
}
