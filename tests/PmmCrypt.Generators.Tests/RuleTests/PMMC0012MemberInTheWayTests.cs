using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0012MemberInTheWayTests
{
    [Fact]
    public Task A_method_of_the_same_name_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            public void {|PMMC0012:EncryptFields|}() { }
        }
        """);

    [Fact]
    public Task So_is_a_property() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0012:EncryptedTable|} { get; set; }
        }
        """);

    [Fact]
    public Task So_is_a_nested_class() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            private class {|PMMC0012:EncryptedFields|};
        }
        """);

    [Fact]
    public Task So_is_a_member_that_would_be_hidden() => RuleVerifier.Reports(
        """
        public class Row
        {
            [Key] public int Id { get; set; }
            public void {|PMMC0012:DecryptFields|}() { }
        }

        [Table("t")]
        public partial class Entity : Row
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task So_is_the_name_of_the_entity_itself() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class {|PMMC0012:EncryptedTable|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);
}
