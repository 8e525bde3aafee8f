using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Emission;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators;

/// <summary>Writes, for each entity with encrypted properties, the code that encrypts, decrypts and walks them.</summary>
/// <remarks>
/// Findings are reported here and not by an analyzer: analyzers can be switched off for a build, and an entity that was refused in
/// silence would go on storing its secrets in the clear.
/// </remarks>
[Generator(LanguageNames.CSharp)]
public sealed class EncryptedEntityGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var naming = context.AnalyzerConfigOptionsProvider
            .Select(static (options, _) => ColumnNaming.Read(options))
            .WithTrackingName(Steps.Naming);

        var project = context.CompilationProvider
            .Combine(naming)
            .Select(OutlineReader.Read)
            .WithTrackingName(Steps.Outline)
            .Combine(context.CompilationProvider)
            .Select(ProjectParser.Parse)
            .WithTrackingName(Steps.Project);

        var entities = project
            .SelectMany(static (parsed, _) => parsed.Entities)
            .WithTrackingName(Steps.Entities);

        var sources = entities
            .Select(static (entity, _) => entity.Spec)
            .Where(static spec => spec is not null)
            .Select(static (spec, _) => spec!)
            .WithTrackingName(Steps.Specs)
            .Select(static (spec, _) => EntityEmitter.Emit(spec))
            .WithTrackingName(Steps.Sources);

        context.RegisterSourceOutput(
            sources, static (output, source) => output.AddSource(source.HintName, SourceText.From(source.Text, Encoding.UTF8)));

        var findings = project
            .Select(static (parsed, _) => parsed.Findings)
            .WithTrackingName(Steps.Findings);

        var baseline = context.AdditionalTextsProvider
            .Where(BaselineReader.IsBaseline)
            .Select(BaselineReader.Read)
            .WithTrackingName(Steps.BaselineFiles)
            .Collect()
            .Combine(entities.Collect())
            .Select(static (parsed, _) => BaselineComparison.Compare(parsed.Left, parsed.Right))
            .WithTrackingName(Steps.Baseline);

        context.RegisterSourceOutput(findings, Findings.Report);
        context.RegisterSourceOutput(baseline, Findings.Report);
    }
}
