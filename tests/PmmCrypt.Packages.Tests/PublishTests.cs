using System.Xml.Linq;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Packages.Tests;

/// <summary>A service on the packed library, published without a runtime that could read what was cut off, and run afterwards.</summary>
[Collection(PackagesGroup.Name), Trait("Category", "Slow")]
public sealed class PublishTests(PackagesFixture packages)
{
    /// <summary>Reads rows of a SQLite database, decrypts them, changes them, encrypts them and writes them back.</summary>
    private const string Program =
        """
        using System.Text.Json;
        using System.Text.Json.Serialization;
        using Microsoft.Data.Sqlite;
        using PmmCrypt.Fields;
        using PmmCrypt.Keysets;
        using Shop.Data;

        #pragma warning disable PMMC0017 // what is printed is what the test reads

        using var keyFile = KeyFile.Load(args[0]);
        using var cipher = new FieldCipher(keyFile.Keyset, StoredFormat.Legacy);
        using var connection = new SqliteConnection("Data Source=shop.db");
        connection.Open();
        using var create = connection.CreateCommand();
        create.CommandText = "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT, api_token TEXT, smtp TEXT)";
        create.ExecuteNonQuery();

        var smtp = new SmtpSettings { Host = "mail", Password = "пароль" };
        var account = new Account { Id = 7, Name = "Ann", ApiToken = "token of Ann", Smtp = smtp };
        account.EncryptFields(cipher);
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO accounts VALUES ($id, $name, $token, $smtp)";
        insert.Parameters.AddWithValue("$id", account.Id);
        insert.Parameters.AddWithValue("$name", account.Name);
        insert.Parameters.AddWithValue("$token", account.ApiToken);
        insert.Parameters.AddWithValue("$smtp", JsonSerializer.Serialize(smtp, ShopJson.Default.SmtpSettings));
        insert.ExecuteNonQuery();

        using var select = connection.CreateCommand();
        select.CommandText = "SELECT id, name, api_token, smtp FROM accounts";
        using var reader = select.ExecuteReader();
        reader.Read();
        var read = new Account
        {
            Id = reader.GetInt64(0), Name = reader.GetString(1), ApiToken = reader.GetString(2),
            Smtp = JsonSerializer.Deserialize(reader.GetString(3), ShopJson.Default.SmtpSettings),
        };
        Console.WriteLine(string.Join('\n', read.Name, read.ApiToken, read.Smtp!.Host, read.Smtp.Password));
        read.DecryptFields(cipher);
        Console.WriteLine(string.Join('\n', read.ApiToken, read.Smtp.Password, Account.EncryptedTable.Columns.Count));

        [JsonSerializable(typeof(SmtpSettings))]
        internal sealed partial class ShopJson : JsonSerializerContext;
        """;

    [SkippableFact]
    public async Task Ahead_of_time_it_is_compiled_without_a_warning_and_encrypts_and_decrypts() =>
        await PublishAsync("native", "PublishAot", isAlone: true);

    [SkippableFact]
    public async Task Trimmed_it_is_published_without_a_warning_and_encrypts_and_decrypts() =>
        await PublishAsync("trimmed", "PublishTrimmed", isAlone: false);

    /// <summary>The version that the repository has, so that nothing else is downloaded.</summary>
    private static string VersionOf(string package) => XDocument
        .Load(Path.Combine(PackagesFixture.RepositoryRoot, "Directory.Packages.props")).Descendants("PackageVersion")
        .Single(item => item.Attribute("Include")!.Value == package).Attribute("Version")!.Value;

    private async Task PublishAsync(string name, string how, bool isAlone)
    {
        Skip.If(!TestMachine.IsCi && !(OperatingSystem.IsLinux() && File.Exists("/usr/bin/gcc")), "It is published for linux-x64, by gcc.");
        var folder = packages.NewFolder(name);
        var keys = HandKeyset.Generate();
        keys.Save(Path.Combine(folder, "shop.key"));
        packages.WriteProject(
            Path.Combine(folder, "Shop"), "Shop", Program,
            [
                new XElement("OutputType", "Exe"), new XElement(how, "true"), new XElement("SelfContained", "true"),
                new XElement("RuntimeIdentifier", "linux-x64"), new XElement("InvariantGlobalization", "true"),
                new XElement("TrimmerSingleWarn", "false"), new XElement("CppCompilerAndLinker", "gcc"),
            ],
            [
                new XElement("Compile", new XAttribute("Include", Path.Combine(folder, "Account.cs"))),
                PackagesFixture.Package("Microsoft.Data.Sqlite", VersionOf("Microsoft.Data.Sqlite")),
            ]);
        await File.WriteAllTextAsync(Path.Combine(folder, "Account.cs"), ShopSource.Entity);
        var shell = packages.Shell(folder);

        (await shell.RunAsync("dotnet publish Shop -o out --nologo -nodeReuse:false -p:UseSharedCompilation=false")).Ends(0)
            .DoesNotSay("warning");
        Assert.Equal(!isAlone, File.Exists(Path.Combine(folder, "out", "PmmCrypt.dll")));
        var run = (await shell.RunAsync("{0} shop.key", Path.Combine(folder, "out", "Shop"))).Ends(0);

        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(["Ann", "mail", "token of Ann", "пароль", "2"], [lines[0], lines[2], .. lines[4..]]);
        Assert.Equal("token of Ann", keys.OpenPrimary(lines[1]));
        Assert.Equal("пароль", keys.OpenPrimary(lines[3]));
    }
}
