using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Finds encrypted properties whose value goes into a log, the console, a trace or an exception, or into a longer text.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ExposureAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.Exposed, Rules.InText];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (EncryptedProperties.Of(start.Compilation) is not { } encrypted)
                return;
            start.RegisterOperationAction(
                operation =>
                {
                    var reference = (IPropertyReferenceOperation)operation.Operation;
                    if (!encrypted.Contains(reference.Property))
                        return;
                    var (sink, isInText) = ValueTrail.Follow(reference);
                    var location = reference.Syntax.GetLocation();
                    if (sink is not null)
                        operation.ReportDiagnostic(Diagnostic.Create(Rules.Exposed, location, reference.Property.Name, sink));
                    else if (isInText)
                        operation.ReportDiagnostic(Diagnostic.Create(Rules.InText, location, reference.Property.Name));
                },
                OperationKind.PropertyReference);
            start.RegisterOperationAction(
                operation => AnalyzeWhole(operation, encrypted),
                OperationKind.LocalReference,
                OperationKind.ParameterReference,
                OperationKind.FieldReference,
                OperationKind.PropertyReference);
        });
    }

    // What the compiler writes as ToString of a record shows every property.
    private static void AnalyzeWhole(OperationAnalysisContext context, EncryptedProperties encrypted)
    {
        if (context.Operation.Type is not INamedTypeSymbol { IsRecord: true } type)
            return;
        var shown = type.WithBases().SelectMany(part => part.GetMembers()).OfType<IPropertySymbol>().FirstOrDefault(encrypted.Contains);
        if (shown is not null && !SaysWhatItShows(type) && ValueTrail.Follow(context.Operation).Sink is { } sink)
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Rules.Exposed, context.Operation.Syntax.GetLocation(), $"{type.Name}.{shown.Name}", sink));
        }
    }

    private static bool SaysWhatItShows(INamedTypeSymbol record) => record.WithBases().SelectMany(part => part.GetMembers())
        .Any(member => member is { IsImplicitlyDeclared: false, Name: nameof(ToString) or "PrintMembers" });
}
