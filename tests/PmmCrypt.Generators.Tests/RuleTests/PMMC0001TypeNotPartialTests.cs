using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0001TypeNotPartialTests
{
    [Fact]
    public Task An_entity_that_is_not_partial_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public class {|PMMC0001:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_record_that_is_not_partial_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public record {|PMMC0001:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task An_entity_with_only_a_JSON_column_must_be_partial_too() => RuleVerifier.Reports(
        """
        [Table("t")]
        public class {|PMMC0001:Entity|}
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Each_type_around_an_entity_must_be_partial() => RuleVerifier.Reports(
        """
        public class {|PMMC0001:Outer|}
        {
            public partial class Middle
            {
                [Table("t")]
                public partial class Entity
                {
                    [Key] public int Id { get; set; }
                    [Encrypted] public string? Secret { get; set; }
                }
            }
        }
        """);

    [Fact]
    public Task A_JSON_class_of_two_entities_is_reported_once() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        [Table("u")]
        public partial class Other
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public class {|PMMC0001:Options|}
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_base_class_with_encrypted_properties_must_be_partial() => RuleVerifier.Reports(
        """
        public abstract class {|PMMC0001:Row|}
        {
            [Encrypted] public string? Secret { get; set; }
        }

        [Table("t")]
        public partial class Entity : Row
        {
            [Key] public int Id { get; set; }
        }
        """);
}
