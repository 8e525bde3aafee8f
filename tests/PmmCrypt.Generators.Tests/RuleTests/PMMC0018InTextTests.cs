namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0018InTextTests
{
    [Theory]
    [InlineData("var text = $\"Password={{|PMMC0018:entity.Secret|}}\"")]
    [InlineData("var text = \"Password=\" + {|PMMC0018:entity.Secret|}")]
    [InlineData("var text = string.Concat(\"Password=\", {|PMMC0018:entity.Secret|})")]
    [InlineData("var text = string.Join(\",\", entity.Clear, {|PMMC0018:entity.Secret|})")]
    [InlineData("var text = \"\"; text += {|PMMC0018:entity.Secret|}")]
    [InlineData("_ = Hash($\"{{|PMMC0018:entity.Secret|}}\")")]
    [InlineData("var text = $\"pin={{|PMMC0018:entity.Token.Value|}}\"")]
    [InlineData("var text = \"pin=\" + {|PMMC0018:entity.Token.Value|}.ToString()")]
    public Task A_part_of_a_text_is_reported(string statement) => PMMC0017ExposedTests.Reports(statement);

    [Theory]
    [InlineData("var text = entity.Secret")]
    [InlineData("var text = entity.Secret?.Trim() ?? \"\"")]
    [InlineData("var text = $\"{entity.Secret is null} {entity.Secret?.Length}\"")]
    [InlineData("_ = Hash(entity.Secret)")]
    [InlineData("var length = 1 + entity.Secret!.Length")]
    [InlineData("var text = entity.Token.Value.ToString()")]
    [InlineData("var text = \"pin=\" + entity.Token")]
    public Task The_value_alone_may_go_on(string statement) => PMMC0017ExposedTests.Reports(statement);
}
