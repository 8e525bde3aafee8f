using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.FixTests;

public sealed class AddSetterFixTests
{
    [Fact]
    public Task Automatic_properties_get_one() => FixVerifier<FixableAnalyzer, AddSetterFix>.Fixes(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0006:Secret|} { get; }
            [Encrypted] public string {|PMMC0006:Token|} { get; } = "";
            [Encrypted] public required string? {|PMMC0006:Password|} { get; init; }
            [Encrypted]
            public string? {|PMMC0006:Key|}
            {
                get;
                private init;
            }
        }
        """,
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            [Encrypted] public string Token { get; set; } = "";
            [Encrypted] public required string? Password { get; set; }
            [Encrypted]
            public string? Key
            {
                get;
                private set;
            }
        }
        """);

    [Fact]
    public Task What_computes_or_is_positional_stays() => FixVerifier<FixableAnalyzer, AddSetterFix>.Leaves(
        """
        [Table("t")]
        public partial record Entity([property: Encrypted] string? {|PMMC0006:Secret|})
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0006:Token|} => null;
            [Encrypted] public string? {|PMMC0006:Password|} { get { return null; } }
            [Encrypted] public string? {|PMMC0006:Key|} { set { } }
        }
        """);
}
