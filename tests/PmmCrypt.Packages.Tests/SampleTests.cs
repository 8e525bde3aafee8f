using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Tink;
using YamlDotNet.RepresentationModel;

namespace PmmCrypt.Packages.Tests;

/// <summary>The sample service, its workflow and its page do what they say, outside of the repository and with the packed packages.</summary>
[Collection(PackagesGroup.Name), Trait("Category", "Slow")]
public sealed partial class SampleTests(PackagesFixture packages)
{
    [SkippableFact]
    public async Task The_workflow_builds_checks_and_rotates_as_it_stands()
    {
        await using var database = await PostgresServer.Require().CreateDatabaseAsync();
        var home = new DotnetHome(packages.NewFolder("workflow"));
        home.WriteNuGetConfig();
        Copy(packages.Feed, home.Feed);
        var sample = Path.Combine(Path.GetDirectoryName(home.Feed)!, "Samples", "Accounts");
        Copy(Path.Combine(PackagesFixture.RepositoryRoot, "tests", "Samples"), Path.GetDirectoryName(sample)!);
        var keyFile = Path.Combine(sample, "accounts.key");
        var stub = Path.Combine(Path.GetDirectoryName(home.Feed)!, "stub");
        var environment = EnvironmentOf(home, database.PlainConnectionString);
        environment["PMMCRYPT_VERSION"] = packages.Version;
        environment["ACCOUNTS_DATABASE"] = database.PlainConnectionString;
        environment["ACCOUNTS_KEY_FILE"] = keyFile;
        environment["PATH"] = stub + Path.PathSeparator + environment["PATH"];
        var shell = new Shell(sample, environment);
        var workflow = new Workflow(Path.Combine(sample, ".github", "workflows", "ci.yml"));
        // What GitHub would set, or its secrets hold, the test sets: a variable that it does not know would be unset in a step.
        Assert.Empty(workflow.Variables.Except(environment.Keys.Append("PGPASSWORD")));

        await workflow.RunAsync("build", shell);

        await database.ExecuteAsync(
            """INSERT INTO accounts (name, api_token, smtp) VALUES ('Ann', 'token of Ann', '{"host": "mail", "password": "secret of Ann"}')""");
        (await shell.RunScriptAsync("dotnet pmm-crypt init --format envelope --assembly bin/Release/net10.0/Accounts.dll"
            + " --connection \"$ACCOUNTS_DATABASE\" --key-file \"$ACCOUNTS_KEY_FILE\"")).Ends(0);
        var first = HandKeyset.Load(keyFile).Primary;
        using var service = CliProcess.Start(
            "bash", ["-c", "exec dotnet bin/Release/net10.0/Accounts.dll --urls http://127.0.0.1:0 > service.log 2>&1"], environment, folder: sample);
        using var client = new HttpClient { BaseAddress = await AddressAsync(Path.Combine(sample, "service.log"), service) };
        WriteSystemctl(stub, client.BaseAddress, service.Id);
        var ben = new { name = "Ben", apiToken = "token of Ben", smtp = new { host = "mail", password = "secret of Ben" } };
        (await client.PostAsJsonAsync("/accounts", ben)).EnsureSuccessStatusCode();

        await workflow.RunAsync("rotate", shell);

        var keys = HandKeyset.Load(keyFile);
        Assert.NotEqual(first, keys.Primary);
        Assert.Contains($"\"primary\":{keys.Primary}", await client.GetStringAsync("/health"), StringComparison.Ordinal);
        foreach (var (id, name) in new[] { (1, "Ann"), (2, "Ben") })
        {
            Assert.Equal(
                $"token of {name}", keys.OpenPrimary((await database.ScalarAsync<string>($"SELECT api_token FROM accounts WHERE id = {id}"))!));
            Assert.Equal(
                $"secret of {name}",
                keys.OpenPrimary((await database.ScalarAsync<string>($"SELECT smtp ->> 'password' FROM accounts WHERE id = {id}"))!));
            Assert.Equal(Signature($"token of {name}", "hello"), await client.GetStringAsync($"/accounts/{id}/signature?message=hello"));
            Assert.Contains("\"mail\"", await client.GetStringAsync($"/accounts/{id}"), StringComparison.Ordinal);
        }

        var stored = await database.ScalarAsync<string>("SELECT webhook_key FROM accounts WHERE id = 2");
        Assert.Equal(Signature(Guid.Parse(keys.OpenPrimary(stored!)).ToByteArray(), "hello"), await client.GetStringAsync("/accounts/2/webhook?message=hello"));
    }

