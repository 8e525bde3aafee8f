using Npgsql;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

public sealed class ConnectTests
{
    private const string Password = "MARKED-PASSWORD";

    [Fact]
    public async Task A_port_where_nothing_listens_is_named_without_the_password()
    {
        var failure = await Assert.ThrowsAsync<StoreException>(
            () => OpenAsync($"Host=127.0.0.1;Port=1;Database=d;Username=u;Password={Password}"));

        Assert.Contains("d on 127.0.0.1:1", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
    }

    [SkippableFact]
    public async Task A_database_that_is_not_there_is_named()
    {
        var server = new NpgsqlConnectionStringBuilder(PostgresServer.Require().ConnectionString)
        {
            Database = "nowhere",
            Password = Password,
        };

        var failure = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(server.ConnectionString));

        Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_role_that_is_not_let_in_is_told_where_passwords_come_from()
    {
        var server = new NpgsqlConnectionStringBuilder(PostgresServer.Require().ConnectionString)
        {
            Username = "nobody_of_that_name",
            Password = Password,
        };

        var failure = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(server.ConnectionString));

        Assert.Contains("refused the login", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://ann:s%3Ac%40ret@db.example:6432/pmm%2Dmanaged?sslmode=verify-full", "pmm-managed on db.example:6432")]
    [InlineData("postgresql://db.example", " on db.example:5432")]
    [InlineData("postgres://ann@[::1]:5433/d", "d on ::1:5433")]
    [InlineData("postgres:///d?host=/run/postgresql&user=ann", "d on /run/postgresql")]
    [InlineData("postgres://ann@db/d?target_session_attrs=read-write", "d on db:5432")]
    public void A_URL_is_read_as_PostgreSQLs_own_programs_read_it(string url, string expected) =>
        Assert.EndsWith(expected, new PostgresTarget(url).DisplayName, StringComparison.Ordinal);

    [Theory]
    [InlineData("postgres://ann:MARKED-PASSWORD@db/d?nonsense=1")]
    [InlineData("postgres://ann:1234#MARKED-PASSWORD@db/d")]
    [InlineData("postgres://ann:1234/MARKED-PASSWORD@db/d")]
    [InlineData("Host=postgres://ann:MARKED-PASSWORD@db/d")]
    [InlineData("Host=db;SSL Negotiation=Direct;Password=MARKED-PASSWORD")]
    [InlineData("Host=a,b:MARKED-PASSWORD")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("postgres://ann:MARKED-PASSWORD@db/d?sslmode=0")]
    [InlineData("postgres://ann:MARKED-PASSWORD@db:port/d")]
    [InlineData("Host=db;Pasword=MARKED-PASSWORD")]
    [InlineData("MARKED-PASSWORD")]
    public void What_is_no_connection_is_refused_without_being_quoted(string connection)
    {
        var failure = Assert.Throws<StoreException>(() => new PostgresTarget(connection));

        Assert.DoesNotContain(Password, failure.ToString(), StringComparison.Ordinal);
    }

    private static Task<PostgresRotationStore> OpenAsync(string connection) =>
        PostgresRotationStore.OpenAsync(new PostgresTarget(connection), default);
}
