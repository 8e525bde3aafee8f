using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0007NameTakenTests
{
    [Fact]
    public Task Two_encrypted_properties_in_one_column() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("secret")] public string? First { get; set; }
            [Encrypted, Column("secret")] public string? {|PMMC0007:Second|} { get; set; }
        }
        """);

    [Fact]
    public Task An_encrypted_and_a_clear_property_in_one_column() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Column("secret")] public string? First { get; set; }
            [Encrypted, Column("secret")] public string? {|PMMC0007:Second|} { get; set; }
        }
        """);

    [Fact]
    public Task A_clear_property_in_the_column_of_an_encrypted_one() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            [Column("Secret")] public string? {|PMMC0007:Shown|} { get; set; }
        }
        """);

    [Fact]
    public Task A_key_and_an_encrypted_property_in_one_column() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("Id")] public string? {|PMMC0007:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task Two_JSON_classes_in_one_column() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Column("options")] public Options? First { get; set; }
            [Column("options")] public Options? {|PMMC0007:Second|} { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Two_properties_in_one_member() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
            [Encrypted, JsonPropertyName("Secret")] public string? {|PMMC0007:Other|} { get; set; }
        }
        """);

    [Fact]
    public Task Clear_properties_are_not_our_business() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            [Column("x")] public string? First { get; set; }
            [Column("x")] public string? Second { get; set; }
        }
        """);

    [Fact]
    public Task What_is_computed_is_stored_nowhere() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("Shown")] public string? Secret { get; set; }
            public string? Shown => Secret;
        }
        """);
}
