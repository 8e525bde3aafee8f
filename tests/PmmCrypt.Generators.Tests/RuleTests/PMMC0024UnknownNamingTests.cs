using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0024UnknownNamingTests
{
    private const string Entity =
        """
        [Table("t")]
        public partial class {|PMMC0024:Entity|}
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? ApiToken { get; set; }
        }

        [Table("clear")]
        public class Clear
        {
            [Key] public int Id { get; set; }
        }
        """;

    [Theory]
    [InlineData("snake-case")]
    [InlineData("SnakeCase")]
    [InlineData("true")]
    public Task A_naming_that_there_is_not_is_refused_at_each_entity(string naming) => RuleVerifier.Reports(Entity, naming: naming);

    [Theory]
    [InlineData("")]
    [InlineData("as-is")]
    [InlineData("snake_case")]
    public Task One_that_there_is_is_not(string naming) =>
        RuleVerifier.Reports(Entity.Replace("{|PMMC0024:Entity|}", "Entity", StringComparison.Ordinal), naming: naming);

    [Fact]
    public Task Two_properties_can_be_one_column_by_one_naming_and_not_by_the_other() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? ApiToken { get; set; }
            [Column("api_token")] public string? {|PMMC0007:Other|} { get; set; }
        }
        """,
        naming: "snake_case");
}
