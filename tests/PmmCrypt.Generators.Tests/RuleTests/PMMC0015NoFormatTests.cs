using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0015NoFormatTests
{
    [Fact]
    public Task Encrypted_in_no_format_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted(Formats = StoredFormats.None)] public string? {|PMMC0015:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task Formats_that_do_not_exist_are_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted(Formats = StoredFormats.Legacy | (StoredFormats)4)] public string? {|PMMC0015:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task Every_format_that_exists_will_do() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted(Formats = StoredFormats.Legacy)] public string? A { get; set; }
            [Encrypted(Formats = StoredFormats.Envelope)] public string? B { get; set; }
            [Encrypted(Formats = StoredFormats.Legacy | StoredFormats.Envelope)] public string? C { get; set; }
        }
        """);
}
