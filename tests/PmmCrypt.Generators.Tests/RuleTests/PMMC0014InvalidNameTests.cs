using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0014InvalidNameTests
{
    [Fact]
    public Task A_column_needs_a_name() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("")] public string? {|PMMC0014:Empty|} { get; set; }
            [Encrypted, Column(null!)] public string? {|PMMC0014:Null|} { get; set; }
            [Encrypted, Column("a\0b")] public string? {|PMMC0014:Nul|} { get; set; }
        }
        """);

    [Fact]
    public Task A_table_needs_a_name() => RuleVerifier.Reports(
        """
        [Table(" ")]
        public partial class {|PMMC0014:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_schema_needs_a_name() => RuleVerifier.Reports(
        """
        [Table("t", Schema = "")]
        public partial class {|PMMC0014:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_key_column_needs_a_name() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key, Column("")] public int {|PMMC0014:Id|} { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_member_must_be_Unicode() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted, JsonPropertyName("\ud83d")] public string? {|PMMC0014:Half|} { get; set; }
            [Encrypted, JsonPropertyName("")] public string? Empty { get; set; }
        }
        """);

    [Fact]
    public Task A_member_cannot_be_named_as_those_that_have_no_name_are() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("*")] public string? Column { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted, JsonPropertyName("*")] public string? {|PMMC0014:Star|} { get; set; }
            [JsonPropertyName("[]")] public List<Inner>? {|PMMC0014:Brackets|} { get; set; }
            [Encrypted, JsonPropertyName("**")] public string? Two { get; set; }
        }

        public partial class Inner
        {
            [Encrypted] public string? Secret { get; set; }
            [JsonPropertyName("*")] public string? Clear { get; set; }
        }
        """);
}
