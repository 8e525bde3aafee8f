using PmmCrypt.Generators.Emission;
using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;

namespace PmmCrypt.Generators.Tests;

/// <summary>A template that does not parse, or says a name that is not there, is a failure here and not in a user's build.</summary>
public sealed class TemplateTests
{
    public static TheoryData<string> Templates => [.. typeof(EncryptedEntityGenerator).Assembly.GetManifestResourceNames()];

    [Fact]
    public void There_are_templates() => Assert.NotEmpty(typeof(EncryptedEntityGenerator).Assembly.GetManifestResourceNames());

    [Theory]
    [MemberData(nameof(Templates))]
    public void It_parses(string name) => Assert.False(TemplateLibrary.Parse(name).HasErrors);

    [Theory]
    [MemberData(nameof(Templates))]
    public void It_needs_its_model(string name) =>
        Assert.Throws<ScriptRuntimeException>(() => TemplateLibrary.Render(TemplateLibrary.Parse(name), []));

    [Theory]
    [InlineData("{{ misspelt }}")]
    [InlineData("{{ member.misspelt }}")]
    [InlineData("{{ if misspelt }}a{{ else }}b{{ end }}")]
    [InlineData("{{ if member.misspelt }}a{{ else }}b{{ end }}")]
    [InlineData("{{ for x in misspelt }}{{ x }}{{ end }}")]
    [InlineData("{{ for x in member.misspelt }}{{ x }}{{ end }}")]
    public void A_misspelt_name_is_an_error(string template)
    {
        var model = new ScriptObject { ["member"] = new ScriptObject { ["name"] = "a" } };
        Assert.Throws<ScriptRuntimeException>(() => TemplateLibrary.Render(Template.Parse(template), model));
    }

    [Fact]
    public void A_large_schema_is_no_endless_loop()
    {
        var model = new ScriptObject { ["items"] = new ScriptArray(Enumerable.Repeat("x", 200_000)) };
        Assert.Equal(200_000, TemplateLibrary.Render(Template.Parse("{{ for item in items }}{{ item }}{{ end }}"), model).Length);
    }

    [Fact]
    public void A_long_text_is_not_cut()
    {
        var model = new ScriptObject { ["text"] = new string('x', 3_000_000) };
        Assert.Equal(3_000_000, TemplateLibrary.Render(Template.Parse("{{ text }}"), model).Length);
    }
}
