using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
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
        public class Other;
        """;

    private const string More = "[Encrypted] public string? More { get; set; } ";

    private static readonly IncrementalStepRunReason[] NotRun = [IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged];

    [Fact]
    public void An_edit_elsewhere_changes_nothing()
    {
        var after = AfterEdit("Other.cs", Other + "public class Another { int x; }");
        string[] steps =
        [
            Steps.Naming, Steps.Parsed, Steps.Entities, Steps.Properties, Steps.Specs, Steps.Sources, Steps.Findings,
            Steps.BaselineFiles, Steps.Baseline,
        ];
        foreach (var step in steps)
            Assert.All(after.Reasons(step), reason => Assert.Contains(reason, NotRun));
        Assert.All(after.Outputs(), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void A_blank_line_above_an_entity_is_parsed_and_goes_no_further()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("[Table", "\n\n[Table", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Unchanged], after.Reasons(Steps.Entities));
        Assert.Equal([IncrementalStepRunReason.Cached], after.Reasons(Steps.Sources));
        Assert.All(after.Outputs(), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void A_clear_property_is_parsed_and_goes_no_further()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("[Key]", "public int Number { get; set; } [Key]", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Unchanged], after.Reasons(Steps.Parsed));
        Assert.Equal([IncrementalStepRunReason.Cached], after.Reasons(Steps.Sources));
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
        Assert.Equal("PMMC0002", Assert.Single(after.Result.Diagnostics).Id);
    }

    [Fact]
    public void A_shipped_field_that_is_removed_is_found()
    {
        var after = AfterEdit("Entity.cs", Entity.Replace("[Encrypted]", "", StringComparison.Ordinal));
        Assert.Equal([IncrementalStepRunReason.Cached], after.Reasons(Steps.BaselineFiles));
        Assert.Equal([IncrementalStepRunReason.Modified], after.Reasons(Steps.Baseline));
        Assert.Equal("PMMC0021", Assert.Single(after.Result.Diagnostics).Id);
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

    private static After AfterEdit(string file, string text)
    {
        var before = TestCompilation.Of(("Entity.cs", Entity), ("Options.cs", Options), ("Other.cs", Other));
        var driver = TestCompilation.Driver()
            .AddAdditionalTexts([new TestFile("EncryptedFields.Shipped.txt", "t.Secret: string\n")])
            .RunGenerators(before);
        Assert.Empty(driver.GetRunResult().Diagnostics);
        var tree = before.SyntaxTrees.Single(tree => tree.FilePath == file);
        var edited = before.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(text, TestCompilation.ParseOptions, file));
        return new After(driver.RunGenerators(edited).GetRunResult().Results.Single());
    }

    private sealed record After(GeneratorRunResult Result)
    {
        public string Source => Result.GeneratedSources.Single().SourceText.ToString();

        public IncrementalStepRunReason[] Reasons(string step) => ReasonsOf(Result.TrackedSteps[step]);

        public IncrementalStepRunReason[] Outputs() => ReasonsOf(Result.TrackedOutputSteps.SelectMany(step => step.Value));

        private static IncrementalStepRunReason[] ReasonsOf(IEnumerable<IncrementalGeneratorRunStep> runs)
        {
            var reasons = runs.SelectMany(run => run.Outputs).Select(output => output.Reason).ToArray();
            Assert.NotEmpty(reasons);
            return reasons;
        }
    }
}
