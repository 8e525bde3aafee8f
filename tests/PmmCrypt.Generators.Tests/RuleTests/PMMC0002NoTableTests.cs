using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0002NoTableTests
{
    [Fact]
    public Task A_class_that_no_entity_holds_is_refused() => RuleVerifier.Reports(
        """
        public partial class {|PMMC0002:Options|}
        {
            [Encrypted] public string? Secret { get; set; }
            [Encrypted] public string? Other { get; set; }
        }
        """);

    [Fact]
    public Task A_column_that_is_not_mapped_does_not_count() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [NotMapped] public Options? Options { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }

        public partial class {|PMMC0002:Options|}
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task What_is_added_to_an_entity_by_deriving_belongs_to_no_table() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }

        public partial class {|PMMC0002:Derived|} : Entity
        {
            [Encrypted] public string? More { get; set; }
        }
        """);

    [Fact]
    public Task A_class_of_the_same_name_elsewhere_does_not_count() => RuleVerifier.Reports(
        """
        namespace A
        {
            [Table("t")]
            public partial class Entity
            {
                [Key] public int Id { get; set; }
                public Options? Options { get; set; }
            }

            public partial class Options
            {
                [Encrypted] public string? Secret { get; set; }
            }
        }

        namespace B
        {
            public partial class {|PMMC0002:Options|}
            {
                [Encrypted] public string? Secret { get; set; }
            }
        }
        """);
}
