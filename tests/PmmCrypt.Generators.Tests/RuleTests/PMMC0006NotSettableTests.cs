using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0006NotSettableTests
{
    [Fact]
    public Task Without_a_setter_it_cannot_be_set() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0006:Secret|} { get; }
        }
        """);

    [Fact]
    public Task With_init_it_cannot_be_set_later() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public required string? {|PMMC0006:Secret|} { get; init; }
        }
        """);

    [Fact]
    public Task A_dictionary_is_set_value_by_value_but_without_a_setter_it_is_not_read() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public required Dictionary<string, string> Once { get; init; }
            [Encrypted] public Dictionary<string, string> {|PMMC0006:Never|} { get; } = [];
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public Dictionary<string, string>? Own { get; private set; }
            [Encrypted] public Dictionary<string, string>? {|PMMC0006:Hidden|} { private get; set; }
        }
        """);

    [Fact]
    public Task Without_a_getter_there_is_nothing_to_encrypt() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0006:Secret|} { set { } }
        }
        """);

    [Fact]
    public Task A_private_setter_of_the_entity_will_do() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; private set; }
        }
        """);

    [Fact]
    public Task A_private_setter_of_a_JSON_class_is_out_of_reach() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? {|PMMC0006:Secret|} { get; private set; }
        }
        """);

    [Fact]
    public Task A_private_getter_of_a_JSON_class_is_out_of_reach() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? {|PMMC0006:Secret|} { private get; set; }
        }
        """);

    [Fact]
    public Task A_private_setter_of_a_base_class_is_out_of_reach() => RuleVerifier.Reports(
        """
        public abstract partial class Row
        {
            [Encrypted] public string? {|PMMC0006:Secret|} { get; private set; }
        }

        [Table("t")]
        public partial class Entity : Row
        {
            [Key] public int Id { get; set; }
        }
        """);

    [Fact]
    public Task A_protected_setter_is_the_entitys_own_and_not_that_of_what_it_holds() => RuleVerifier.Reports(
        """
        public abstract partial class Row
        {
            [Encrypted] public string? {|PMMC0006:Secret|} { get; protected set; }
        }

        public partial class Held : Row;

        [Table("t")]
        public partial class Entity : Row
        {
            [Key] public int Id { get; set; }
            public Held? Held { get; set; }
        }
        """);

    [Fact]
    public Task A_positional_property_of_a_record_is_init() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial record Entity([property: Key] int Id, [property: Encrypted] string? {|PMMC0006:Secret|});
        """);

    [Fact]
    public Task A_positional_property_of_a_record_without_a_table_is_seen_too() => RuleVerifier.Reports(
        """
        public partial record Options([property: Encrypted] string? {|PMMC0006:Secret|});
        """);
}
