using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.Data.Sqlite;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Packages.Tests;

/// <summary>The installed tool rotates a service's own table through the code that the package's generator wrote for it.</summary>
[Collection(PackagesGroup.Name), Trait("Category", "Slow")]
public sealed class OwnTableTests(PackagesFixture packages)
{
    private const int Accounts = 40;

    [Fact]
    public async Task On_SQLite()
    {
        var folder = packages.NewFolder("sqlite");
        var database = Path.Combine(folder, "shop.db");
        await using (var connection = new SqliteConnection($"Data Source={database};Pooling=False"))
        {
            await connection.OpenAsync();
            await SeedAsync(connection, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, api_token TEXT, smtp TEXT)", "$smtp");
        }

        await RotateAsync(folder, $"sqlite:{database}", async () =>
        {
            await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
            await connection.OpenAsync();
            return await ReadAsync(connection);
        });
    }

    [SkippableFact]
    public async Task On_PostgreSQL()
    {
        await using var database = await PostgresServer.Require().CreateDatabaseAsync();
        await using (var connection = await database.OpenAsync())
            await SeedAsync(
                connection, "CREATE TABLE accounts (id bigint PRIMARY KEY, name text, api_token text, smtp jsonb)", "$smtp::jsonb");

        await RotateAsync(packages.NewFolder("postgres"), database.PlainConnectionString, async () =>
        {
            await using var connection = await database.OpenAsync();
            return await ReadAsync(connection);
        });
    }

    [Fact]
    public async Task An_assembly_that_is_none_or_has_no_table_is_a_wrong_command_line()
    {
        var folder = packages.NewFolder("assemblies");
        var text = Path.Combine(folder, "text.dll");
        await File.WriteAllTextAsync(text, "not an assembly");
        var shell = packages.Shell(folder);

        (await StatusAsync(Path.Combine(folder, "missing.dll"))).Ends(1).Says("error: ", "hint: ", "missing.dll");
        (await StatusAsync(folder)).Ends(1).Says("error: ", "hint: ");
        (await StatusAsync(text)).Ends(1).Says("error: ", "hint: ", "text.dll");
        (await StatusAsync(typeof(HandKeyset).Assembly.Location)).Ends(1).Says("error: ", "hint: ", "PmmCrypt.Testing.dll", "[Encrypted]");

        Task<ShellResult> StatusAsync(string assembly) =>
            shell.RunAsync("dotnet pmm-crypt status --connection sqlite:none.db --key-file none.key --assembly {0}", assembly);
    }

    [Theory]
    [InlineData("CREATE TABLE other (i INTEGER)", "accounts")]
    [InlineData("CREATE TABLE accounts (id INTEGER PRIMARY KEY, smtp TEXT)", "api_token")]
    public async Task A_database_that_lacks_what_the_assembly_declares_ends_with_9(string schema, string missing)
    {
        var folder = packages.NewFolder("schema");
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "shop.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await ExecuteAsync(connection, schema);
        }
        HandKeyset.Generate().Save(Path.Combine(folder, "shop.key"));
        var shell = packages.Shell(folder);

