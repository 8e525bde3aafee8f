using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0021ShippedFieldGoneTests
{
    private const string Entities =
        """
        [Table("accounts")]
        public partial class Account
        {
            [Key] public int Id { get; set; }
            [Encrypted, Column("api_token")] public string? ApiToken { get; set; }
            [Column("smtp")] public Smtp? Smtp { get; set; }
            [Column("endpoints")] public List<Smtp>? Endpoints { get; set; }
            [Encrypted, Column("headers")] public Dictionary<string, string>? Headers { get; set; }
        }

        public partial class Smtp
        {
            [Encrypted, JsonPropertyName("password")] public string? Password { get; set; }
        }
        """;

    [Fact]
    public Task What_is_still_encrypted_is_in_order() => Reports(
        Entities,
        """
        # Comments, blank lines and blanks do not count.

        accounts.api_token: string
          accounts . smtp->password :string
        accounts.endpoints -> [] -> password: string
        accounts.headers->* : string
        {|PMMC0021:accounts.endpoints -> password: string|}
        {|PMMC0021:accounts.headers: string|}
        """);

    [Fact]
    public Task What_is_no_longer_is_reported_at_its_line() => Reports(
        Entities,
        """
        {|PMMC0021:accounts.name: string|}
        accounts.api_token: string
        {|PMMC0021:billing.accounts.api_token: string|}
        accounts.smtp -> password: string
        {|PMMC0021:accounts.smtp -> login -> password: string|}
        """);

    [Fact]
    public Task An_attribute_that_is_removed_is_missed() => Reports(
        Entities.Replace("[Encrypted, Column", "[Column", StringComparison.Ordinal),
        """
        {|PMMC0021:accounts.api_token: string|}
        accounts.smtp -> password: string
        """);

    [Fact]
    public Task Without_any_entity_everything_is_missed() => Reports("", "{|PMMC0021:accounts.api_token: string|}");

    [Fact]
    public Task While_an_entity_is_refused_its_fields_are_not_missed() => Reports(
        Entities.Replace("public partial class Account", "public class {|PMMC0001:Account|}", StringComparison.Ordinal),
        "accounts.api_token: string");

    [Theory]
    [InlineData("accounts.api_token: string", """UPDATE "accounts" SET "api_token" = NULL""")]
    [InlineData(
        """billing."od\"d".smtp -> login -> "it's": string""",
        """UPDATE "billing"."od""d" SET "smtp" = "smtp" #- ARRAY['login', 'it''s']""")]
    [InlineData("t.list -> [] -> token: string",
        """
        UPDATE "t" SET "list" = CASE jsonb_typeof("list") WHEN 'array' THEN
         (SELECT coalesce(jsonb_agg(v1 #- ARRAY['token']), '[]') FROM jsonb_array_elements("list") e1(v1)) ELSE "list" END
        """)]
    [InlineData("t.o -> list -> [] -> more -> [] -> in -> key: string",
        """
        UPDATE "t" SET "o" = CASE jsonb_typeof("o" #> ARRAY['list']) WHEN 'array' THEN jsonb_set("o", ARRAY['list'],
         (SELECT coalesce(jsonb_agg(CASE jsonb_typeof(v1 #> ARRAY['more']) WHEN 'array' THEN jsonb_set(v1, ARRAY['more'],
         (SELECT coalesce(jsonb_agg(v2 #- ARRAY['in', 'key']), '[]')
         FROM jsonb_array_elements(v1 #> ARRAY['more']) e2(v2))) ELSE v1 END), '[]')
         FROM jsonb_array_elements("o" #> ARRAY['list']) e1(v1))) ELSE "o" END
        """)]
    [InlineData("t.headers -> *: string", """UPDATE "t" SET "headers" = '{}'""")]
    [InlineData("t.o -> headers -> *: string", """UPDATE "t" SET "o" = "o" #- ARRAY['headers']""")]
    [InlineData("t.o -> hosts -> * -> token: string",
        """
        UPDATE "t" SET "o" = CASE jsonb_typeof("o" #> ARRAY['hosts']) WHEN 'object' THEN jsonb_set("o", ARRAY['hosts'],
         (SELECT coalesce(jsonb_object_agg(k1, v1 #- ARRAY['token']), '{}') FROM jsonb_each("o" #> ARRAY['hosts']) e1(k1, v1))) ELSE "o" END
        """)]
    public void It_says_what_to_do(string line, string statement)
    {
        var driver = TestCompilation.Driver().AddAdditionalTexts(
            [new TestFile("/EncryptedFields.Shipped.txt", line)]);
        var found = Assert.Single(driver.RunGenerators(TestCompilation.Of()).GetRunResult().Diagnostics);
        Assert.Equal("PMMC0021", found.Id);
        Assert.Equal("/EncryptedFields.Shipped.txt", found.Location.GetLineSpan().Path);
        Assert.Contains("DecryptFields", found.GetMessage(), StringComparison.Ordinal);
        Assert.EndsWith(statement.ReplaceLineEndings(""), found.GetMessage(), StringComparison.Ordinal);
    }

    private static Task Reports(string source, string shipped) =>
        RuleVerifier.Reports(source, files: ("EncryptedFields.Shipped.txt", shipped));
}
