using System.Text;
using Microsoft.CodeAnalysis.Text;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0023BaselineLineTests
{
    private const string Entity =
        """
        [Table("a b")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("\"\\\u0001.é")] public string? Secret { get; set; }
        }
        """;

    private const string Line = """
        "a b"."\"\\\u0001.é": string
        """;

    [Theory]
    [InlineData("accounts: string")]
    [InlineData("accounts.api_token")]
    [InlineData("accounts.api_token:")]
    [InlineData("accounts.: string")]
    [InlineData("a.b.c.d: string")]
    [InlineData("accounts.smtp -> : string")]
    [InlineData("accounts.api token: string")]
    [InlineData("accounts.\"api: string")]
    [InlineData("accounts.\"\\x\": string")]
    [InlineData("accounts.\"\\u00g1\": string")]
    [InlineData("accounts.\"\\")]
    public Task What_cannot_be_read_is_reported(string line) => RuleVerifier.Reports(
        Entity, files: ("EncryptedFields.Shipped.txt", $"{Line}\n{{|PMMC0023:{line}|}}"));

    [Fact]
    public Task A_line_that_stands_twice_is_reported() => RuleVerifier.Reports(
        Entity, files: ("EncryptedFields.Shipped.txt", $"{Line}\n\n{{|PMMC0023:{Line}|}}\n"));

    [Fact]
    public Task A_new_field_that_is_not_there_is_reported() => RuleVerifier.Reports(
        Entity, files: ("EncryptedFields.Unshipped.txt", $"{Line}\n{{|PMMC0023:accounts.api_token: string|}}\n"));

    [Theory]
    [InlineData("public.\"a b\".\"\\\"\\\\\\u0001.é\": string")]
    [InlineData("\"A B\".\"\\\"\\\\\\u0001.É\": string")]
    [InlineData("\"a b\".\"\\\"\\\\\\u0001.é\": int")]
    public Task A_shipped_field_under_nearly_its_name_is_not_given_up(string line) => RuleVerifier.Reports(
        Entity, files: ("EncryptedFields.Shipped.txt", $"{{|PMMC0023:{line}|}}"));

    [Fact]
    public Task A_line_that_stands_in_both_lists_is_reported_where_it_can_go() => RuleVerifier.Reports(
        Entity, files: [("EncryptedFields.Shipped.txt", Line), ("EncryptedFields.Unshipped.txt", $"{{|PMMC0023:{Line}|}}")]);

    [Theory]
    [InlineData("EncryptedFields.Shiped.txt")]
    [InlineData("encryptedfields.unshiped.TXT")]
    public Task A_list_by_another_name_is_reported(string name) => RuleVerifier.Reports(
        Entity, files: [(name, $"{{|PMMC0023:|}}{Line}\nno line"), ("EncryptedFields.Shipped.txt", Line), ("Fields.txt", "no line")]);

    [Theory]
    [InlineData("EncryptedFields.shipped.txt")]
    [InlineData("encryptedfields.Shipped.TXT")]
    public Task The_case_of_a_lists_name_does_not_count(string name) => RuleVerifier.Reports(
        Entity, files: (name, $"{Line}\n{{|PMMC0021:accounts.api_token: string|}}"));

    [Theory]
    [InlineData("\r\n", false)]
    [InlineData("\r\n", true)]
    [InlineData("\n", true)]
    public void The_end_of_lines_and_a_byte_order_mark_do_not_count(string end, bool hasMark)
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: hasMark);
        using var stream = new MemoryStream([.. encoding.GetPreamble(), .. encoding.GetBytes($"{Line}{end}#{end}")]);

        var file = BaselineReader.Read(new TestFile("/EncryptedFields.Shipped.txt", SourceText.From(stream)), default);

        Assert.Empty(file.Findings);
        Assert.Equal("a b", Assert.Single(file.Lines).Field.Table);
    }

    [Fact]
    public Task Odd_names_are_quoted() => RuleVerifier.Reports(Entity, files: ("EncryptedFields.Shipped.txt", Line));
}
