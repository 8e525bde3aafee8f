namespace PmmCrypt.PostgreSql.Tests;

public sealed class SessionTests : PostgresTest
{
    [SkippableFact]
    public async Task Own_sessions_and_the_servers_own_workers_are_nobody()
    {
        await using var held = await Store.LockAsync(Moment, default);

        Assert.Empty(await Store.SessionsAsync(default));
    }

    [SkippableFact]
    public async Task A_session_is_seen_by_a_role_that_may_see_little_of_it()
    {
        var role = await CreateRoleAsync();
        await using var service = await Database.OpenAsync();
        await using var store = await OpenAsync(role);

        var session = Assert.Single(await store.SessionsAsync(default));

        Assert.Contains($"process {service.ProcessID}", session.Description, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_session_of_another_database_is_nobody()
    {
        await using var other = await PmmCrypt.Testing.PostgresServer.Require().CreateDatabaseAsync();
        await using var service = await other.OpenAsync();

        Assert.Empty(await Store.SessionsAsync(default));
    }
}
