namespace PmmCrypt.Tool.Tests;

/// <summary>
/// <c>rotate --restart-service</c>: the service stands still while the key changes, and runs again afterwards, whatever happens.
/// </summary>
[Trait("Category", "Slow")]
public sealed class RestartServiceTests
{
    private static readonly string[] StoppedAndStarted = ["stop pmm-managed", "start pmm-managed"];

    [SkippableFact]
    public async Task Stops_the_service_before_the_key_is_touched_and_starts_it_when_all_is_done()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        var before = await File.ReadAllTextAsync(server.KeyFile);

        (await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed", "--json")).Ends(0).Json();

        Assert.Equal([(StoppedAndStarted[0], before), (StoppedAndStarted[1], await File.ReadAllTextAsync(server.KeyFile))], server.Calls);
        Assert.NotEqual(before, await File.ReadAllTextAsync(server.KeyFile));
        Assert.False(File.Exists(server.OldKeyFile));
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Starts_it_again_where_the_rotation_is_refused()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await using var other = await server.Pmm.Database.OpenAsync();

        (await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed")).Fails(5).Says("--online");

        Assert.Equal(StoppedAndStarted, server.Calls.Select(call => call.Command));
        Assert.Equal("RUNNING", server.State);
        Assert.Single(server.Keys.Keys);
    }

    [SkippableFact]
    public async Task Does_not_stop_it_where_the_rotation_would_fail()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await server.Pmm.Database.ExecuteAsync("UPDATE agents SET username = left(username, -4) WHERE username IS NOT NULL");

        (await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed")).Fails(4);

        Assert.Empty(server.Calls);
    }

    [SkippableFact]
    public async Task A_key_file_that_has_to_be_put_in_its_place_is_no_case_for_it()
    {
        await using var server = await PmmServerFolder.CreateAsync();

        (await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed", "--key-output", server.KeyFile + ".new")).Fails(1)
            .Says("--key-output");

        Assert.Empty(server.Calls);
    }

    [SkippableFact]
    public async Task Does_not_rotate_where_it_does_not_stop()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        server.Put("unknown");

        (await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed")).Fails(5).Says("no such process");

        Assert.Single(server.Keys.Keys);
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Says_so_where_it_does_not_start_and_the_rotation_is_done()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        server.Put("broken");

        (await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed")).Fails(2).Says("the rotation is done and verified, but pmm-managed is FATAL");

        Assert.Equal(2, server.Keys.Keys.Count);
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Leaves_it_alone_in_a_dry_run()
    {
        await using var server = await PmmServerFolder.CreateAsync();

        (await server.RunVerbAsync("rotate", "--dry-run", "--restart-service", "pmm-managed")).Ends(2);

        Assert.Empty(server.Calls);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_service_of_a_real_supervisord_ends_with_the_old_key_and_starts_with_the_new_one(bool asPmm)
    {
        await using var server = await PmmServerFolder.CreateAsync();
        using var supervisor = await Supervisord.StartAsync(server);
        var before = await File.ReadAllTextAsync(server.KeyFile);

        (asPmm ? await server.RunAsync() : await server.RunVerbAsync("rotate", "--restart-service", "pmm-managed")).Ends(0);

        // It takes two seconds to end: who does not wait for that has changed the key beneath it.
        Assert.Equal(before, supervisor.AtItsEnd);
        Assert.Equal(await File.ReadAllTextAsync(server.KeyFile), supervisor.Loaded);
        Assert.NotEqual(before, supervisor.Loaded);
        await server.RequireAllUnderPrimaryAsync();
    }
}
