using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Faults.Tests;

/// <summary>Services that write while a rotation is in the middle of its sweep, or after it, with the keys that they have loaded.</summary>
[Trait("Category", "Slow")]
public sealed class ServiceTests
{
    [SkippableFact]
    public async Task Rows_that_are_deleted_and_inserted_again_before_and_behind_the_sweep()
    {
        await using var site = await Site.EncryptedAsync();
        var loaded = site.Keys;
        var order = Site.InSweepOrder;
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        foreach (var i in new[] { order[0], order[1], order[^1], order[^2] })
        {
            Assert.Equal(1, await site.Database.ExecuteAsync(
                """
                WITH gone AS (DELETE FROM agents WHERE agent_id = $1 RETURNING *)
                INSERT INTO agents
                SELECT r.* FROM gone,
                  jsonb_populate_record(NULL::agents, to_jsonb(gone) || jsonb_build_object('username', $2::text)) r
                """,
                site.Pmm.Rows.AgentId(i), loaded.Seal($"again-{i}")));
            site.Pmm.Expect(i, row => row["username"] = $"again-{i}");
        }

        Assert.Equal(1, await site.Database.ExecuteAsync("DELETE FROM agents WHERE agent_id = $1", site.Pmm.Rows.AgentId(order[2])));
        await barrier.LiftAsync();

        (await Site.EndAsync(run)).Ends(0);
        Assert.Equal(2, site.Keys.Keys.Count);
        var check = await site.Pmm.CheckAsync(site.Keys.OpenPrimary);
        var difference = Assert.Single(check.Differences);
        Assert.Contains(site.Pmm.Rows.AgentId(order[2]), difference, StringComparison.Ordinal);
        Assert.EndsWith("is missing", difference, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_member_in_the_clear_that_is_changed_beside_a_secret_that_is_replaced()
    {
        await using var site = await Site.EncryptedAsync();
        int[] order = [.. Site.InSweepOrder.Where(i => (string?)site.Pmm.Rows.Agent(i)["agent_type"] == "mysqld_exporter")];
        var middle = order[order.Length / 2];
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        // Done already; in the page that is under way, so that it waits for the page and comes on top of it; and yet to come.
        var writing = new[] { order[0], middle, order[^1] }.Select(i =>
        {
            site.Pmm.Expect(i, row => row["mysql_options"]!["tls_ca"] = $"theirs-{i}");
            return site.Database.ExecuteAsync(
                "UPDATE agents SET mysql_options = mysql_options || jsonb_build_object('tls_ca', $2::text) WHERE agent_id = $1",
                site.Pmm.Rows.AgentId(i), $"theirs-{i}");
        }).ToArray();
        Assert.Equal(1, await writing[0]);
        Assert.Equal(1, await writing[2]);
        await Waiting.UntilAsync(
            site.Database,
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            + "WHERE l.locktype = 'transactionid' AND NOT l.granted AND a.datname = current_database())",
            run);
        await barrier.LiftAsync();

        Assert.Equal(1, await writing[1]);
        (await Site.EndAsync(run)).Ends(0);
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();       // and holds what the service put there
    }

    [SkippableFact]
    public async Task PMM_reads_a_row_and_writes_all_of_it_back_after_the_rotation_has_verified()
    {
        await using var site = await Site.EncryptedAsync();
        var i = Site.Middle;
        var read = await site.Database.ScalarAsync<string>(
            "SELECT to_jsonb(a)::text FROM agents a WHERE agent_id = $1", site.Pmm.Rows.AgentId(i));
        (await site.RunAsync("rotate")).Ends(0);
        await site.RequireAllUnderPrimaryAsync();

        Assert.Equal(1, await site.Database.ExecuteAsync(
            """
            UPDATE agents a SET (username, password, agent_password, mysql_options, aws_options, azure_options, mongo_options)
              = (r.username, r.password, r.agent_password, r.mysql_options, r.aws_options, r.azure_options, r.mongo_options)
            FROM jsonb_populate_record(NULL::agents, $1::jsonb) r WHERE a.agent_id = r.agent_id
            """,
            read!));

        (await site.RunAsync("status")).Ends(2);
        await site.RequireAllOpenAsync();
        await site.RequireFinishesAsync();
    }

    [SkippableFact]
    public async Task A_service_that_takes_our_value_for_the_secret_and_encrypts_it_once_more()
    {
        await using var site = await Site.EncryptedAsync();
        var loaded = site.Keys;
        var (deep, middle) = (Site.InSweepOrder[3], Site.Middle);
        (await site.RunAsync("rotate")).Ends(0);

        await site.StoreAsync(middle, loaded.Seal((await site.StoredAsync(middle))!));
        await site.StoreAsync(deep, loaded.Seal(loaded.Seal((await site.StoredAsync(deep))!)));

        (await site.RunAsync("rotate", "--online")).Ends(0).Says(site.Pmm.Rows.AgentId(middle), site.Pmm.Rows.AgentId(deep));
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();      // one layer is taken off, and what is below is the secret
    }

    [SkippableFact]
    public async Task A_service_that_wraps_our_value_while_the_sweep_goes_on()
    {
        await using var site = await Site.EncryptedAsync();
        var loaded = site.Keys;
        var done = Site.InSweepOrder[0];
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        var ours = (await site.StoredAsync(done))!;
        Assert.Equal(site.Keys.Primary, HandKeyset.KeyIdOf(ours));
        await site.StoreAsync(done, loaded.Seal(ours));
        await barrier.LiftAsync();

        (await Site.EndAsync(run)).Ends(0);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task A_row_that_is_held_for_longer_than_the_run_is_left_and_said()
    {
        await using var site = await Site.EncryptedAsync();
        await using var service = await site.Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await HoldAsync(service, site.Pmm.Rows.AgentId(Site.Middle));

        (await site.RunAsync("rotate", "--online", "--settle-timeout", "1")).Fails(2).Says("1 row is held by another session");
        await site.RequireAllOpenAsync();
        await transaction.CommitAsync();

        await site.RequireFinishesAsync();
    }

    [SkippableFact]
    public async Task A_row_that_is_held_until_all_others_are_done_is_done_last()
    {
        await using var site = await Site.EncryptedAsync();
        await using var service = await site.Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await HoldAsync(service, site.Pmm.Rows.AgentId(Site.Middle));
        var old = site.Keys.Primary;
        using var run = site.StartRotation();
        await Waiting.UntilAsync(
            async () => HandKeyset.KeyIdOf((await site.StoredAsync(Site.InSweepOrder[^1]))!) != old, "the sweep has passed the row", run);
        Assert.Equal(old, HandKeyset.KeyIdOf((await site.StoredAsync(Site.Middle))!));

        await transaction.CommitAsync();

        (await Site.EndAsync(run)).Ends(0);
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableTheory]
    [InlineData("40001", 3, 0)]
    [InlineData("40P01", 3, 0)]
    [InlineData("40001", int.MaxValue, 8)]
    public async Task A_page_that_meets_a_serialization_failure_is_tried_again_but_not_for_ever(string state, int times, int exitCode)
    {
        await using var site = await Site.EncryptedAsync();
        await site.Database.ExecuteAsync(
            $"""
            CREATE SEQUENCE failures;
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF nextval('failures') <= {times} THEN RAISE EXCEPTION SQLSTATE '{state}'; END IF;
              RETURN new;
            END $$;
            CREATE TRIGGER fail BEFORE UPDATE ON agents FOR EACH ROW
              WHEN (old.agent_id = '{site.Pmm.Rows.AgentId(Site.Middle)}' AND old.username IS DISTINCT FROM new.username)
              EXECUTE FUNCTION fail();
            """);

        var result = (await site.RunAsync("rotate", "--batch-size", Site.PageSize)).Ends(exitCode);

        if (exitCode == 0)
        {
            Assert.Equal(times + 1L, await site.Database.ScalarAsync<long>("SELECT last_value FROM failures"));
            await site.RequireAllUnderPrimaryAsync();
            return;
        }

        result.Fails(exitCode).Says("same command again");
        Assert.InRange(await site.Database.ScalarAsync<long>("SELECT last_value FROM failures"), 2, 20);
        await site.Database.ExecuteAsync("DROP TRIGGER fail ON agents");
        await site.RequireHalfDoneAndFinishesAsync();
    }

    private static async Task HoldAsync(NpgsqlConnection service, string agentId)
    {
        await using var command = new NpgsqlCommand("SELECT FROM agents WHERE agent_id = $1 FOR UPDATE", service)
        {
            Parameters = { new NpgsqlParameter { Value = agentId } },
        };
        await command.ExecuteNonQueryAsync();
    }
}
