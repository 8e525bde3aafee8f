using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0022FieldNotListedTests
{
    private const string Entities =
        """
        public abstract partial class Row
        {
            [Encrypted] public string? Secret { get; set; }
        }

        [Table("accounts", Schema = "billing")]
        public partial class {|PMMC0022:Account|} : Row
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("api token")] public string? {|PMMC0022:ApiToken|} { get; set; }
            [Column("smtp")] public Smtp? {|PMMC0022:Smtp|} { get; set; }
        }

        public partial class Smtp
        {
            [Encrypted, JsonPropertyName("password")] public string? Password { get; set; }
        }
        """;

    [Theory]
    [InlineData("EncryptedFields.Shipped.txt")]
    [InlineData("EncryptedFields.Unshipped.txt")]
    public Task What_is_in_no_list_is_reported(string file) => AnalyzerVerifier<BaselineAnalyzer>.Reports(Entities, files: (file, ""));

    [Fact]
    public Task What_is_in_one_of_them_is_not() => AnalyzerVerifier<BaselineAnalyzer>.Reports(
        Unmarked(),
        files:
        [
            ("EncryptedFields.Shipped.txt", "billing.accounts.\"api token\": string\nbilling.accounts.smtp -> password: string"),
            ("EncryptedFields.Unshipped.txt", "billing.accounts.Secret: string\n"),
        ]);

    [Fact]
    public Task A_secret_is_listed_by_the_type_of_its_value() => AnalyzerVerifier<BaselineAnalyzer>.Reports(
        """
        namespace Shop
        {
            public enum Color { Red }

            [Table("t")]
            public partial class Entity
            {
                [Key] public int Id { get; set; }
                [Encrypted] public Secret<Guid> A { get; set; }
                [Encrypted] public Secret<int>? B { get; set; }
                [Encrypted] public Secret<byte[]> C { get; set; }
                [Encrypted] public Secret<Color> D { get; set; }
                [Encrypted] public Secret<string> E { get; set; }
                [Encrypted] public Secret<long> {|PMMC0022:F|} { get; set; }
            }
        }
        """,
        files:
        [
            (
                "EncryptedFields.Shipped.txt",
                "t.A: System.Guid\nt.B: int\nt.C: byte[]\nt.D: Shop.Color\nt.E: string\n{|PMMC0023:t.F: int|}\n"),
        ]);

    [Fact]
    public Task Without_a_list_there_is_no_rule() => AnalyzerVerifier<BaselineAnalyzer>.Reports(
        Unmarked(), files: ("Other.Shipped.txt", ""));

    private static string Unmarked() => Entities
        .Replace("{|PMMC0022:", "", StringComparison.Ordinal)
        .Replace("|}", "", StringComparison.Ordinal);
}
