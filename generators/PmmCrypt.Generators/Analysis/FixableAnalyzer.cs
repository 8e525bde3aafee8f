using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Says again, unseen, what the generator refuses and a code fix can mend.</summary>
/// <remarks>
/// An editor offers fixes only for what analyzers report. The generator's error stays the one that is shown, and that cannot be
/// switched off; this one has its id and its place, is hidden, and makes the light bulb appear.
/// </remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class FixableAnalyzer : DiagnosticAnalyzer
{
    private static readonly ImmutableDictionary<string, DiagnosticDescriptor> Hidden =
        new[] { Rules.TypeNotPartial, Rules.NoKey, Rules.NotEncryptable, Rules.NotSettable }.ToImmutableDictionary(rule => rule.Id, Hide);

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [.. Hidden.Values];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (EncryptedProperties.Of(start.Compilation) is { } encrypted)
                start.RegisterSymbolAction(symbol => Analyze(symbol, encrypted), SymbolKind.NamedType);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, EncryptedProperties encrypted)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        var properties = type.GetMembers().OfType<IPropertySymbol>().ToArray();
        var findings = properties.Where(encrypted.Contains).SelectMany(property => PropertyParser.Parse(property).Findings);
        if (type.Find(KnownTypeNames.Table) is { } table
            && EntityParser.Parse(type, table, ColumnNaming.Of(context.Options), context.Compilation, context.CancellationToken)
                is { } entity)
        {
            findings = findings.Concat(entity.Findings);
        }

        // What lies in other types is found there.
        var places = type.Containers().Prepend(type).Concat<ISymbol>(properties).ToArray();
        foreach (var finding in findings.Where(finding => Hidden.ContainsKey(finding.RuleId)).Distinct())
        {
            if (places.FirstOrDefault(place => place.Place() == finding.Location) is { } place)
                context.ReportDiagnostic(Diagnostic.Create(Hidden[finding.RuleId], SourceOf(place), [.. finding.Arguments]));
        }
    }

    private static Location SourceOf(ISymbol symbol) => symbol.Locations.First(location => location.IsInSource);

    private static DiagnosticDescriptor Hide(DiagnosticDescriptor rule) =>
        new(rule.Id, rule.Title, rule.MessageFormat, rule.Category, DiagnosticSeverity.Hidden, isEnabledByDefault: true);
}
