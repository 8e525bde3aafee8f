using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Packages.Tests;

[Collection(PackagesGroup.Name), Trait("Category", "Slow")]
public sealed partial class LibraryPackageTests(PackagesFixture packages)
{
    private const string Analyzers = "analyzers/dotnet/cs/";

    [Fact]
    public void Holds_the_runtime_the_generator_and_what_a_reader_and_a_licence_need()
    {
        using var package = Open("PmmCrypt");
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];

        Assert.Equal(
            ["lib/net10.0/PmmCrypt.dll", "lib/net10.0/PmmCrypt.xml"],
            files.Where(file => file.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains(Analyzers + "PmmCrypt.Generators.dll", files);
        Assert.Contains(Analyzers + "PmmCrypt.CodeFixes.dll", files);
        Assert.Contains("buildTransitive/PmmCrypt.props", files);
        Assert.Contains("buildTransitive/PmmCrypt.targets", files);
        Assert.Contains("buildMultiTargeting/PmmCrypt.targets", files);
        Assert.Equal(
            ["tools/netstandard2.0/PmmCrypt.Tasks.dll"],
            files.Where(file => file.StartsWith("tools/", StringComparison.Ordinal)));
        Assert.Contains("README.md", files);
        Assert.Contains("THIRD-PARTY-NOTICES.txt", files);
        Assert.NotEmpty(Read(package, "README.md"));
    }

    [Fact]
    public void Ships_all_that_the_generator_loads_and_nothing_that_the_compiler_brings()
    {
        using var package = Open("PmmCrypt");
        var shipped = package.Entries.Where(entry => entry.FullName.StartsWith(Analyzers, StringComparison.Ordinal)).ToArray();
        var names = shipped.Select(entry => Path.GetFileNameWithoutExtension(entry.Name)).ToArray();
        // What the compiler's own process has, whatever its version.
        string[] provided =
        [
            "netstandard", "mscorlib", "System.Collections.Immutable", "System.Reflection.Metadata", "Microsoft.CodeAnalysis",
            "Microsoft.CodeAnalysis.CSharp",
        ];
        // What an editor has besides: a compiler that would load code fixes for it would fail.
        string[] editors =
            ["Microsoft.CodeAnalysis.Workspaces", "Microsoft.CodeAnalysis.CSharp.Workspaces", "System.Composition.AttributedModel"];

        Assert.Contains("Scriban.Signed", names);
        Assert.DoesNotContain(names, name => name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
        var fixes = shipped.Where(entry => entry.Name == "PmmCrypt.CodeFixes.dll").ToArray();
        Assert.Empty(shipped.Except(fixes).SelectMany(References).Distinct().Except(provided).Except(names));
        Assert.Empty(fixes.SelectMany(References).Except(provided).Except(names).Except(editors));
    }

    [Fact]
    public void Names_the_licence_of_each_library_that_it_carries()
    {
        using var package = Open("PmmCrypt");
        var notices = Read(package, "THIRD-PARTY-NOTICES.txt");

        // A heading names the files that its licence is for: Scriban (Scriban.Signed.dll), .NET libraries (System.*.dll, …).
        string[] covered = [.. FileNames().Matches(notices)
            .Select(match => "^" + Regex.Escape(match.Value).Replace(@"\*", ".*", StringComparison.Ordinal) + "$")];

        var carried = package.Entries.Where(entry =>
            entry.FullName.StartsWith(Analyzers, StringComparison.Ordinal) && !entry.Name.StartsWith("PmmCrypt", StringComparison.Ordinal));
        Assert.All(carried, entry => Assert.Contains(covered, pattern => Regex.IsMatch(entry.Name, pattern)));
    }

    [Theory]
    [InlineData("PmmCrypt")]
    [InlineData("dotnet-pmm-crypt")]
    public void Says_who_may_use_it_and_what_it_is(string id)
    {
        using var package = Open(id);
        var metadata = XDocument.Parse(Read(package, $"{id}.nuspec")).Root!.Elements().First();
        string? Of(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;

        Assert.Equal(packages.Version, Of("version"));
        Assert.Equal("Apache-2.0", Of("license"));
        Assert.Equal("README.md", Of("readme"));
        Assert.NotEmpty(Of("description")!);
        Assert.DoesNotContain(
            metadata.Descendants().Where(element => element.Name.LocalName == "dependency")
                .Select(element => element.Attribute("id")!.Value),
            dependency => dependency.StartsWith("PmmCrypt.", StringComparison.Ordinal)
                || dependency.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Gives_a_project_outside_of_the_repository_entities_that_encrypt_and_decrypt_themselves()
    {
        var folder = packages.NewFolder("console");
        var keys = HandKeyset.Generate();
        keys.Save(Path.Combine(folder, "shop.key"));
        packages.WriteProject(
            Path.Combine(folder, "Shop"), "Shop", ShopSource.Program,
            [new XElement("OutputType", "Exe")], [new XElement("Compile", new XAttribute("Include", Path.Combine(folder, "Account.cs")))]);
        await File.WriteAllTextAsync(Path.Combine(folder, "Account.cs"), ShopSource.Entity);
        var shell = packages.Shell(folder);

        (await shell.RunAsync("dotnet build Shop --nologo -nodeReuse:false -p:UseSharedCompilation=false")).Ends(0).Says("0 Warning(s)");
        var run = (await shell.RunAsync("dotnet {0} shop.key", Path.Combine("Shop", "bin", "Debug", "net10.0", "Shop.dll"))).Ends(0);

        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(["Ann", "mail", "token of Ann", "пароль"], [lines[0], lines[2], lines[4], lines[5]]);
        Assert.Equal("token of Ann", keys.OpenPrimary(lines[1]));
        Assert.Equal("пароль", keys.OpenPrimary(lines[3]));
    }

    [Fact]
    public async Task Looks_at_the_code_and_the_baseline_and_says_so_in_SARIF()
    {
        var folder = packages.NewFolder("careless");
        packages.WriteProject(
            Path.Combine(folder, "Shop"), "Shop", ShopSource.Program.Replace("#pragma", "// #pragma", StringComparison.Ordinal),
            [new XElement("OutputType", "Exe"), new XElement("ErrorLog", "shop.sarif,version=2.1")],
            [
                new XElement("Compile", new XAttribute("Include", Path.Combine(folder, "Account.cs"))),
                new XElement("AdditionalFiles", new XAttribute("Include", "EncryptedFields.*.txt")),
            ]);
        var list = Path.Combine(folder, "Shop", "EncryptedFields.Shipped.txt");
        await File.WriteAllTextAsync(list, "accounts.api_token: string\naccounts.pin: string\n");
        await File.WriteAllTextAsync(
            Path.Combine(folder, "Account.cs"),
            ShopSource.Entity.Replace("Column(\"name\")", "Column(\"password\")", StringComparison.Ordinal));
        var shell = packages.Shell(folder);

        const string Build = "dotnet build Shop --nologo -nodeReuse:false -p:UseSharedCompilation=false -p:TreatWarningsAsErrors=false";

        (await shell.RunAsync(Build)).Ends(1).Says("EncryptedFields.Shipped.txt(2,1): error PMMC0021: 'accounts.pin: string'");
        // Where such an error stands the compiler goes no further, as with its own.
        Assert.Contains(("PMMC0021", "error"), await FoundAsync());

        await File.WriteAllTextAsync(list, "accounts.api_token: string\n");
        (await shell.RunAsync(Build)).Ends(0).Says("warning PMMC0017");
        var found = await FoundAsync();
        Assert.Contains(("PMMC0017", "warning"), found);
        Assert.Contains(("PMMC0019", "note"), found);
        Assert.Contains(("PMMC0022", "warning"), found);

        async Task<(string, string)[]> FoundAsync()
        {
            var sarif = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "Shop", "shop.sarif")))!;
            return [.. sarif["runs"]![0]!["results"]!.AsArray().Select(result => ((string)result!["ruleId"]!, (string)result["level"]!))];
        }
    }

    [GeneratedRegex(@"[\w.*]+\.dll")]
    private static partial Regex FileNames();

    private ZipArchive Open(string id) => ZipFile.OpenRead(Path.Combine(packages.Feed, $"{id}.{packages.Version}.nupkg"));

    private static string Read(ZipArchive package, string name)
    {
        using var reader = new StreamReader(package.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> References(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        using (var stream = entry.Open()) stream.CopyTo(content);
        content.Position = 0;
        using var file = new PEReader(content);
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
