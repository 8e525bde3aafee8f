using System.CodeDom.Compiler;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using PmmCrypt.CodeFixes;
using PmmCrypt.Fields;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Model;
using PmmCrypt.Generators.Parsing;
using PmmCrypt.Generators.Tests.Infrastructure;
using PmmCrypt.Metadata;

namespace PmmCrypt.Generators.Tests;

/// <summary>The generator refers to no product assembly, so it knows names: here they are compared with what they name.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void Types_have_the_names_that_are_looked_for()
    {
        Type[] types =
        [
            typeof(EncryptedAttribute), typeof(Secret<>), typeof(SingleRowAttribute), typeof(TableAttribute), typeof(ColumnAttribute),
            typeof(NotMappedAttribute), typeof(KeyAttribute), typeof(ConcurrencyCheckAttribute), typeof(TimestampAttribute),
            typeof(IEncryptedEntity),
            typeof(JsonPropertyNameAttribute), typeof(JsonIgnoreAttribute), typeof(JsonPolymorphicAttribute), typeof(JsonDerivedTypeAttribute),
            typeof(DisallowNullAttribute), typeof(ObsoleteAttribute), typeof(ExperimentalAttribute), typeof(InternalsVisibleToAttribute),
            typeof(CompilerGeneratedAttribute), typeof(GeneratedCodeAttribute),
            typeof(List<>), typeof(IList<>), typeof(ICollection<>), typeof(IReadOnlyList<>), typeof(IReadOnlyCollection<>),
            typeof(Dictionary<,>), typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>),
        ];
        var names = typeof(KnownTypeNames).GetFields().Select(field => (string)field.GetValue(null)!);
        Assert.Equal(types.Select(type => type.FullName!).Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_properties_that_the_package_hands_to_the_compiler_are_those_that_are_asked_for()
    {
        var props = XDocument.Load(Path.Combine(
            TestCompilation.Folder("GeneratorsDirectory"), "..", "src", "PmmCrypt", "buildTransitive", "PmmCrypt.props"));
        var handed = props.Descendants("CompilerVisibleProperty").Select(item => item.Attribute("Include")!.Value);
        Assert.Equal([ColumnNaming.Property], handed);
    }

    [Fact]
    public void Steps_that_have_no_name_are_those_of_the_runtime() => Assert.Equal(
        (EncryptedField.EachElement, EncryptedField.EachMember), (BaselineField.EachElement, BaselineField.EachMember));

    [Fact]
    public void Texts_of_secrets_are_those_of_the_runtime()
    {
        // By its name: the code fixes have it too, and the compiler would not know which is meant.
        var known = typeof(EncryptedEntityGenerator).Assembly.GetType("PmmCrypt.Generators.Parsing.SecretTypes")!.GetFields()
            .Where(field => field.Name is not "Secret" and not "Value").Select(field => (string)field.GetValue(null)!);
        var members = typeof(SecretText).GetMembers(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(member => member is not MethodInfo { IsSpecialName: true }).Select(member => member.Name);

        Assert.Equal(members.Order(StringComparer.Ordinal), known.Order(StringComparer.Ordinal));
        Assert.NotNull(typeof(Secret<>).GetProperty("Value"));
    }

    [Fact]
    public void Formats_are_those_of_the_runtime()
    {
        var runtime = Enum.GetValues<StoredFormats>().Where(format => format != StoredFormats.None)
            .ToDictionary(format => (int)format, format => format.ToString());
        Assert.Equal(runtime.OrderBy(pair => pair.Key), PropertyParser.Formats.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void Generated_members_are_those_of_the_interface()
    {
        var declared = typeof(IEncryptedEntity).GetMembers()
            .Where(member => member is not MethodInfo { IsSpecialName: true })
            .Select(member => member.Name);
        Assert.Equal(
            declared.Append(TypeRules.FieldsClass).Order(StringComparer.Ordinal), TypeRules.GeneratedMembers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_fix_of_the_baseline_finds_what_the_analyzer_left_for_it()
    {
        Assert.Equal(BaselineReader.Unshipped, ListFieldFix.ListName);
        Assert.Equal(BaselineAnalyzer.Line, ListFieldFix.Line);
    }

    [Fact]
    public void The_generator_refers_to_no_product_assembly() => Assert.DoesNotContain(
        typeof(EncryptedEntityGenerator).Assembly.GetReferencedAssemblies(),
        assembly => assembly.Name!.StartsWith("PmmCrypt", StringComparison.Ordinal));
}