    [SkippableFact]
    public async Task The_commands_of_the_page_run_as_they_stand()
    {
        var server = PostgresServer.Require();
        await using var database = await server.CreateDatabaseAsync();
        var folder = packages.NewFolder("walk");
        var home = new DotnetHome(folder);
        Directory.CreateDirectory(home.Feed);
        home.WriteNuGetConfig();
        var tree = Path.Combine(folder, "tree");
        var shell = new Shell(PackagesFixture.RepositoryRoot, new Dictionary<string, string?>());
        var tracked = (await shell.RunAsync("git -c safe.directory=* ls-files -z")).Ends(0).Output;
        foreach (var file in tracked.Split('\0', StringSplitOptions.RemoveEmptyEntries))
            CopyFile(Path.Combine(PackagesFixture.RepositoryRoot, file), Path.Combine(tree, file));
        var environment = EnvironmentOf(home, database.PlainConnectionString);
        environment.Remove("PGDATABASE");
        // A user logs in to a database that is there; the page's is made on the way.
        var commands = string.Join('\n', Commands().Matches(await File.ReadAllTextAsync(Path.Combine(tree, "docs", "getting-started.md")))
            .Select(match => match.Groups["commands"].Value));

        ShellResult walk;
        try
        {
            walk = await new Shell(tree, environment).RunScriptAsync($"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{commands}");
        }
        finally
        {
            await database.ExecuteAsync("DROP DATABASE IF EXISTS pmmcrypt_accounts WITH (FORCE)");
        }

        walk.Ends(0).Says("| pmm1$");
        Assert.Equal(2, Regex.Count(walk.Output, Signature("token of Ann", "hello")));
        Assert.False(Directory.Exists(Path.Combine(home.Home, "pmmcrypt")));
    }

    private static string Signature(string token, string message) => Signature(Encoding.UTF8.GetBytes(token), message);

    private static string Signature(byte[] key, string message) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(message)));

    /// <summary>A user's: a home, global tools on the path, and the server as PostgreSQL's own programs find it.</summary>
    private static Dictionary<string, string?> EnvironmentOf(DotnetHome home, string connection)
    {
        var server = new NpgsqlConnectionStringBuilder(connection);
        var environment = home.Environment(toolOnPath: false);
        environment["HOME"] = home.Home;
        environment["PATH"] = Path.Combine(home.Home, ".dotnet", "tools") + Path.PathSeparator + environment["PATH"];
        environment["PGHOST"] = server.Host;
        environment["PGPORT"] = $"{server.Port}";
        environment["PGUSER"] = server.Username;
        environment["PGDATABASE"] = server.Database;
        if (server.Password is { } password)
            environment["PGPASSWORD"] = password;
        return environment;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(from, file);
            if (!path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
                CopyFile(file, Path.Combine(to, path));
        }
    }

    private static void CopyFile(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }

    /// <summary>Where the service listens, as it says itself.</summary>
    private static async Task<Uri> AddressAsync(string log, CliProcess service)
    {
        while (true)
        {
            var said = File.Exists(log) ? await File.ReadAllTextAsync(log) : "";
            if (Address().Match(said) is { Success: true } match)
                return new Uri(match.Groups["url"].Value);
            Assert.False(service.HasExited, said);
            await Task.Delay(50);
        }
    }

    /// <summary>What `systemctl reload` does for a service whose unit says `ExecReload=kill -HUP`, and waits until it has loaded.</summary>
    private static void WriteSystemctl(string folder, Uri service, int process)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "systemctl");
        File.WriteAllText(
            path,
            $$"""
            #!/usr/bin/env bash
            [[ "$*" == "reload accounts" ]] || exit 64
            health() { curl -fs {{service}}health; }
            before=$(health) || exit
            kill -HUP {{process}} || exit
            for ((i = 0; i < 600; i++)); do [[ $(health) != "$before" ]] && exit; sleep 0.1; done
            exit 1
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [GeneratedRegex(@"^```sh\n(?<commands>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Commands();

    [GeneratedRegex(@"Now listening on: (?<url>http://\S+)")]
    private static partial Regex Address();

    /// <summary>A workflow of GitHub Actions, as far as it runs commands.</summary>
    private sealed class Workflow
    {
        private readonly YamlMappingNode _root;

        public Workflow(string path)
        {
            var stream = new YamlStream();
            using var reader = File.OpenText(path);
            stream.Load(reader);
            _root = (YamlMappingNode)stream.Documents[0].RootNode;
        }

        /// <summary>The variables that it sets, for all jobs or for one.</summary>
        public IEnumerable<string> Variables => Jobs.Children.Values.Cast<YamlMappingNode>().Append(_root)
            .Where(node => node.Children.ContainsKey("env"))
            .SelectMany(node => ((YamlMappingNode)node["env"]).Children.Keys).Select(name => name.ToString()).Distinct();

        private YamlMappingNode Jobs => (YamlMappingNode)_root["jobs"];

        /// <summary>Runs the commands of a job's steps, as they stand.</summary>
        public async Task RunAsync(string job, Shell shell)
        {
            var scripts = ((YamlSequenceNode)Jobs[job]["steps"]).Cast<YamlMappingNode>()
                .Where(step => step.Children.ContainsKey("run")).Select(step => step["run"].ToString()).ToArray();
            Assert.NotEmpty(scripts);
            foreach (var script in scripts)
                (await shell.RunScriptAsync(script)).Ends(0);
        }
    }
}
