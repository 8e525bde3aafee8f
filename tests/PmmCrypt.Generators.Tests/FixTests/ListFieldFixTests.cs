using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.FixTests;

public sealed class ListFieldFixTests
{
    private const string List = "EncryptedFields.Unshipped.txt";

    private const string Entities =
        """
        [Table("m")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0022:Secret|} { get; set; }
            [Encrypted, Column("odd \"name\"")] public string? {|PMMC0022:Token|} { get; set; }
        }

        [Table("m")]
        public partial class View
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0022:Secret|} { get; set; }
            public Options? {|PMMC0022:Options|} { get; set; }
        }

        public partial class Options
        {
            [Encrypted, JsonPropertyName("key")] public string? Key { get; set; }
        }
        """;

    [Theory]
    [InlineData("", """
        m."odd \"name\"": string
        m.Options -> key: string
        m.Secret: string

        """)]
    [InlineData("# The next release's.\na.b: string\nz.y: string", """
        # The next release's.
        a.b: string
        m."odd \"name\"": string
        m.Options -> key: string
        m.Secret: string
        z.y: string
        """)]
    [InlineData("# No line yet, and no end of this one", """
        # No line yet, and no end of this one
        m."odd \"name\"": string
        m.Options -> key: string
        m.Secret: string

        """)]
    public Task Lines_are_added_in_order(string before, string after) => FixVerifier<BaselineAnalyzer, ListFieldFix>.Fixes(
        Entities,
        Entities.Replace("{|PMMC0022:", "", StringComparison.Ordinal).Replace("|}", "", StringComparison.Ordinal),
        (List, before, after));

    [Theory]
    [InlineData("# The next release's.\r\nz.y: string\r\n")]
    [InlineData("z.y: string\r\nz.z: string")]
    public Task Lines_end_as_those_that_are_there(string before) => FixVerifier<BaselineAnalyzer, ListFieldFix>.Fixes(
        Entities,
        Entities.Replace("{|PMMC0022:", "", StringComparison.Ordinal).Replace("|}", "", StringComparison.Ordinal),
        (List, before, before.Replace(
            "z.y", "m.\"odd \\\"name\\\"\": string\r\nm.Options -> key: string\r\nm.Secret: string\r\nz.y", StringComparison.Ordinal)));

    [Fact]
    public Task The_list_may_be_written_in_another_case() => FixVerifier<BaselineAnalyzer, ListFieldFix>.Fixes(
        Entities,
        Entities.Replace("{|PMMC0022:", "", StringComparison.Ordinal).Replace("|}", "", StringComparison.Ordinal),
        ("encryptedfields.unshipped.txt", "", "m.\"odd \\\"name\\\"\": string\nm.Options -> key: string\nm.Secret: string\n"));

    [Fact]
    public Task Without_the_list_of_new_fields_there_is_nowhere_to_add_them() => FixVerifier<BaselineAnalyzer, ListFieldFix>.Fixes(
        Entities, Entities, ("EncryptedFields.Shipped.txt", "", ""));
}
