using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Model;
using PmmCrypt.Generators.Parsing;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests;

/// <summary>What runs again after an edit. Both directions, so that each of them can fail.</summary>
public sealed class RunReasonTests
{
    private const string Entity =
        """
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;
        using PmmCrypt;

        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            public Options? Options { get; set; }
        }
        """;

    private const string Options =
        """
        using PmmCrypt;

        public partial class Options
        {
            [Encrypted] public string? Key { get; set; }
        }
        """;

    private const string Other =
        """
        public class Other
        {
            public int One() => 1;
        }
        """;

    private const string More = "[Encrypted] public string? More { get; set; } ";

    [Theory]
    [InlineData("1", "2")]
    [InlineData("public int One", "private int _field; public int Two() => 2; public int One")]
    public void An_edit_of_no_declaration_that_counts_is_seen_and_goes_no_further(string before, string edited)
    {
        var after = AfterEdit("Other.cs", Other.Replace(before, edited, StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Unchanged], after.Reasons(Steps.Outline));
        string[] steps = [Steps.Entities, Steps.Specs, Steps.Sources, Steps.Findings, Steps.BaselineFiles, Steps.Baseline];
        foreach (var step in steps)
            Assert.All(after.Reasons(step), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.All(after.Outputs(), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void No_entity_is_read_again_where_the_outline_is_the_same()
    {
        var outline = AfterEdit("Other.cs", Other.Replace("1", "2", StringComparison.Ordinal)).Value<Outline>(Steps.Outline);
        Assert.Single(ProjectParser.Parse((outline, null!), CancellationToken.None).Entities);

        var equal = outline with { };
        Assert.Equal(outline, equal);
        Assert.Throws<NullReferenceException>(() => ProjectParser.Parse((equal, null!), CancellationToken.None));
    }

    [Fact]
    public void A_new_declaration_elsewhere_is_read_and_goes_no_further()
    {
        var after = AfterEdit("Other.cs", Other + "public class Another { int x; }");
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Outline));
        Assert.Equal([IncrementalStepRunReason.Unchanged], after.Reasons(Steps.Project));
        string[] steps = [Steps.Entities, Steps.Specs, Steps.Sources, Steps.Findings, Steps.Baseline];
        foreach (var step in steps)
            Assert.All(after.Reasons(step), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.All(after.Outputs(), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void A_clear_property_is_read_and_goes_no_further()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("[Key]", "public int Number { get; set; } [Key]", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Outline));
        Assert.Equal([IncrementalStepRunReason.Unchanged], after.Reasons(Steps.Project));
        Assert.Equal([IncrementalStepRunReason.Cached], after.Reasons(Steps.Sources));
    }

    [Fact]
    public void A_new_entity_is_written_and_those_before_it_are_not()
    {
        var after = AfterEdit("Other.cs", Other + """
            [System.ComponentModel.DataAnnotations.Schema.Table("more"), PmmCrypt.SingleRow]
            public partial class Another { [PmmCrypt.Encrypted] public string? Secret { get; set; } }
            """);
        Assert.Equal([IncrementalStepRunReason.Cached, IncrementalStepRunReason.New], after.Reasons(Steps.Sources));
    }

    [Fact]
    public void A_new_encrypted_property_is_written()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("[Key]", More + "[Key]", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Entities));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Specs));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Sources));
        Assert.Contains("owner.More", after.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_encrypted_property_of_a_JSON_class_in_another_file_is_written()
    {
        var after = AfterEdit("Options.cs", Options.Replace("[Encrypted]", More + "[Encrypted]", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Sources));
        Assert.Contains("owner.More", after.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_JSON_class_that_loses_its_entity_is_found()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("public Options?", "[NotMapped] public Options?", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Findings));
        Assert.Equal("PMMC0002", Assert.Single(after.Diagnostics).Id);
    }

    [Fact]
    public void A_shipped_field_that_is_removed_is_found()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("[Encrypted]", "", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Cached], after.Reasons(Steps.BaselineFiles));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Baseline));
        Assert.Equal("PMMC0021", Assert.Single(after.Diagnostics).Id);
    }

    [Fact]
    public void The_order_of_the_files_does_not_matter()
    {
        Assert.Equal(
            Generated(("Entity.cs", Entity), ("Options.cs", Options)),
            Generated(("Options.cs", Options), ("Entity.cs", Entity)));

        static string[] Generated(params (string, string)[] files)
        {
            var run = TestCompilation.Driver().RunGenerators(TestCompilation.Of(files)).GetRunResult();
            return [.. run.GeneratedTrees.Select(tree => tree.ToString())];
        }
    }

    private static EditedProject AfterEdit(string file, string text) => EditedProject.After(
        [("Entity.cs", Entity), ("Options.cs", Options), ("Other.cs", Other)], file, text, baseline: "t.Secret: string\n");
}
