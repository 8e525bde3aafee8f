using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PmmCrypt.Generators.Diagnostics;

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
        });
    }
}
