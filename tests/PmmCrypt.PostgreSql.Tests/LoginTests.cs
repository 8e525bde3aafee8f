using Npgsql;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>A server that asks for passwords, and URLs that carry one.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private const string Password = "MARKED p@ss:w/ord%41?&=é";

    private PrivateCluster? _cluster;
    private PostgresDatabase _database = null!;

    private string Address
    {
        get
        {
            var server = new NpgsqlConnectionStringBuilder(_database.PlainConnectionString);
            return $"{server.Host}:{server.Port}/{Uri.EscapeDataString(_database.Name)}";
        }
    }

    public async Task InitializeAsync()
    {
        _cluster = await PrivateCluster.StartAsync(durable: false, "password_encryption=scram-sha-256");
        _database = await _cluster.Server.CreateDatabaseAsync("odd na/me");
        await _database.ExecuteAsync($"CREATE ROLE \"a:nn@\" LOGIN PASSWORD '{Password}'");
        var file = await _database.ScalarAsync<string>("SHOW hba_file");
        await _database.ExecuteAsync(
            "COPY (VALUES ('host all postgres 127.0.0.1/32 trust'), ('host all all 127.0.0.1/32 scram-sha-256')) "
            + $"TO '{file}'; SELECT pg_reload_conf()");
        for (var i = 0; await IsLetInAsync("wrong"); i++)
        {
            Assert.True(i < 1200, "The server did not read its new rules.");
            await Task.Delay(50);
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_password_is_taken_from_a_URL_as_it_was_escaped()
    {
        var login = $"{Uri.EscapeDataString("a:nn@")}:{Uri.EscapeDataString(Password)}";
        await using (var store = await OpenAsync($"postgres://{login}@{Address}?application_name=other&options=-c%20work_mem%3D1MB"))
        {
            Assert.Equal("odd na/me", store.Database);
            Assert.DoesNotContain("MARKED", store.DisplayName, StringComparison.Ordinal);
            Assert.Equal("pmm-crypt", await _database.ScalarAsync<string>(
                "SELECT DISTINCT application_name FROM pg_stat_activity WHERE usename = 'a:nn@'"));
        }

        var rest = $"user={Uri.EscapeDataString("a:nn@")}&password={Uri.EscapeDataString(Password)}";
        await using var other = await OpenAsync($"postgresql://{Address}?{rest}");
    }

    [SkippableFact]
    public async Task A_wrong_password_is_told_from_other_trouble_and_not_repeated()
    {
        var failure = await Assert.ThrowsAsync<StoreException>(() => OpenAsync($"postgres://a%3Ann%40:MARKED-WRONG@{Address}"));

        Assert.Contains("refused the login", failure.Message, StringComparison.Ordinal);
        Assert.Contains("password", failure.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("MARKED", failure + failure.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task No_password_at_all_is_an_error_that_says_so()
    {
        var failure = await Assert.ThrowsAsync<StoreException>(() => OpenAsync($"postgres://a%3Ann%40@{Address}"));

        Assert.Contains("password", failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("PGPASSFILE", failure.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Encryption_of_the_connection_is_not_silently_done_without()
    {
        var login = $"{Uri.EscapeDataString("a:nn@")}:{Uri.EscapeDataString(Password)}";

        var failure = await Assert.ThrowsAsync<StoreException>(() => OpenAsync($"postgres://{login}@{Address}?sslmode=require"));

        Assert.Contains("SSL", failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("sslmode", failure.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
    }

    private async Task<bool> IsLetInAsync(string password)
    {
        try
        {
            await using var store = await OpenAsync($"postgres://a%3Ann%40:{password}@{Address}");
            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private static Task<PostgresRotationStore> OpenAsync(string connection) =>
        PostgresRotationStore.OpenAsync(new PostgresTarget(connection), default);
}
