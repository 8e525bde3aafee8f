using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0019LooksSecretTests
{
    [Theory]
    [InlineData("public string? {|PMMC0019:Password|} { get; set; }")]
    [InlineData("public string {|PMMC0019:UserPassword2|} { get; set; } = \"\";")]
    [InlineData("public string? {|PMMC0019:ClientSecrets|} { get; init; }")]
    [InlineData("public string? {|PMMC0019:APIKey|} { get; set; }")]
    [InlineData("public string? {|PMMC0019:api_token|} { get; private set; }")]
    [InlineData("public string? {|PMMC0019:PrivateKey|} { get; set; }")]
    [InlineData("public string? {|PMMC0019:ConnectionString|} { get; set; }")]
    [InlineData("public Secret<Guid> {|PMMC0019:Whatever|} { get; set; }")]
    [InlineData("public Secret<int>? {|PMMC0019:Maybe|} { get; set; }")]
    [InlineData("public byte[]? {|PMMC0019:PrivateKey|} { get; set; }")]
    [InlineData("public Guid {|PMMC0019:ApiKey|} { get; set; }")]
    [InlineData("public Guid? {|PMMC0019:AccessToken|} { get; set; }")]
    [InlineData("[Column(\"smtp_password\")] public string? {|PMMC0019:Smtp|} { get; set; }")]
    public Task What_is_named_as_a_secret_is_reported(string property) => Reports(property);

    [Theory]
    [InlineData("[Encrypted] public string? Password { get; set; }")]
    [InlineData("[NotMapped] public string? Password { get; set; }")]
    [InlineData("public string Password => \"\";")]
    [InlineData("[Encrypted] public Secret<Guid> Token { get; set; }")]
    [InlineData("[NotMapped] public Secret<Guid> Token { get; set; }")]
    [InlineData("public static string? Password { get; set; }")]
    [InlineData("public int Token { get; set; }")]
    [InlineData("public int[]? Tokens { get; set; }")]
    [InlineData("[ConcurrencyCheck] public Guid ConcurrencyToken { get; set; }")]
    [InlineData("[Timestamp] public byte[]? VersionToken { get; set; }")]
    [InlineData("public string? PasswordHash { get; set; }")]
    [InlineData("public string? TokenType { get; set; }")]
    [InlineData("public string? SecretName { get; set; }")]
    [InlineData("public string? Key { get; set; }")]
    [InlineData("public string? Secretary { get; set; }")]
    [InlineData("public string? Tokenizer { get; set; }")]
    public Task What_is_none_or_is_no_column_may_stay(string property) => Reports(property);

    [Fact]
    public Task A_key_cannot_be_encrypted_and_a_class_without_a_table_is_none() => AnalyzerVerifier<LookAlikeAnalyzer>.Reports(
        """
        [Table("t")]
        public class Session
        {
            [Key] public string Token { get; set; } = "";
        }

        public class Form
        {
            public string? Password { get; set; }
        }

        public abstract class Row
        {
            public string? Password { get; set; }
        }
        """);

    [Fact]
    public Task What_an_entity_inherits_is_its_own_and_reported_once() => AnalyzerVerifier<LookAlikeAnalyzer>.Reports(
        """
        public abstract partial class Row<TKey>
        {
            [Key] public TKey? Id { get; set; }
            public string? {|PMMC0019:Password|} { get; set; }
            public virtual string? {|PMMC0019:ApiToken|} { get; set; }
            [Encrypted] public string? TlsKey { get; set; }
        }

        [Table("u")]
        public partial class User : Row<int>
        {
            public override string? {|PMMC0019:ApiToken|} { get; set; }
        }

        [Table("g")]
        public partial class Group : Row<Guid>
        {
            public string? {|PMMC0019:Secret|} { get; set; }
        }

        public partial class Team : Group;
        """);

    [Fact]
    public Task What_a_compiled_class_declares_is_reported_at_the_entity() => AnalyzerVerifier<LookAlikeAnalyzer>.Reports(
        """
        [Table("p")]
        public class {|PMMC0019:Parameters|} : System.Data.Common.DbConnectionStringBuilder
        {
            [Key] public int Id { get; set; }
        }
        """);

    [Fact]
    public Task The_objects_of_JSON_columns_are_looked_at_too() => AnalyzerVerifier<LookAlikeAnalyzer>.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
            public List<Endpoint>? Endpoints { get; set; }
            public Dictionary<string, Header>? Headers { get; set; }
            [NotMapped] public Form? Form { get; set; }
            public Other? Other { get; set; }
        }

        [Table("t")]
        public class Same
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public class Options
        {
            public string? {|PMMC0019:ApiToken|} { get; set; }
            [JsonPropertyName("tls_key")] public string? {|PMMC0019:Tls|} { get; set; }
            [JsonIgnore] public string? Secret { get; set; }
            public Options? Inner { get; set; }
        }

        public partial class Endpoint
        {
            [Encrypted] public string? Password { get; set; }
            public string? {|PMMC0019:Token|} { get; set; }
        }

        public class Header
        {
            public string? {|PMMC0019:Secret|} { get; set; }
        }

        public class Form
        {
            public string? Password { get; set; }
        }

        [Table("o")]
        public class Other
        {
            [Key] public string Token { get; set; } = "";
        }
        """);

    [Fact]
    public Task The_words_can_be_others() => Reports(
        """
        public string? Password { get; set; }
            public string? {|PMMC0019:Pin|} { get; set; }
            public string? {|PMMC0019:RecoveryCode|} { get; set; }
        """,
        $"{LookAlikeAnalyzer.WordsOption} = pin|recovery_code");

    [Fact]
    public Task Words_can_be_added() => Reports(
        """
        public string? {|PMMC0019:Password|} { get; set; }
            public string? {|PMMC0019:Pin|} { get; set; }
        """,
        $"{LookAlikeAnalyzer.MoreWordsOption} = pin");

    [Fact]
    public Task The_severity_can_be_another() => AnalyzerVerifier<LookAlikeAnalyzer>.Reports(
        """
        [Table("t")]
        public class Entity
        {
            [Key] public int Id { get; set; }
            public string? Password { get; set; }
        }
        """,
        "dotnet_diagnostic.PMMC0019.severity = none");

    private static Task Reports(string property, string? options = null) => AnalyzerVerifier<LookAlikeAnalyzer>.Reports(
        $$"""
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            {{property}}
        }
        """,
        options);
}
