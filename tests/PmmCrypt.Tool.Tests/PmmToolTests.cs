using Npgsql;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>Called as <c>pmm-encryption-rotation</c> it is PMM's tool: its flags, exit codes, log lines and files.</summary>
[Trait("Category", "Slow")]
public sealed class PmmToolTests
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly string[] Lines =
    [
        "Stopping PMM Server", "DB * is successfully decrypted", "Rotating encryption key", "New encryption key generated",
        "DB * is successfully encrypted", "Starting PMM Server",
    ];

    [SkippableFact]
    public async Task Stops_PMM_rotates_starts_it_and_says_so_in_the_lines_of_PMM_in_their_order()
    {
        await using var server = await PmmServerFolder.CreateAsync(rows: 100, quirks: true);
        var before = await File.ReadAllTextAsync(server.KeyFile);
        var first = server.Keys.Primary;

        var result = (await server.RunAsync()).Ends(0);

        Assert.Empty(result.Output);
        var at = 0;
        foreach (var line in Lines.Select(line => $"level=info msg=\"{line.Replace("*", server.Pmm.Database.Name)}\"\n"))
        {
            var found = result.Error.IndexOf(line, at, StringComparison.Ordinal);
            result.Require(found >= 0, $"to say, after what is before it, {line}");
            at = found + line.Length;
        }
        // Touched only once PMM has stopped, and done before it starts.
        Assert.Equal([("stop pmm-managed", before), ("start pmm-managed", await File.ReadAllTextAsync(server.KeyFile))], server.Calls);
        Assert.NotEqual(first, server.Keys.Primary);
        Assert.Equal("RUNNING", server.State);
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Leaves_the_key_of_before_beside_the_new_one_and_loses_none_that_was_there()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        var lost = HandKeyset.Generate();
        lost.Save(server.OldKeyFile);
        var first = server.Keys;

        (await server.RunAsync()).Ends(0);
        Assert.Equal(first.Primary, HandKeyset.Load(server.OldKeyFile).Primary);
        Assert.Equal(new[] { lost.Primary, first.Primary }.Order(), Ids(HandKeyset.Load(server.OldKeyFile)));
        Assert.Equal(OwnerAlone, File.GetUnixFileMode(server.OldKeyFile));
        var second = server.Keys.Primary;

        // Twice, as in PMM-15188: one layer, whatever the number of rotations.
        (await server.RunAsync()).Ends(0);
        Assert.Equal(second, HandKeyset.Load(server.OldKeyFile).Primary);
        Assert.Equal(new[] { lost.Primary, first.Primary, second }.Order(), Ids(HandKeyset.Load(server.OldKeyFile)));
        await server.RequireAllUnderPrimaryAsync();

        static IEnumerable<uint> Ids(HandKeyset keys) => keys.Keys.Select(key => key.Id).Order();
    }

    [SkippableFact]
    public async Task Finishes_a_rotation_that_was_interrupted_and_leaves_the_key_of_before_it()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        var first = server.Keys;
        (await server.RunAsync()).Ends(0);
        var rotated = server.Keys;
        var password = (string)server.Pmm.Rows.Agent(1)["password"]!;
        await server.Pmm.Database.ExecuteAsync(
            "UPDATE agents SET password = $1 WHERE agent_id = $2", first.Seal(password), server.Pmm.Rows.AgentId(1));
        var left = await File.ReadAllTextAsync(server.OldKeyFile);

        var result = (await server.RunAsync()).Ends(0).Says(Lines[0], Lines[2], Lines[5]);

        result.Require(!result.Error.Contains(Lines[3]), "not to speak of a key that it did not make");
        Assert.Equal(rotated.ToText(), server.Keys.ToText());
        Assert.Equal(left, await File.ReadAllTextAsync(server.OldKeyFile));
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Sessions_of_exporters_which_go_on_are_no_reason_to_refuse()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await using var exporter = await server.Pmm.Database.OpenAsync();

        (await server.RunAsync("--prune")).Ends(0);

        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task An_old_key_file_that_is_none_is_not_overwritten()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await File.WriteAllTextAsync(server.OldKeyFile, "perhaps of use to somebody");

        (await server.RunAsync()).Ends(3).Says("level=error", "pmm-encryption_old.key");

        Assert.Equal("perhaps of use to somebody", await File.ReadAllTextAsync(server.OldKeyFile));
        Assert.Single(server.Keys.Keys);
        Assert.Equal("RUNNING", server.State);
    }

    [SkippableFact]
    public async Task Goes_on_whatever_is_sent_to_it_and_PMM_finds_its_lock_free()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        server.Put("stop-waits");
        server.Put("start-waits");
        using var run = server.Start();
        await server.WaitForCallAsync("stop pmm-managed", run);
        run.Interrupt();
        run.Terminate();
        await Task.Delay(300);
        Assert.False(run.HasExited);
        server.Put("stop-may");
        await server.WaitForCallAsync("start pmm-managed", run);
        run.Terminate();
        run.Interrupt();
        await using (var connection = await server.Pmm.Database.OpenAsync())
        await using (var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(1347243333)", connection))
            Assert.True((bool)(await command.ExecuteScalarAsync())!);
        server.Put("start-may");

        ToolResult.Of("the rotation that was sent signals", await run.WaitAsync(PmmCryptProgram.Timeout)).Ends(0);

        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Prunes_where_it_is_asked_to()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        var first = server.Keys.Primary;

        (await server.RunAsync("--prune")).Ends(0).Says($"Disabled retired encryption key {first}");

        Assert.Equal([first], server.Keys.Keys.Where(key => !key.IsEnabled).Select(key => key.Id));
        Assert.Equal(["stop pmm-managed", "start pmm-managed"], server.Calls.Select(call => call.Command));
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task In_HA_mode_refuses_until_the_other_nodes_are_said_to_be_stopped()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        var highlyAvailable = new Dictionary<string, string?> { ["PMM_HA_ENABLE"] = "1" };

        (await server.RunAsync(highlyAvailable)).Ends(2).Says("in HA mode, stop PMM Server on every other node first");
        Assert.Single(server.Keys.Keys);
        Assert.Empty(server.Calls);

        (await server.RunAsync(highlyAvailable, "--ha-other-nodes-stopped")).Ends(0)
            .Says($"Copy {server.KeyFile} to every other PMM Server node before starting them");
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Does_not_stop_PMM_where_values_do_not_open_and_names_ten_of_them()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        var foreign = HandKeyset.Generate();
        for (var i = 1; i <= 11; i++)
            await server.Pmm.Database.ExecuteAsync(
                "UPDATE agents SET username = $1 WHERE agent_id = $2", foreign.Seal("s"), server.Pmm.Rows.AgentId(i));

        var result = (await server.RunAsync()).Ends(3).Says("and 1 more", $"key {foreign.Primary}");

        Assert.Equal(10, result.Error.Split('\n').Count(line => line.Contains("agents") && line.Contains("username")));
        Assert.Empty(server.Calls);
        Assert.Single(server.Keys.Keys);
        Assert.False(File.Exists(server.OldKeyFile));
    }

    [SkippableFact]
    public async Task Ends_as_PMM_does_where_the_database_or_PMM_is_not_as_it_must_be()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        (await server.RunAsync("--postgres-name", "no-such-database")).Ends(1).Says("no-such-database");
        (await server.RunAsync("--postgres-ssl-mode", "perhaps")).Ends(1);
        (await server.RunAsync("--no-such-flag")).Ends(1).Says("--no-such-flag", "pmm-encryption-rotation --help");
        (await server.RunAsync("rotate")).Ends(1);
        Assert.Empty(server.Calls);

        server.Put("unknown");
        (await server.RunAsync()).Ends(2).Says("no such process");
        Assert.Single(server.Keys.Keys);
        await server.RequireAllUnderPrimaryAsync();

        File.Move(server.KeyFile, $"{server.KeyFile}.away");
        (await server.RunAsync()).Ends(3).Says("no key file");
        Assert.False(File.Exists(server.KeyFile));
    }

    [SkippableFact]
    public async Task Ends_with_5_where_the_prune_is_refused_and_the_rotation_is_done()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await server.Pmm.Database.ExecuteAsync("CREATE TABLE dump AS SELECT username FROM agents");

        (await server.RunAsync("--prune")).Ends(5).Says("dump");

        Assert.Equal("RUNNING", server.State);
        Assert.All(server.Keys.Keys, key => Assert.True(key.IsEnabled));
        Assert.Equal(2, server.Keys.Keys.Count);
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Ends_with_4_where_PMM_does_not_start_again_and_the_rotation_is_done()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        server.Put("broken");

        (await server.RunAsync()).Ends(4).Says("pmm-managed is FATAL");

        Assert.Equal(2, server.Keys.Keys.Count);
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Prints_a_key_without_a_line_end_and_needs_nothing_for_it()
    {
        await using var server = await PmmServerFolder.CreateAsync(rows: 1);

        var result = (await server.RunAsync("--generate-key")).Ends(0);

        Assert.Empty(result.Error);
        Assert.Equal(result.Output.Trim(), result.Output);
        Assert.Equal(HandKeyset.Parse(result.Output).ToText(), result.Output);
        Assert.Single(server.Keys.Keys);
        Assert.Empty(server.Calls);
    }
}