        foreach (var verb in new[] { "status", "rotate", "init" })
        {
            (await shell.RunAsync(
                "dotnet pmm-crypt {0} --connection sqlite:shop.db --key-file shop.key --assembly {1}", verb, packages.Consumer))
                .Ends(9).Says("error: ", "hint: ", missing);
        }
    }

    [Fact]
    public async Task An_assembly_that_uses_another_version_of_the_tools_own_dependency_gets_its_own()
    {
        const string Other = "9.0.5";
        var folder = packages.NewFolder("dependency");
        // Without the machine's package cache: the tool is to find the library where the service's restore put it.
        new XElement("configuration", new XElement("fallbackPackageFolders", new XElement("clear")))
            .Save(Path.Combine(folder, "nuget.config"));
        packages.WriteProject(
            Path.Combine(folder, "Service"), "Service",
            ShopSource.Entity.Replace("namespace Shop.Data;", "namespace Service;", StringComparison.Ordinal) +
            """

            internal static class Start
            {
                [System.Runtime.CompilerServices.ModuleInitializer]
                internal static void SayVersion() =>
                    Console.Error.WriteLine($"the service has Npgsql {typeof(Npgsql.NpgsqlConnection).Assembly.GetName().Version}");
            }
            """,
            PackagesFixture.Package("Npgsql", Other));
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "shop.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await ExecuteAsync(connection, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, api_token TEXT, smtp TEXT)");
        }
        var shell = packages.Shell(folder);
        (await shell.RunAsync("dotnet build Service --nologo -nodeReuse:false -p:UseSharedCompilation=false -p:NoWarn=CA2255")).Ends(0);

        var service = Path.Combine(folder, "Service", "bin", "Debug", "net10.0", "Service.dll");
        (await shell.RunAsync("dotnet pmm-crypt init --connection sqlite:shop.db --key-file shop.key --assembly {0}", service))
            .Ends(0).Says($"the service has Npgsql {Other}.0");
    }

    private async Task RotateAsync(string folder, string connection, Func<Task<List<Row>>> read)
    {
        var shell = packages.Shell(folder);
        var keyFile = Path.Combine(folder, "shop.key");

        (await RunAsync("status")).Ends(3);
        (await RunAsync("init")).Ends(0).Says("ack up the key file");
        var first = Assert.Single(await KeysThatOpenAllAsync());
        (await RunAsync("verify --require-encrypted")).Ends(0);
        (await RunAsync("rotate --dry-run")).Ends(2);
        (await RunAsync("rotate --batch-size 7 --backup before.key")).Ends(0).Says("ack up the key file");
        Assert.Equal([first.Id], (await KeysThatOpenAllAsync()).Select(key => key.Id).Take(1));
        Assert.NotEqual(first.Id, HandKeyset.Load(keyFile).Primary);
        Assert.Equal(first.Id, HandKeyset.Load(Path.Combine(folder, "before.key")).Primary);
        (await RunAsync("status")).Ends(0).Says("accounts", "api_token", "smtp.password");
        (await RunAsync("rotate --prune --retain 0")).Ends(0);
        Assert.Single(await KeysThatOpenAllAsync());
        (await RunAsync("rotate --format envelope")).Ends(0);
        await KeysThatOpenAllAsync();
        (await RunAsync("verify")).Ends(0);

        async Task<ShellResult> RunAsync(string line)
        {
            var result = await shell.RunAsync(
                $"dotnet pmm-crypt {line} --assembly {{0}} --connection {{1}} --key-file {{2}}", packages.Consumer, connection, keyFile);
            return result.Require(!(result.Output + result.Error).Contains("secret-", StringComparison.Ordinal), "to say no secret");
        }

        // Each value by hand, under the primary.
        async Task<IReadOnlyList<HandKey>> KeysThatOpenAllAsync()
        {
            var keys = HandKeyset.Load(keyFile);
            var rows = await read();
            Assert.Equal(Accounts, rows.Count);
            foreach (var row in rows)
            {
                Assert.Equal($"account {row.Id}", row.Name);
                Assert.Equal(Token(row.Id), row.Token is { Length: > 0 } token ? keys.OpenPrimary(token) : row.Token);
                Assert.Equal(Password(row.Id), keys.OpenPrimary((string)row.Smtp["password"]!));
                row.Smtp.Remove("password");
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Smtp(row.Id, null)), row.Smtp), row.Smtp.ToJsonString());
            }
            return keys.Keys;
        }
    }

    /// <summary>NULL and the empty string are no secrets, and stay.</summary>
    private static string? Token(long id) => id switch { 3 => null, 4 => "", _ => $"secret-token-{id}-ключ" };

    private static string Password(long id) => $"secret-\"password\"-{id}";

    private static string Smtp(long id, string? password)
    {
        var unknown = new JsonObject { ["deep"] = null, ["id"] = id };
        var smtp = new JsonObject { ["host"] = "mail", ["ports"] = new JsonArray(25, 587), ["unknown"] = unknown };
        if (password is not null) smtp["password"] = password;
        return smtp.ToJsonString();
    }

    private static async Task SeedAsync(System.Data.Common.DbConnection connection, string schema, string smtp)
    {
        await ExecuteAsync(connection, schema);
        for (var id = 1L; id <= Accounts; id++)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"INSERT INTO accounts (id, name, api_token, smtp) VALUES ($id, $name, $token, {smtp})".Replace('$', '@');
            Add(command, "id", id);
            Add(command, "name", $"account {id}");
            Add(command, "token", (object?)Token(id) ?? DBNull.Value);
            Add(command, "smtp", Smtp(id, Password(id)));
            await command.ExecuteNonQueryAsync();
        }
    }

    private static void Add(System.Data.Common.DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    private static async Task ExecuteAsync(System.Data.Common.DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<Row>> ReadAsync(System.Data.Common.DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, name, api_token, CAST(smtp AS text) FROM accounts";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<Row>();
        while (await reader.ReadAsync())
        {
            var token = reader.IsDBNull(2) ? null : reader.GetString(2);
            rows.Add(new Row(reader.GetInt64(0), reader.GetString(1), token, JsonNode.Parse(reader.GetString(3))!.AsObject()));
        }
        return rows;
    }

    private sealed record Row(long Id, string Name, string? Token, JsonObject Smtp);
}
