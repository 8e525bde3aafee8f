using System.Reflection.Metadata;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Emit;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests;

/// <summary>Shapes of entities that take more than one file or one assembly; the others are golden folders.</summary>
public sealed class ShapeTests
{
    private const string Usings =
        """
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;
        using PmmCrypt;

        """;

    private const string Base = Usings +
        """
        namespace Common;

        public abstract partial class Row
        {
            [Key, Column("id")] public int Id { get; set; }
            [Encrypted, Column("token")] public string? Token { get; set; }
            [Column("options")] public Options? Options { get; set; }
        }

        public partial class Options { [Encrypted] public string? Key { get; set; } }

        [Table("commons")] public partial class Common : Row;
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_base_class_may_lie_in_another_assembly(bool isCompiled)
    {
        var (generated, diagnostics, compiled) = Run(
            Base,
            Usings + """[Table("t")] public partial class Entity : Common.Row { [Encrypted] public string? Pin { get; set; } }""",
            isCompiled);
        Assert.Empty(diagnostics);
        Assert.Contains("owner.Token", generated, StringComparison.Ordinal);
        Assert.Contains("owner.Key", generated, StringComparison.Ordinal);
        Assert.Contains("owner.Pin", generated, StringComparison.Ordinal);
        Assert.All(
            compiled.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning),
            diagnostic => Assert.Equal(("CS1591", "Entity.cs"), (diagnostic.Id, diagnostic.Location.SourceTree?.FilePath)));
    }

    [Fact]
    public void What_a_base_class_of_another_assembly_hides_is_reported_at_the_entity()
    {
        const string Source = Usings + """[Table("t")] public partial class Entity : Common.Row;""";
        var (_, diagnostics, _) = Run(
            Base.Replace("Token { get; set; }", "Token { get; internal set; }", StringComparison.Ordinal), Source, isCompiled: true);
        var found = Assert.Single(diagnostics);
        Assert.Equal("PMMC0006", found.Id);
        Assert.Equal("Entity", Source.Substring(found.Location.SourceSpan.Start, found.Location.SourceSpan.Length));
    }

    [Fact]
    public void Encrypted_members_are_found_through_an_assembly_that_does_not_know_of_them()
    {
        var common = ReferenceAssembly("Common", Base);
        var between = ReferenceAssembly(
            "Between",
            """
            namespace Between;

            public class MyOptions : Common.Options;

            public class Wrapper { public Common.Options? Inner { get; set; } }

            public class Unrelated { public string? Text { get; set; } }
            """,
            common);
        using var metadata = (AssemblyMetadata)between.GetMetadata();
        var reader = metadata.GetModules()[0].GetMetadataReader();
        Assert.DoesNotContain(
            "PmmCrypt", reader.AssemblyReferences.Select(known => reader.GetString(reader.GetAssemblyReference(known).Name)));

        var (generated, diagnostics, compiled) = Run(
            Usings +
            """
            [Table("t")]
            public partial class Entity
            {
                [Key] public int Id { get; set; }
                public Between.MyOptions? Data { get; set; }
                public Between.Wrapper? Wrapped { get; set; }
                public Between.Unrelated? Unrelated { get; set; }
            }
            """,
            common, between);
        Assert.Empty(diagnostics);
        Assert.Contains("new(\"Data\", global::PmmCrypt.Fields.StoredFormats.All, \"Key\")", generated, StringComparison.Ordinal);
        Assert.Contains(
            "new(\"Wrapped\", global::PmmCrypt.Fields.StoredFormats.All, \"Inner\", \"Key\")", generated, StringComparison.Ordinal);
        Assert.DoesNotContain("Unrelated", generated, StringComparison.Ordinal);
        Assert.DoesNotContain(compiled.GetDiagnostics(), found => found.Severity == DiagnosticSeverity.Error);
    }

    [Fact]
    public void What_is_computed_in_another_assembly_is_told_from_what_is_automatic()
    {
        var common = ReferenceAssembly(
            "Common",
            Base + "public class Held { public Options Own { get; } = new(); } public class Computing { public Options Own => new(); }");
        const string Automatic = Usings +
            """[Table("t")] public partial class Entity { [Key] public int Id { get; set; } public Common.Held? A { get; set; } }""";
        var (generated, diagnostics, _) = Run(Automatic, common);
        Assert.Empty(diagnostics);
        Assert.Contains("(owner.Own", generated, StringComparison.Ordinal);
        (_, diagnostics, _) = Run(Automatic.Replace("Held", "Computing", StringComparison.Ordinal), common);
        Assert.Equal("PMMC0013", Assert.Single(diagnostics).Id);
    }

    [Fact]
    public void An_entity_of_another_assembly_is_known_as_one_where_its_own_secrets_cannot_be_seen()
    {
        var common = ReferenceAssembly(
            "Common",
            Usings +
            """
            namespace Common;

