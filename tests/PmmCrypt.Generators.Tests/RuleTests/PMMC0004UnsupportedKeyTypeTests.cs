using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0004UnsupportedKeyTypeTests
{
    [Fact]
    public Task A_key_of_a_date_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public DateTime {|PMMC0004:Id|} { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_key_that_does_not_fit_into_a_signed_integer_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public ulong {|PMMC0004:Id|} { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_key_that_may_be_null_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int? {|PMMC0004:Id|} { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_key_of_an_enum_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public DayOfWeek {|PMMC0004:Id|} { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);
}
