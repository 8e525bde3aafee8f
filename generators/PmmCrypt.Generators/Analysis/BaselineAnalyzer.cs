using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Finds encrypted fields that stand in neither list of the baseline, where a project has one.</summary>
/// <remarks>What the lists hold and the entities do not is the generator's to say: an error that cannot be switched off.</remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BaselineAnalyzer : DiagnosticAnalyzer
{
    /// <summary>The property of the diagnostic in which its code fix finds the line to add.</summary>
    internal const string Line = nameof(Line);

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.FieldNotListed];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            var files = start.Options.AdditionalFiles.Where(BaselineReader.IsList)
                .Select(file => BaselineReader.Read(file, start.CancellationToken)).ToArray();
            if (files.Length == 0)
                return;
            var listed = new HashSet<BaselineField>(files.SelectMany(file => file.Lines).Select(line => line.Field));
            start.RegisterSymbolAction(symbol => Analyze(symbol, listed), SymbolKind.NamedType);
        });
    }

    private static void Analyze(SymbolAnalysisContext context, HashSet<BaselineField> listed)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.Find(KnownTypeNames.Table) is not { } table
            || EntityParser.Parse(type, table, ColumnNaming.Of(context.Options), context.Compilation, context.CancellationToken)
                is not { Spec: { } entity })
        {
            return;
        }

        foreach (var (field, property) in EncryptedFieldList.Of(entity).Where(found => !listed.Contains(found.Field)))
        {
            var place = type.GetMembers(property).Prepend(type).Last();     // an inherited one is reported at the class
            var line = FieldText.Of(field);
            context.ReportDiagnostic(Diagnostic.Create(
                Rules.FieldNotListed,
                place.Locations.First(location => location.IsInSource),
                ImmutableDictionary<string, string?>.Empty.Add(Line, line),
                line));
        }
    }
}