            [Table("commons")]
            public partial class Account
            {
                [Key] public int Id { get; set; }
                [Encrypted] internal string? Token { get; set; }
            }
            """);
        var (_, diagnostics, _) = Run(Usings + """[Table("t")] public partial class Entity : Common.Account;""", common);
        Assert.Equal("PMMC0011", Assert.Single(diagnostics).Id);
    }

    [Fact]
    public void A_member_that_a_project_does_not_show_is_one_that_others_would_store_in_the_clear()
    {
        // What a project compiles against is the reference assembly: it has no internal members, unless the assembly lets others see them.
        const string Source =
            """
            namespace Common;

            public abstract partial class Row { [Encrypted] internal string? Token { get; set; } }

            [Table("commons")] public sealed partial class Common : Row { [Key] public int Id { get; set; } }
            """;
        const string Shown = """[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Users")]""";
        const string User = Usings + """[Table("t")] public partial class Entity : Common.Row { [Key] public int Id { get; set; } }""";

        var (_, refused) = Generate("Common", Usings + Source);
        Assert.Equal("PMMC0006", Assert.Single(refused).Id);
        var (unseen, _, _) = Run(User, ReferenceAssembly("Common", Usings + Source.Replace("[Encrypted]", "", StringComparison.Ordinal)));
        Assert.Empty(unseen);

        var (seen, diagnostics, _) = Run(User, ReferenceAssembly("Common", Usings + Shown + Source));
        Assert.Empty(diagnostics);
        Assert.Contains("owner.Token", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_parts_of_an_entity_may_lie_in_several_files()
    {
        var run = TestCompilation.Driver().RunGenerators(TestCompilation.Of(
            ("A.cs", Usings + "public partial class Entity { [Encrypted] public string? First { get; set; } }"),
            ("B.cs", Usings + """[Table("t")] public partial class Entity { [Key] public int Id { get; set; } }"""),
            ("C.cs", Usings + "public partial class Entity { [Encrypted] public string? Second { get; set; } }"))).GetRunResult();
        Assert.Empty(run.Diagnostics);
        var generated = Assert.Single(run.GeneratedTrees).ToString();
        Assert.Contains("owner.First", generated, StringComparison.Ordinal);
        Assert.Contains("owner.Second", generated, StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_that_is_encrypted_by_mistake_is_the_compilers_to_refuse()
    {
        var compilation = TestCompilation.Of(("A.cs", Usings +
            """
            [Table("t")]
            public partial class Entity
            {
                [Key] public int Id { get; set; }
                [Encrypted] public string? Secret { get; set; }
                [Encrypted] public event System.Action Changed { add { } remove { } }
            }
            """));
        var result = TestCompilation.Driver().RunGeneratorsAndUpdateCompilation(compilation, out var compiled, out _).GetRunResult();
        Assert.Null(result.Results.Single().Exception);
        Assert.Empty(result.Diagnostics);
        Assert.Equal(
            ["CS0592"], compiled.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error).Select(found => found.Id));
    }

    private static (string Generated, IReadOnlyList<Diagnostic> Diagnostics, Compilation Compiled) Run(
        string library, string source, bool isCompiled) =>
        Run(source, isCompiled ? ReferenceAssembly("Common", library) : Library("Common", library).ToMetadataReference());

    private static (string Generated, IReadOnlyList<Diagnostic> Diagnostics, Compilation Compiled) Run(
        string source, params MetadataReference[] references)
    {
        var driver = TestCompilation.Driver().RunGeneratorsAndUpdateCompilation(
            TestCompilation.Of(("Entity.cs", source)).AddReferences(references), out var compiled, out var diagnostics);
        var generated = driver.GetRunResult().GeneratedTrees.SingleOrDefault()?.ToString() ?? "";
        return (generated, diagnostics, compiled);
    }

    private static (Compilation Compiled, IReadOnlyList<Diagnostic> Diagnostics) Generate(
        string name, string source, params MetadataReference[] references)
    {
        TestCompilation.Driver().RunGeneratorsAndUpdateCompilation(
            TestCompilation.Of(("Library.cs", source)).WithAssemblyName(name).AddReferences(references),
            out var compiled, out var diagnostics);
        return (compiled, diagnostics);
    }

    private static Compilation Library(string name, string source, params MetadataReference[] references)
    {
        var (compiled, diagnostics) = Generate(name, source, references);
        Assert.Empty(diagnostics);
        return compiled;
    }

    /// <summary>What a project of the SDK is compiled against where it refers to another one: what that shows, and no bodies.</summary>
    private static PortableExecutableReference ReferenceAssembly(string name, string source, params MetadataReference[] references)
    {
        using var image = new MemoryStream();
        var emitted = Library(name, source, references).Emit(
            image, options: new EmitOptions(metadataOnly: true, includePrivateMembers: false));
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        return MetadataReference.CreateFromImage(image.ToArray());
    }
}
