using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests;

/// <summary>
/// What entities can depend on, and what they cannot: after each edit the generator comes to what it comes to where it has never run
/// (<see cref="EditedProject"/> compares them), and it reads the project again where that may differ, and only there.
/// </summary>
public sealed class OutlineTests
{
    private const string Usings =
        """
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;
        using PmmCrypt;

        """;

    private const string Entity = Usings +
        """
        namespace Shop
        {
            [Table(Names.Table)]
            public partial class Account : Base
            {
                public void Before() { System.Console.WriteLine(); }
                [Key] public int Id { get; set; }
                [Encrypted, Column(Names.Token)] public string? Token { get; set; }
                public Options? Options { get; set; }
            }
        }
        """;

    private const string Other = Usings +
        """
        using System;

        namespace Shop
        {
            public partial class Base
            {
                private readonly Func<int> _made = () => 1;
                private int _field = 1, _second = 1;

                public Base(int one = 1) : this("1") => _field = 1;
                public Base(string text) { _field = 1; }
                ~Base() { _field = 1; }

                public virtual string? Pin { get; set; } = "1";
                public int Computed => _field + 1;
                public int Accessors { get { return 1; } set { _field = 1; } }
                public int Arrows { get => 1; set => _second = 1; }
                public int this[int index] => 1;
                public event Action Changed { add { _field = 1; } remove => _field = 1; }
                public static Base operator +(Base left, Base right) => new(1);
                public int Method() { int Local() => 1; return Local(); }
            }

            public static class Names { public const string Table = "accounts", Token = "token"; }

            public partial class Options { [Encrypted] public string? Key { get; set; } }
        }
        """;

    // Each a 1 that is written in a body, or in a member that no attribute names; counted from the first.
    public static TheoryData<int> Bodies => [.. Enumerable.Range(0, Other.Split('1').Length - 1)];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_is_no_part_of_it(int number)
    {
        var parts = Other.Split('1');
        var edited = string.Join('1', parts[..(number + 1)]) + "(2 + 3)" + string.Join('1', parts[(number + 1)..]);
        Assert.Equal([IncrementalStepRunReason.Unchanged], AfterEdit("Other.cs", edited).Reasons(Steps.Outline));
    }

    [Fact]
    public void There_are_bodies_of_every_kind() => Assert.Equal(19, Bodies.Count);

    [Theory]
    [InlineData("public Base(int one", "private int _third; public Base(int one")]
    [InlineData("public Base(int one", "\n\n    /// <summary>More.</summary>\n    int More() { return 2; }\n    public Base(int one")]
    [InlineData("public int Method()", "public long Other()")]
    [InlineData("public event Action Changed", "internal event Func<int> Happened")]
    [InlineData("public int Method()", "#region A\n#pragma warning disable CS0168\n#endregion\n public int Method()")]
    public void Nor_is_a_member_that_no_attribute_names(string before, string after) => Assert.Equal(
        [IncrementalStepRunReason.Unchanged], AfterEdit("Other.cs", Replace(Other, before, after)).Reasons(Steps.Outline));

    [Fact]
    public void A_member_in_the_way_is_seen_wherever_it_is_written()
    {
        var edited = AfterEdit("Other.cs", Replace(Other, "public int Method()", "public int EncryptFields() => 1; public int Method()"));
        Assert.Equal("PMMC0012", Assert.Single(edited.Diagnostics).Id);
    }

    [Theory]
    [InlineData("Table = \"accounts\"", "Table = \"customers\"", "\"customers\"")]
    [InlineData("Token = \"token\"", "Token = \"secret\"", "\"secret\"")]
    [InlineData("public virtual string? Pin", "[Encrypted] public virtual string? Pin", "owner.Pin")]
    [InlineData("partial class Options {", "partial class Options { [Encrypted] public string? More { get; set; }", "owner.More")]
    [InlineData("int _field", "int _new; public class Names { public const string Table = \"t\", Token = \"a\"; } int _field", "\"a\"")]
    [InlineData("public string? Key", "public string Key", "owner.Key, Options_Key)!")]
    [InlineData("public static", "partial class Account { [Encrypted] public string? More { get; set; } } static", "owner.More")]
    public void A_declaration_is(string before, string after, string generated)
    {
        var edited = AfterEdit("Other.cs", Replace(Other, before, after));
        Assert.Equal([IncrementalStepRunReason.Modified], edited.Reasons(Steps.Outline));
        Assert.Contains(generated, edited.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nullable_directive_within_a_body_reaches_beyond_it()
    {
        var edited = Replace(Entity, "public string? Token", "public string Token");
        var before = Compilation(edited);
        Assert.Contains("Token)!", EditedProject.After(before, before).Source, StringComparison.Ordinal);
        var after = EditedProject.After(
            [("Entity.cs", edited), ("Other.cs", Other)],
            "Entity.cs",
            Replace(edited, "System.Console", "\n#nullable disable\nSystem.Console"));
        Assert.DoesNotContain("Token)!", after.Source, StringComparison.Ordinal);
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Outline));
    }

