using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Tests;

/// <summary>A line of the baseline names the same field when it is read as when it was written.</summary>
public sealed class FieldTextTests
{
    public static TheoryData<string> Names =>
        ["t", "My Column", "group", "a.b", "a -> b", "a: b", "#", "é", "\"", "\\", "\\\"", "\n", "\u2028", "😀", "", " ", "[]", "*"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_name_comes_back(string name)
    {
        foreach (var field in new[]
        {
            new BaselineField(null, name, name, new([]), "string"),
            new BaselineField(name, "t", name, new([name, "m", name]), "string"),
        })
        {
            var line = FieldText.Of(field);
            Assert.Equal(field, FieldText.Parse(line));
            Assert.DoesNotContain('\n', line);
        }
    }

    [Fact]
    public void It_is_written_to_be_read() => Assert.Equal(
        """billing.accounts."my smtp" -> login -> password: string""",
        FieldText.Of(new BaselineField("billing", "accounts", "my smtp", new(["login", "password"]), "string")));

    [Fact]
    public void Steps_that_have_no_name_are_written_without_quotation_marks() => Assert.Equal(
        """accounts."[]" -> list -> [] -> headers -> *: string""",
        FieldText.Of(new BaselineField(null, "accounts", "[]", new(["list", "[]", "headers", "*"]), "string")));
}
