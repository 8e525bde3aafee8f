using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.Data.Sqlite;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Packages.Tests;

/// <summary>What the package does in the build of who refers to it: with the real SDK, in projects outside of the repository.</summary>
[Collection(PackagesGroup.Name), Trait("Category", "Slow")]
public sealed class MSBuildTests(PackagesFixture packages)
{
    private const string Build = "dotnet build {0} --nologo -nodeReuse:false -p:UseSharedCompilation=false";
    private const string Manifest = "PmmCrypt.manifest.json";

    private static readonly XElement WithManifest = new("PmmCryptManifest", "true");

    [Fact]
    public async Task A_manifest_is_written_beside_the_assembly_and_again_only_where_it_says_something_else()
    {
        var folder = packages.NewFolder("manifest");
        packages.WriteProject(Path.Combine(folder, "Shop"), "Shop", ShopSource.Entity, [WithManifest], []);
        var shell = packages.Shell(folder);
        var manifest = Path.Combine(folder, "Shop", "bin", "Debug", "net10.0", Manifest);
        var source = Path.Combine(folder, "Shop", "Shop.cs");

        (await shell.RunAsync(Build, "Shop")).Ends(0).Says("0 Warning(s)");
        Assert.Equal(
            ["key accounts.id: Integer", "accounts.api_token: All", "accounts.smtp -> password: All"], Lines(manifest));
        var written = File.GetLastWriteTimeUtc(manifest);

        (await shell.RunAsync(Build, "Shop")).Ends(0);
        Assert.Equal(written, File.GetLastWriteTimeUtc(manifest));

        await File.AppendAllTextAsync(source, "\n// a comment, and a class that is no entity\ninternal sealed class Other;\n");
        (await shell.RunAsync(Build, "Shop")).Ends(0);
        Assert.Equal(written, File.GetLastWriteTimeUtc(manifest));

        await File.WriteAllTextAsync(source, ShopSource.Entity.Replace("[Column(\"name\")]", "[Encrypted, Column(\"name\")]",
            StringComparison.Ordinal));
        (await shell.RunAsync(Build, "Shop")).Ends(0);
        Assert.Equal(
            ["key accounts.id: Integer", "accounts.name: All", "accounts.api_token: All", "accounts.smtp -> password: All"],
            Lines(manifest));

        File.Delete(manifest);
        (await shell.RunAsync(Build, "Shop")).Ends(0);
        Assert.True(File.Exists(manifest));
        (await shell.RunAsync("dotnet clean Shop --nologo -nodeReuse:false")).Ends(0);
        Assert.False(File.Exists(manifest));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "Shop"), "*.manifest.*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_project_that_does_not_ask_for_one_has_none() =>
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(packages.Consumer)!, Manifest)));

    [Fact]
    public async Task A_rotation_refuses_an_assembly_that_is_not_its_manifests()
    {
        var folder = packages.NewFolder("refusal");
        packages.WriteProject(Path.Combine(folder, "Shop"), "Shop", ShopSource.Entity, [WithManifest], []);
        var shell = packages.Shell(folder);
        (await shell.RunAsync(Build, "Shop")).Ends(0);
        await CreateDatabaseAsync(folder);
        var output = Path.Combine(folder, "Shop", "bin", "Debug", "net10.0");
        var manifest = Path.Combine(output, Manifest);
        var where = $"--connection sqlite:shop.db --key-file shop.key --assembly {Path.Combine(output, "Shop.dll")}";
        (await shell.RunAsync($"dotnet pmm-crypt init {where}")).Ends(0);
        var primary = HandKeyset.Load(Path.Combine(folder, "shop.key")).Primary;

        (await shell.RunAsync($"dotnet pmm-crypt rotate --manifest {manifest} {where}")).Ends(0);
        Assert.NotEqual(primary, HandKeyset.Load(Path.Combine(folder, "shop.key")).Primary);

        var key = await File.ReadAllBytesAsync(Path.Combine(folder, "shop.key"));
        var text = await File.ReadAllTextAsync(manifest);
        await RefusedAsync(text.Replace("api_token: All", "api_token: Envelope", StringComparison.Ordinal), 5,
            "the manifest alone has accounts.api_token: Envelope", "Shop.dll alone has accounts.api_token: All");
        await RefusedAsync(text.Replace("id: Integer", "id: Text", StringComparison.Ordinal), 5, "key accounts.id: Text");
        await RefusedAsync(text.Replace("Version\": 1", "Version\": 2", StringComparison.Ordinal), 1, "another version");
        await RefusedAsync("[]", 1, "is no manifest");
        (await shell.RunAsync($"dotnet pmm-crypt rotate --manifest none.json {where}")).Ends(1).Says("PmmCryptManifest");
        Assert.Equal(key, await File.ReadAllBytesAsync(Path.Combine(folder, "shop.key")));

        async Task RefusedAsync(string other, int exitCode, params string[] said)
        {
            Assert.NotEqual(text, other);
            await File.WriteAllTextAsync(Path.Combine(folder, "other.json"), other);
            (await shell.RunAsync($"dotnet pmm-crypt rotate --manifest other.json {where}")).Ends(exitCode)
                .Says(["error: ", "hint: ", .. said]);
        }
    }

    [Fact]
    public async Task A_solution_with_central_versions_has_entities_in_two_projects_one_of_which_has_the_package_through_the_other()
    {
        var folder = packages.NewFolder("solution");
        new XElement("Project", new XElement("PropertyGroup", new XElement("ManagePackageVersionsCentrally", "true"), WithManifest),
            new XElement("ItemGroup", new XElement(
                "PackageVersion", new XAttribute("Include", "PmmCrypt"), new XAttribute("Version", packages.Version))))
            .Save(Path.Combine(folder, "Directory.Packages.props"));
        new XElement("Solution", Of("Shop"), Of("Billing")).Save(Path.Combine(folder, "All.slnx"));
        Write("Shop", ShopSource.Entity, new XElement("PackageReference", new XAttribute("Include", "PmmCrypt")));
        Write(
            "Billing",
            """
            using System.ComponentModel.DataAnnotations;
            using System.ComponentModel.DataAnnotations.Schema;
            using PmmCrypt;

            [Table("invoices", Schema = "billing")]
            public sealed partial class Invoice
            {
                [Key] public required Guid InvoiceId { get; init; }
                [Encrypted] public string? TaxNumber { get; set; }
                public void Seal(PmmCrypt.Fields.FieldCipher cipher) => EncryptFields(cipher);      // what is generated
            }

            [Table("invoices", Schema = "billing")]
            public sealed partial class InvoiceNote
            {
                [Key] public required Guid InvoiceId { get; init; }
                [Encrypted, Column("Note")] public string? Text { get; set; }
            }
            """,
            new XElement("ProjectReference", new XAttribute("Include", "../Shop/Shop.csproj")));
        var shell = packages.Shell(folder);

        (await shell.RunAsync(Build, "All.slnx")).Ends(0).Says("0 Warning(s)");

        Assert.Equal(
            ["key accounts.id: Integer", "accounts.api_token: All", "accounts.smtp -> password: All"], Lines(ManifestOf("Shop")));
        Assert.Equal(
            [
                "key billing.invoices.invoice_id: Guid", "billing.invoices.Note: All", "key billing.invoices.invoice_id: Guid",
                "billing.invoices.tax_number: All",
            ],
            Lines(ManifestOf("Billing")));

        static XElement Of(string project) => new("Project", new XAttribute("Path", $"{project}/{project}.csproj"));

        string ManifestOf(string project) => Path.Combine(folder, project, "bin", "Debug", "net10.0", Manifest);

        void Write(string project, string source, XElement reference)
        {
            Directory.CreateDirectory(Path.Combine(folder, project));
            new XElement(
                "Project",
                new XAttribute("Sdk", "Microsoft.NET.Sdk"),
                new XElement(
                    "PropertyGroup", new XElement("TargetFramework", "net10.0"), new XElement("Nullable", "enable"),
                    new XElement("ImplicitUsings", "enable"), new XElement("PmmCryptColumnNaming", "snake_case")),
                new XElement("ItemGroup", reference)).Save(Path.Combine(folder, project, $"{project}.csproj"));
            File.WriteAllText(Path.Combine(folder, project, $"{project}.cs"), source);
        }
    }

    [Fact]
    public async Task The_lists_of_fields_beside_a_project_are_read_without_being_named_and_once_where_they_are()
    {
        var folder = packages.NewFolder("lists");
        var named = new XElement("AdditionalFiles", new XAttribute("Include", "EncryptedFields.*.txt"));
        foreach (var (project, items) in new[] { ("Unnamed", Array.Empty<XElement>()), ("Named", [named]) })
        {
            packages.WriteProject(Path.Combine(folder, project), project, ShopSource.Entity, items);
            await File.WriteAllTextAsync(Path.Combine(folder, project, "EncryptedFields.Shipped.txt"),
                "accounts.api_token: string\naccounts.smtp -> password: string\naccounts.pin: string\n");
            var said = (await packages.Shell(folder).RunAsync(Build, project))
                .Ends(1).Says("error PMMC0021: 'accounts.pin: string'", "1 Error(s)");
            Assert.DoesNotContain("PMMC0022", said.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_target_runs_the_tool_on_what_was_built(bool isLocal)
    {
        var folder = packages.NewFolder("targets");
        packages.WriteProject(Path.Combine(folder, "Shop"), "Shop", ShopSource.Entity);
        await CreateDatabaseAsync(folder);
        var shell = packages.Shell(folder, toolOnPath: !isLocal);
        if (isLocal)
        {
            (await shell.RunAsync("dotnet new tool-manifest")).Ends(0);
            (await shell.RunAsync("dotnet tool install dotnet-pmm-crypt --version {0}", packages.Version)).Ends(0);
        }
        var assembly = Path.Combine(folder, "Shop", "bin", "Debug", "net10.0", "Shop.dll");
        var where = $"-p:PmmCryptConnection=sqlite:{Path.Combine(folder, "shop.db")} -p:PmmCryptKeyFile={Path.Combine(folder, "shop.key")}";

        (await shell.RunAsync($"{Build} -t:PmmCryptCheck {where}", "Shop")).Ends(1)
            .Says("accounts.api_token: 3 values in the clear", "error PMMCRYPT002");
        (await shell.RunAsync($"dotnet pmm-crypt init --connection sqlite:shop.db --key-file shop.key --assembly {assembly}")).Ends(0);
        (await shell.RunAsync($"{Build} -t:PmmCryptCheck {where}", "Shop")).Ends(0).Says("Shop.dll and the schema agree", "0 Warning(s)");

        var first = HandKeyset.Load(Path.Combine(folder, "shop.key")).Primary;
        (await shell.RunAsync($"{Build} -t:PmmCryptRotate {where} -p:PmmCryptArguments=--batch-size%202", "Shop")).Ends(0)
            .Says("rotated to a new key");
        var keys = HandKeyset.Load(Path.Combine(folder, "shop.key"));
        Assert.NotEqual(first, keys.Primary);
        Assert.Equal(["token of 1", "token of 2", "token of 3"], (await TokensAsync(folder)).Select(stored => keys.OpenPrimary(stored)));

        await File.WriteAllTextAsync(Path.Combine(folder, "Shop", "EncryptedFields.Shipped.txt"),
            "accounts.api_token: string\naccounts.smtp -> password: string\n");
        (await shell.RunAsync($"{Build} -t:PmmCryptCheck {where}", "Shop")).Ends(0);
        (await shell.RunAsync($"{Build} -t:PmmCryptRotate -p:PmmCryptConnection=sqlite:none.db", "Shop")).Ends(1)
            .Says("There is no database file", "error PMMCRYPT003", "exit code 8");
    }

    [Fact]
    public async Task A_project_of_several_frameworks_has_a_manifest_for_each_and_is_rotated_once()
    {
        var folder = packages.NewFolder("frameworks");
        var project = Path.Combine(folder, "Shop");
        packages.WriteProject(project, "Shop", ShopSource.Entity, [WithManifest], []);
        await CreateDatabaseAsync(folder);
        var shell = packages.Shell(folder);
        var where = $"-p:PmmCryptConnection=sqlite:{Path.Combine(folder, "shop.db")} -p:PmmCryptKeyFile={Path.Combine(folder, "shop.key")}";
        var file = XDocument.Load(Path.Combine(project, "Shop.csproj"));
        var framework = file.Descendants("TargetFramework").Single();
        framework.Name = "TargetFrameworks";
        // The second has the package too; the third, a library for others, does not, and no entity.
        framework.Value = "net10.0;net10.0-windows;netstandard2.0";
        framework.AddAfterSelf(
            new XElement("EnableWindowsTargeting", "true"), new XElement("DisableTransitiveFrameworkReferenceDownloads", "true"),
            new XElement("LangVersion", "latest"));
        file.Descendants("PackageReference").Single().SetAttributeValue("Condition", "'$(TargetFramework)' != 'netstandard2.0'");
        file.Root!.Add(new XElement("ItemGroup", new XAttribute("Condition", "'$(TargetFramework)' == 'netstandard2.0'"),
            new XElement("Compile", new XAttribute("Remove", "**/*.cs"))));
        file.Save(Path.Combine(project, "Shop.csproj"));

        (await shell.RunAsync(Build, "Shop")).Ends(0).Says("0 Warning(s)");
        string Output(string name) => Path.Combine(project, "bin", "Debug", name);
        foreach (var name in new[] { "net10.0", "net10.0-windows" })
            Assert.Equal(["key accounts.id: Integer", "accounts.api_token: All", "accounts.smtp -> password: All"],
                Lines(Path.Combine(Output(name), Manifest)));
        Assert.False(File.Exists(Path.Combine(Output("netstandard2.0"), Manifest)));

        (await shell.RunAsync($"{Build} -t:PmmCryptCheck {where}", "Shop")).Ends(1).Says("error PMMCRYPT002");
        (await shell.RunAsync("dotnet pmm-crypt init --connection sqlite:shop.db --key-file shop.key --assembly {0}",
            Path.Combine(Output("net10.0"), "Shop.dll"))).Ends(0);
        var said = (await shell.RunAsync($"{Build} -t:PmmCryptCheck {where}", "Shop")).Ends(0).Output;
        Assert.Equal(2, said.Split("Shop.dll and the schema agree").Length - 1);

        var first = HandKeyset.Load(Path.Combine(folder, "shop.key"));
        (await shell.RunAsync($"{Build} -t:PmmCryptRotate {where}", "Shop")).Ends(0).Says("rotated to a new key");
        var keys = HandKeyset.Load(Path.Combine(folder, "shop.key"));
        Assert.Equal(first.Keys.Count + 1, keys.Keys.Count);
        Assert.Equal(["token of 1", "token of 2", "token of 3"], (await TokensAsync(folder)).Select(stored => keys.OpenPrimary(stored)));

        // A field that one framework alone has would be left behind.
        var source = Path.Combine(project, "Shop.cs");
        await File.WriteAllTextAsync(source, ShopSource.Entity.Replace(
            "    [Column(\"name\")]", "#if WINDOWS\n    [Encrypted]\n#endif\n    [Column(\"name\")]", StringComparison.Ordinal));
        (await shell.RunAsync($"{Build} -t:PmmCryptRotate {where}", "Shop")).Ends(1).Says("error PMMCRYPT005", "net10.0;net10.0-windows");
        Assert.Equal(keys.Primary, HandKeyset.Load(Path.Combine(folder, "shop.key")).Primary);
        (await shell.RunAsync($"{Build} -f net10.0 -t:PmmCryptRotate {where}", "Shop")).Ends(0).Says("rotated to a new key");
        Assert.NotEqual(keys.Primary, HandKeyset.Load(Path.Combine(folder, "shop.key")).Primary);

        await File.WriteAllTextAsync(source, "internal sealed class Nothing;");
        (await shell.RunAsync($"{Build} -t:PmmCryptCheck {where}", "Shop")).Ends(1).Says("error PMMCRYPT004");
    }

    [Fact]
    public async Task The_target_that_rotates_says_which_manifest_the_assembly_must_be_of()
    {
        var folder = packages.NewFolder("rotation");
        packages.WriteProject(Path.Combine(folder, "Shop"), "Shop", ShopSource.Entity, [WithManifest], []);
        await CreateDatabaseAsync(folder);
        var shell = packages.Shell(folder);
        // In the place of the tool, a program that shows how it was called.
        var where = "-p:PmmCryptConnection=sqlite:shop.db -p:PmmCryptCommand=echo%20called:";
        var manifest = Path.Combine(folder, "Shop", "bin", "Debug", "net10.0", Manifest);

        (await shell.RunAsync($"{Build} -t:PmmCryptRotate {where}", "Shop")).Ends(0).Says($"--manifest {manifest} ");
        var said = (await shell.RunAsync($"{Build} -t:PmmCryptRotate {where} -p:PmmCryptManifest=false", "Shop")).Ends(0).Says("called:");
        Assert.DoesNotContain("--manifest", said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_characters_a_connection_and_a_file_have_they_reach_the_tool_as_they_are()
    {
        // As a password may have them: each of them means something to a shell or to MSBuild.
        const string Odd = "a b$HOME$(id)`id`\"q\"'s\\n%41;1!&";
        var folder = packages.NewFolder("quoting");
        packages.WriteProject(Path.Combine(folder, "Shop"), "Shop", ShopSource.Entity);
        await CreateDatabaseAsync(folder);
        // What begins as a path does has no backslash in MSBuild: it makes slashes of them.
        var database = Path.Combine(folder, $"{Odd}.db");
        var key = Path.Combine(folder, $"{Odd.Replace("\\", "", StringComparison.Ordinal)}.key");
        File.Move(Path.Combine(folder, "shop.db"), database);
        var shell = packages.Shell(folder);
        var build = $"export PmmCryptConnection={Quoted($"sqlite:{database}")} PmmCryptKeyFile={Quoted(key)}; "
            + $"{Build.Replace("{0}", "Shop", StringComparison.Ordinal)} -t:";
        (await shell.RunAsync(Build, "Shop")).Ends(0);
        (await shell.RunAsync("dotnet pmm-crypt init --connection {0} --key-file {1} --assembly {2}", $"sqlite:{database}", key,
            Path.Combine(folder, "Shop", "bin", "Debug", "net10.0", "Shop.dll"))).Ends(0);

        (await shell.RunScriptAsync($"{build}PmmCryptCheck")).Ends(0).Says("Shop.dll and the schema agree");
        (await shell.RunScriptAsync($"{build}PmmCryptRotate")).Ends(0).Says("rotated to a new key");

        static string Quoted(string value) =>
            $"'{value.Replace("%", "%25", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    [Fact]
    public async Task A_connection_may_stand_in_the_environment_and_a_list_that_is_named_has_to_be_there()
    {
        var folder = packages.NewFolder("operands");
        var project = Path.Combine(folder, "Shop");
        packages.WriteProject(project, "Shop", ShopSource.Entity);
        var shell = packages.Shell(folder);
        var build = $"{Build.Replace("{0}", "Shop", StringComparison.Ordinal)} -t:PmmCryptCheck";

        (await shell.RunScriptAsync($"export PmmCryptConnection=\"Host=db;Database=shop\"; {build} -p:PmmCryptCommand='echo called:'"))
            .Ends(0).Says("--connection Host=db;Database=shop").DoesNotSay("--shipped");
        (await shell.RunScriptAsync($"{build} -p:PmmCryptConnection=\"Host=db%3BDatabase=shop\" -p:PmmCryptCommand='echo called:'"))
            .Ends(0).Says("--connection Host=db;Database=shop");
        (await shell.RunScriptAsync($"{build} -p:PmmCryptConnection=sqlite:none.db -p:PmmCryptShipped=none.txt"))
            .Ends(1).Says("none.txt", "error PMMCRYPT003", "exit code 1");

        var list = Path.Combine(project, "EncryptedFields.shipped.txt");
        await File.WriteAllTextAsync(list, "accounts.api_token: string\naccounts.smtp -> password: string\n");
        (await shell.RunScriptAsync($"{build} -p:PmmCryptConnection=sqlite:none.db -p:PmmCryptCommand='echo called:'"))
            .Ends(0).Says($"--shipped {list} ");
    }

    private static List<string> Lines(string manifest)
    {
        var tables = JsonNode.Parse(File.ReadAllText(manifest))!["tables"]!.AsArray();
        return [.. tables.SelectMany(table => table!["keys"]!.AsArray().Select(line => $"key {line}")
            .Concat(table["fields"]!.AsArray().Select(line => (string)line!)))];
    }

    private static async Task CreateDatabaseAsync(string folder)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "shop.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, api_token TEXT, smtp TEXT);
            INSERT INTO accounts VALUES (1, 'Ann', 'token of 1', '{"host":"mail"}'), (2, 'Bob', 'token of 2', NULL),
              (3, 'Cy', 'token of 3', '{"password":"p"}');
            """;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> TokensAsync(string folder)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "shop.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT api_token FROM accounts ORDER BY id";
        await using var reader = await command.ExecuteReaderAsync();
        var tokens = new List<string>();
        while (await reader.ReadAsync())
            tokens.Add(reader.GetString(0));
        return tokens;
    }
}
