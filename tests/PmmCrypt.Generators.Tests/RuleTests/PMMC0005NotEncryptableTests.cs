using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0005NotEncryptableTests
{
    [Fact]
    public Task Only_strings_are_encrypted() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public byte[]? {|PMMC0005:Bytes|} { get; set; }
            [Encrypted] public int {|PMMC0005:Number|} { get; set; }
            [Encrypted] public object? {|PMMC0005:Object|} { get; set; }
        }
        """);

    [Fact]
    public Task And_dictionaries_of_strings_that_can_be_set() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public Dictionary<string, string>? Headers { get; set; }
            [Encrypted] public IDictionary<string, string?> More { get; set; } = new Dictionary<string, string?>();
            [Encrypted] public IReadOnlyDictionary<string, string>? {|PMMC0005:Fixed|} { get; set; }
            [Encrypted] public Dictionary<int, string>? {|PMMC0005:ByNumber|} { get; set; }
            [Encrypted] public Dictionary<string, int>? {|PMMC0005:Numbers|} { get; set; }
            [Encrypted] public List<string>? {|PMMC0005:List|} { get; set; }
            [Encrypted] public Options? {|PMMC0005:Object|} { get; set; }
            [Encrypted] public List<Options>? {|PMMC0005:Objects|} { get; set; }
        }

        public partial class Options
        {
            public string? Text { get; set; }
        }
        """);

    [Fact]
    public Task A_static_property_belongs_to_no_row() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public static string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task An_indexer_has_no_one_value() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0005:this|}[int index] { get => null; set { } }
        }
        """);

    [Fact]
    public Task An_explicit_implementation_has_no_name_of_its_own() => RuleVerifier.Reports(
        """
        public interface ISecret
        {
            string? Secret { get; set; }
        }

        [Table("t")]
        public partial class Entity : ISecret
        {
            [Key] public int Id { get; set; }
            [Encrypted] string? ISecret.{|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task What_is_not_mapped_is_not_stored() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, NotMapped] public string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task What_JSON_ignores_is_not_stored_in_JSON() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted, JsonIgnore] public string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task What_is_hidden_would_be_forgotten() => RuleVerifier.Reports(
        """
        public abstract partial class Row
        {
            [Encrypted] public string? {|PMMC0005:Secret|} { get; set; }
        }

        [Table("t")]
        public partial class Entity : Row
        {
            [Key] public int Id { get; set; }
            public new string? Secret { get; set; }
            [Encrypted] public string? Other { get; set; }
        }
        """);
}
