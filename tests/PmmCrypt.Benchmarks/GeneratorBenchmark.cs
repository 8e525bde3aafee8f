using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PmmCrypt.Generators;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// The generator's own time, as the compiler measures it, on a project of many entities: with nothing cached, after edits elsewhere, and
/// after an edit of one entity.
/// </summary>
internal sealed class GeneratorBenchmark(int entities, int rounds)
{
    public const string First = "the first run of the process";
    public const string Cold = "nothing cached";
    public const string Member = "after an edit of a method and a field elsewhere";
    public const string Type = "after a new type elsewhere";
    public const string OneEntity = "after an edit of one entity";

    private static readonly CSharpParseOptions Options = new(LanguageVersion.Latest);

    public IReadOnlyList<GeneratorMeasurement> Run()
    {
        var project = CSharpCompilation.Create(
            "Users",
            Enumerable.Range(0, entities).Select(Entity).Append(Parse("Other.cs", "public class Other { int X() => -1; }")),
            [
                .. Basic.Reference.Assemblies.Net100.References.All,
                MetadataReference.CreateFromFile(typeof(EncryptedAttribute).Assembly.Location),
            ],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var measured = new List<GeneratorMeasurement>();
        for (var round = 0; round <= rounds; round++)
        {
            GC.Collect();
            // A compilation of its own: what the compiler has bound for the round before is not there for this one.
            var before = project.RemoveAllSyntaxTrees().AddSyntaxTrees(project.SyntaxTrees);
            var driver = Measure(round == 0 ? First : Cold, round, Driver(), before);
            var edited = Replace(before, "Other.cs", $"public class Other {{ int X() => {round}; int y{round}; }}");
            driver = Measure(Member, round, driver, edited);
            edited = Replace(edited, "Other.cs", $"public class Other {{ int X() => {round}; int y{round}; }} class More{round};");
            driver = Measure(Type, round, driver, edited);
            var entity = edited.SyntaxTrees.Single(tree => tree.FilePath == "Entity0.cs").ToString();
            Measure(OneEntity, round, driver, Replace(edited, "Entity0.cs", entity.Replace("Secret0", $"Changed{round}")));
        }

        return measured;

        GeneratorDriver Measure(string what, int round, GeneratorDriver driver, Compilation compilation)
        {
            driver = driver.RunGenerators(compilation);
            var result = driver.GetRunResult();
            if (result.GeneratedTrees.Length != entities || !result.Diagnostics.IsEmpty)
                throw new InvalidOperationException($"{result.GeneratedTrees.Length} files: {string.Join(", ", result.Diagnostics)}");
            var time = driver.GetTimingInfo().GeneratorTimes.Single().ElapsedTime;
            measured.Add(new GeneratorMeasurement(what, round, time.TotalMilliseconds));
            return driver;
        }
    }

    private static CSharpGeneratorDriver Driver() =>
        CSharpGeneratorDriver.Create([new EncryptedEntityGenerator().AsSourceGenerator()], parseOptions: Options);

    private static Compilation Replace(Compilation compilation, string file, string text) =>
        compilation.ReplaceSyntaxTree(compilation.SyntaxTrees.Single(tree => tree.FilePath == file), Parse(file, text));

    private static SyntaxTree Parse(string file, string text) => CSharpSyntaxTree.ParseText(text, Options, file);

    private static SyntaxTree Entity(int number) => Parse(
        $"Entity{number}.cs",
        $$"""
          using System.ComponentModel.DataAnnotations;
          using System.ComponentModel.DataAnnotations.Schema;
          using System.Text.Json.Serialization;
          using PmmCrypt;

          namespace Shop.Data;

          [Table("table_{{number}}")]
          public partial class Entity{{number}}
          {
              [Key, Column("id")] public required long Id { get; init; }
              [Column("name")] public string? Name { get; set; }
              [Column("created_at")] public System.DateTimeOffset CreatedAt { get; set; }
              [Encrypted, Column("secret_0")] public string? Secret0 { get; set; }
              [Encrypted, Column("secret_1")] public string? Secret1 { get; set; }
              [Encrypted] public string? Secret2 { get; set; }
              [Column("options")] public Options{{number}}? Options { get; set; }
          }

          public partial class Options{{number}}
          {
              [JsonPropertyName("host")] public string? Host { get; set; }
              [Encrypted, JsonPropertyName("password")] public string? Password { get; set; }
              [Encrypted, JsonPropertyName("tls_key")] public string? TlsKey { get; set; }
          }
          """);
}

/// <summary>What one run cost.</summary>
/// <param name="What">Which run.</param>
/// <param name="Round">The round; 0 is the process's first.</param>
/// <param name="Milliseconds">The time inside the generator.</param>
internal sealed record GeneratorMeasurement(string What, int Round, double Milliseconds);
