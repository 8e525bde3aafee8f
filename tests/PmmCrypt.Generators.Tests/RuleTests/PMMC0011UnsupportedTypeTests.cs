using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0011UnsupportedTypeTests
{
    [Fact]
    public Task A_struct_is_refused() => RuleVerifier.Reports(
        """
        public partial struct {|PMMC0011:Options|}
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_record_struct_is_refused() => RuleVerifier.Reports(
        """
        public partial record struct {|PMMC0011:Options|}([property: Encrypted] string? Secret);
        """);

    [Fact]
    public Task An_interface_is_refused() => RuleVerifier.Reports(
        """
        public partial interface {|PMMC0011:ISecret|}
        {
            [Encrypted] string? Secret { get; }
        }
        """);

    [Fact]
    public Task A_generic_entity_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class {|PMMC0011:Entity|}<T>
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task An_entity_within_a_generic_class_is_refused() => RuleVerifier.Reports(
        """
        public partial class Outer<T>
        {
            [Table("t")]
            public partial class {|PMMC0011:Entity|}
            {
                [Key] public int Id { get; set; }
                [Encrypted] public string? Secret { get; set; }
            }
        }
        """);

    [Fact]
    public Task A_static_class_is_refused() => RuleVerifier.Reports(
        """
        public static partial class {|PMMC0011:Secrets|}
        {
            [Encrypted] public static string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task A_class_that_is_local_to_its_file_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        file partial class {|PMMC0011:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task An_entity_that_derives_from_another_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }

        [Table("u")]
        public partial class {|PMMC0011:Derived|} : Entity
        {
        }
        """);

    [Fact]
    public Task An_entity_may_derive_from_one_without_secrets() => RuleVerifier.Reports(
        """
        [Table("t")]
        public class Row
        {
            [Key] public int Id { get; set; }
        }

        [Table("u")]
        public partial class Entity : Row
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task An_entity_that_nothing_may_name_is_refused() => RuleVerifier.Reports(
        """
        [Table("t"), Obsolete("Gone.", error: true)]
        public partial class {|PMMC0011:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }

        [Obsolete("Gone.", true, DiagnosticId = "SHOP001")]
        public partial class Outer
        {
            [Table("t")]
            public partial class {|PMMC0011:Inner|}
            {
                [Key] public int Id { get; set; }
                [Encrypted] public string? Secret { get; set; }
            }
        }
        """);

    [Fact]
    public Task An_older_language_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class {|PMMC0011:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """,
        Microsoft.CodeAnalysis.CSharp.LanguageVersion.CSharp11);
}
