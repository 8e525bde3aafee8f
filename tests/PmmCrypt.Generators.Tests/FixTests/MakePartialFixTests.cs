using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.FixTests;

public sealed class MakePartialFixTests
{
    [Fact]
    public Task An_entity_and_its_JSON_class_become_partial() => FixVerifier<FixableAnalyzer, MakePartialFix>.Fixes(
        """
        [Table("t")]
        sealed class {|PMMC0001:Entity|}
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        // A comment of its own.
        class {|PMMC0001:Options|}
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """,
        """
        [Table("t")]
        sealed partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        // A comment of its own.
        partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task The_types_around_it_become_partial_too() => FixVerifier<FixableAnalyzer, MakePartialFix>.Fixes(
        """
        public static class {|PMMC0001:Outer|}
        {
            public interface {|PMMC0001:IMiddle|}
            {
                [Table("t")]
                public record {|PMMC0001:Entity|}
                {
                    [Key] public int Id { get; set; }
                    [Encrypted] public string? Secret { get; set; }
                }
            }
        }
        """,
        """
        public static partial class Outer
        {
            public partial interface IMiddle
            {
                [Table("t")]
                public partial record Entity
                {
                    [Key] public int Id { get; set; }
                    [Encrypted] public string? Secret { get; set; }
                }
            }
        }
        """);
}
