using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0010NotAccessibleTests
{
    [Fact]
    public Task A_private_entity_is_refused() => RuleVerifier.Reports(
        """
        public partial class Outer
        {
            [Table("t")]
            private partial class {|PMMC0010:Entity|}
            {
                [Key] public int Id { get; set; }
                [Encrypted] public string? Secret { get; set; }
            }
        }
        """);

    [Fact]
    public Task A_protected_entity_is_refused() => RuleVerifier.Reports(
        """
        public partial class Outer
        {
            [Table("t")]
            protected partial class {|PMMC0010:Entity|}
            {
                [Key] public int Id { get; set; }
                [Encrypted] public string? Secret { get; set; }
            }
        }
        """);

    [Fact]
    public Task An_entity_within_a_private_class_is_refused() => RuleVerifier.Reports(
        """
        public partial class Outer
        {
            private partial class Middle
            {
                [Table("t")]
                public partial class {|PMMC0010:Entity|}
                {
                    [Key] public int Id { get; set; }
                    [Encrypted] public string? Secret { get; set; }
                }
            }
        }
        """);

    [Fact]
    public Task A_private_JSON_class_within_its_entity_can_be_seen_by_it() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            private Options? Stored { get; set; }
            private partial class Options { [Encrypted] public string? Secret { get; set; } }
        }
        """);
}