    [Fact]
    public void A_field_that_takes_the_place_of_a_records_property_is_seen()
    {
        const string Record = Usings +
            """
            [Table("t")] public partial record Account([property: Key] int Id) { [Encrypted] public string? Token { get; set; } }
            """;
        var after = EditedProject.After(
            [("Record.cs", Record), ("Part.cs", "public partial record Account { public int No; }")],
            "Part.cs",
            "public partial record Account { public int Id = Id; }");
        Assert.Equal("PMMC0003", Assert.Single(after.Diagnostics).Id);
    }

    [Fact]
    public void A_type_that_takes_the_place_of_another_is_seen()
    {
        const string Shadow = "namespace Shop { public sealed class EncryptedAttribute : System.Attribute; }";
        var before = Compilation(Entity);
        var after = EditedProject.After(
            before, before.AddSyntaxTrees(CSharpSyntaxTree.ParseText(Shadow, TestCompilation.ParseOptions, "Shadow.cs")));
        Assert.All(after.Reasons(Steps.Specs), reason => Assert.Equal(IncrementalStepRunReason.Removed, reason));
    }

    [Theory]
    [InlineData("global using SecretAttribute = PmmCrypt.EncryptedAttribute;", "Secret")]
    [InlineData("global using Secret = PmmCrypt.EncryptedAttribute;", "Secret")]
    [InlineData("global using Secret = global::PmmCrypt.EncryptedAttribute;", "global::PmmCrypt.Encrypted")]
    [InlineData("global using Secret = PmmCrypt.EncryptedAttribute; namespace Shop { }", "@Secret()")]
    public void Another_name_of_an_attribute_is_found_in_whatever_file_it_is_given(string directive, string written)
    {
        var source = Replace(Entity, "public int Id", $"public int Id {{ get; set; }} [{written}] public string? Pin2");
        var before = Compilation(source);
        var after = EditedProject.After(
            before, before.AddSyntaxTrees(CSharpSyntaxTree.ParseText(directive, TestCompilation.ParseOptions, "Alias.cs")));
        Assert.Contains("owner.Pin2", after.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_of_an_alias_is_found()
    {
        const string Source =
            """
            using Data = System.ComponentModel.DataAnnotations.Schema.TableAttribute;
            using PmmCrypt;
            namespace Shop
            {
                using Stored = Data;
                [Stored("t"), SingleRow] public partial class Account { [Encrypted] public string? Token { get; set; } }
            }
            """;
        Assert.Contains("\"t\"", EditedProject.After([("Account.cs", "")], "Account.cs", Source).Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_moves_with_the_body_before_it()
    {
        var wrong = Replace(Entity, "public string? Token { get; set; }", "public string? Token { get; }");
        var after = EditedProject.After(
            [("Entity.cs", wrong), ("Other.cs", Other)], "Entity.cs", Replace(wrong, "WriteLine();", "WriteLine();\n\n"));
        Assert.Equal([IncrementalStepRunReason.Unchanged], after.Reasons(Steps.Outline));
        var place = Assert.Single(after.Diagnostics).Location.GetLineSpan().StartLinePosition;
        Assert.Equal(wrong[..wrong.IndexOf("Token {", StringComparison.Ordinal)].Split('\n').Length + 1, place.Line);
    }

    [Fact]
    public void The_options_and_what_is_referred_to_are_parts_of_it()
    {
        var before = Compilation(Entity);
        Compilation[] edited =
        [
            before.WithOptions(before.Options.WithNullableContextOptions(NullableContextOptions.Disable)),
            before.WithAssemblyName("Others"),
            before.AddReferences(CSharpCompilation.Create("Library").ToMetadataReference()),
        ];
        Assert.All(edited, compilation => Assert.Equal(
            [IncrementalStepRunReason.Modified], EditedProject.After(before, compilation).Reasons(Steps.Outline)));
        Assert.Equal([IncrementalStepRunReason.Unchanged], EditedProject.After(before, before.Clone()).Reasons(Steps.Outline));
    }

    [Fact]
    public void Top_level_statements_are_one_body()
    {
        var edited = EditedProject.After(
            [("Entity.cs", Entity), ("Other.cs", Other), ("Program.cs", "using System;\nConsole.WriteLine();\nclass A;")],
            "Program.cs",
            "using System;\nConsole.WriteLine();\n// more\nint Two() { return 2; }\nConsole.WriteLine(Two());\nclass A;");
        Assert.Equal([IncrementalStepRunReason.Unchanged], edited.Reasons(Steps.Outline));
    }

    [Fact]
    public void A_body_without_its_end_takes_what_follows_with_it()
    {
        var edited = AfterEdit("Entity.cs", Replace(Entity, "System.Console.WriteLine(); }", "if (true) { System.Console.WriteLine(); }"));
        Assert.Equal([IncrementalStepRunReason.Modified], edited.Reasons(Steps.Outline));
    }

    private static EditedProject AfterEdit(string file, string text) =>
        EditedProject.After([("Entity.cs", Entity), ("Other.cs", Other)], file, text);

    private static CSharpCompilation Compilation(string entity) => TestCompilation.Of(("Entity.cs", entity), ("Other.cs", Other));

    private static string Replace(string source, string before, string after)
    {
        Assert.Contains(before, source, StringComparison.Ordinal);
        return source.Replace(before, after, StringComparison.Ordinal);
    }
}
