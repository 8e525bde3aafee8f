using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>Compilations as a user's project makes them: against .NET 10 and the real PmmCrypt.dll.</summary>
internal static class TestCompilation
{
    public static readonly IReadOnlyList<MetadataReference> References =
    [
        .. Basic.Reference.Assemblies.Net100.References.All,
        MetadataReference.CreateFromFile(typeof(EncryptedAttribute).Assembly.Location),
    ];

    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest, DocumentationMode.Diagnose);

    public static CSharpCompilation Of(params IEnumerable<(string Path, string Text)> sources) => CSharpCompilation.Create(
        "Users",
        sources.Select(source => CSharpSyntaxTree.ParseText(source.Text, ParseOptions, source.Path)),
        References,
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999));

    /// <param name="naming">What PmmCryptColumnNaming is set to; null where it is not.</param>
    public static GeneratorDriver Driver(string? naming = null) => CSharpGeneratorDriver.Create(
        [new EncryptedEntityGenerator().AsSourceGenerator()],
        parseOptions: ParseOptions,
        optionsProvider: new TestOptions(naming),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>A folder of the sources, which the project file passes in.</summary>
    public static string Folder(string name) => typeof(TestCompilation).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == name).Value!;
}
