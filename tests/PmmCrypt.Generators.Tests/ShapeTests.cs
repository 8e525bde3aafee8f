using Microsoft.CodeAnalysis;
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
        string library, string source, bool isCompiled)
    {
        TestCompilation.Driver().RunGeneratorsAndUpdateCompilation(
            TestCompilation.Of(("Library.cs", library)).WithAssemblyName("Common"), out var common, out var ofLibrary);
        Assert.Empty(ofLibrary.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        using var image = new MemoryStream();
        Assert.True(common.Emit(image).Success);
        MetadataReference reference = isCompiled ? MetadataReference.CreateFromImage(image.ToArray()) : common.ToMetadataReference();
        var driver = TestCompilation.Driver().RunGeneratorsAndUpdateCompilation(
            TestCompilation.Of(("Entity.cs", source)).AddReferences(reference), out var compiled, out var diagnostics);
        var generated = driver.GetRunResult().GeneratedTrees.SingleOrDefault()?.ToString() ?? "";
        return (generated, diagnostics, compiled);
    }
}
