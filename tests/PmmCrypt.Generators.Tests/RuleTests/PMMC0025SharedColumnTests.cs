using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0025SharedColumnTests
{
    private const string Account =
        """
        [Table("accounts", Schema = "shop")]
        public partial class Account
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("token")] public string? Token { get; set; }
            [Encrypted, Column("pin")] public Secret<int> Pin { get; set; }
            [Encrypted, Column("labels")] public Dictionary<string, string>? Labels { get; set; }
            [Column("smtp")] public Smtp? Smtp { get; set; }
            [Column("endpoints")] public List<Endpoint>? Endpoints { get; set; }
        }

        public partial class Smtp
        {
            [Encrypted, JsonPropertyName("password")] public string? Password { get; set; }
        }

        public partial class Endpoint
        {
            public Smtp? Smtp { get; set; }
        }

        """;

    [Fact]
    public Task In_the_clear_in_a_class_with_other_secrets_or_none() => RuleVerifier.Reports(Account +
        """
        [Table("accounts", Schema = "shop")]
        public class Row
        {
            [Key] public int Id { get; set; }
            [Column("token")] public string? {|PMMC0025:Text|} { get; set; }
            public string? pin { get; }
        }

        [Table("accounts", Schema = "shop")]
        public partial class Other
        {
            [Key, Column("token")] public string {|PMMC0025:Id|} { get; set; } = "";
            [Encrypted] public string? Secret { get; set; }
            [Column("labels")] public Dictionary<string, string>? {|PMMC0025:Labels|} { get; set; }
        }
        """);

    [Fact]
    public Task In_the_clear_within_a_document() => RuleVerifier.Reports(Account +
        """
        [Table("accounts", Schema = "shop")]
        public class Row
        {
            [Key] public int Id { get; set; }
            [Column("smtp")] public Server? Smtp { get; set; }
            [Column("endpoints")] public Held[]? Endpoints { get; set; }
        }

        public class Held
        {
            public Server? Smtp { get; set; }
        }

        public class Server
        {
            public string? Host { get; set; }
            [JsonPropertyName("password")] public string? {|PMMC0025:Word|} { get; set; }
        }
        """);

    [Fact]
    public Task A_whole_document_in_the_clear() => RuleVerifier.Reports(Account +
        """
        [Table("accounts", Schema = "shop")]
        public class Row
        {
            [Key] public int Id { get; set; }
            [Column("smtp")] public string? {|PMMC0025:Smtp|} { get; set; }
            [Column("endpoints")] public System.Text.Json.JsonDocument? {|PMMC0025:Endpoints|} { get; set; }
        }

        [Table("accounts", Schema = "shop")]
        public class More
        {
            [Key] public int Id { get; set; }
            [Column("smtp")] public Dictionary<string, object>? {|PMMC0025:Smtp|} { get; set; }
            [Column("endpoints")] public byte[]? {|PMMC0025:Endpoints|} { get; set; }
        }
        """);

    [Fact]
    public Task Encrypted_in_another_way() => RuleVerifier.Reports(Account +
        """
        [Table("accounts", Schema = "shop")]
        public partial class Row
        {
            [Key] public int Id { get; set; }
            [Encrypted(Formats = StoredFormats.Envelope), Column("token")] public string? {|PMMC0025:Token|} { get; set; }
            [Encrypted, Column("pin")] public string? {|PMMC0025:Pin|} { get; set; }
            [Encrypted, Column("labels")] public string? {|PMMC0025:Labels|} { get; set; }
            [Encrypted, Column("smtp")] public string? {|PMMC0025:Smtp|} { get; set; }
        }
        """);

    [Fact]
    public Task Encrypted_in_the_same_way_or_not_known_or_elsewhere_is_well() => RuleVerifier.Reports(Account +
        """
        [Table("accounts", Schema = "shop")]
        public partial class Same
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("token")] public Secret<string> Token { get; set; }
            [Encrypted, Column("pin")] public Secret<int>? Pin { get; set; }
            [Encrypted, Column("labels")] public IDictionary<string, string?>? Labels { get; set; }
            [Column("smtp")] public Smtp? Smtp { get; set; }
        }

        [Table("accounts", Schema = "shop")]
        public class Unaware
        {
            [Key] public int Id { get; set; }
            public string? Name { get; set; }
            [NotMapped, Column("token")] public string? Token { get; set; }
            [Column("pin")] public string? Pin => null;
            [Column("smtp")] public Clear? Smtp { get; set; }
            [Column("endpoints")] public List<Clear>? Endpoints { get; set; }
        }

        public class Clear
        {
            public string? Host { get; set; }
            [JsonIgnore, JsonPropertyName("password")] public string? Shown { get; set; }
        }

        [Table("accounts")]
        public class OfAnotherSchema
        {
            [Key] public int Id { get; set; }
            [Column("token")] public string? Token { get; set; }
        }

        public class NoTable
        {
            [Column("token")] public string? Token { get; set; }
        }
        """);
}
