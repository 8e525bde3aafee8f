using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0003NoKeyTests
{
    [Fact]
    public Task An_entity_without_a_key_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class {|PMMC0003:Entity|}
        {
            public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_single_row_needs_none() => RuleVerifier.Reports(
        """
        [Table("t"), SingleRow]
        public partial class Entity
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_key_and_a_single_row_contradict_each_other() => RuleVerifier.Reports(
        """
        [Table("t"), SingleRow]
        public partial class {|PMMC0003:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);
}
