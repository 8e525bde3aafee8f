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
                    if (NameOfSecret(reference, encrypted) is not { } name)
                        return;
                    var (sink, isInText) = ValueTrail.Follow(reference);
                    var location = reference.Syntax.GetLocation();
                    if (sink is not null)
                        operation.ReportDiagnostic(Diagnostic.Create(Rules.Exposed, location, name, sink));
                    else if (isInText)
                        operation.ReportDiagnostic(Diagnostic.Create(Rules.InText, location, name));
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

    /// <summary>
    /// What messages call a reference that gives a secret away, or null. A Secret by itself does not: its Value does, wherever it comes
    /// from.
    /// </summary>
    private static string? NameOfSecret(IPropertyReferenceOperation reference, EncryptedProperties encrypted) =>
        reference.Property.Name == SecretTypes.Value && SecretTypes.ArgumentOf(reference.Property.ContainingType) is not null
            ? NameOfOwner(reference)
            : Shows(reference.Property, encrypted) ? reference.Property.Name : null;

    private static string NameOfOwner(IPropertyReferenceOperation value)
    {
        var owner = value.Instance as IPropertyReferenceOperation;
        if (owner is not null && SecretTypes.IsNullableStruct(owner.Property.ContainingType))
            owner = owner.Instance as IPropertyReferenceOperation;
        return owner?.Property.Name ?? value.Syntax.ToString();
    }

    private static bool Shows(IPropertySymbol property, EncryptedProperties encrypted) =>
        encrypted.Contains(property) && SecretTypes.ArgumentOf(property.Type) is null;

    // What the compiler writes as ToString of a record shows every property.
    private static void AnalyzeWhole(OperationAnalysisContext context, EncryptedProperties encrypted)
    {
        if (context.Operation.Type is not INamedTypeSymbol { IsRecord: true } type)
            return;
        var shown = type.WithBases().SelectMany(part => part.GetMembers()).OfType<IPropertySymbol>()
            .FirstOrDefault(property => Shows(property, encrypted));
        if (shown is not null && !SaysWhatItShows(type) && ValueTrail.Follow(context.Operation).Sink is { } sink)
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Rules.Exposed, context.Operation.Syntax.GetLocation(), $"{type.Name}.{shown.Name}", sink));
        }
    }

    private static bool SaysWhatItShows(INamedTypeSymbol record) => record.WithBases().SelectMany(part => part.GetMembers())
        .Any(member => member is { IsImplicitlyDeclared: false, Name: nameof(ToString) or "PrintMembers" });
}
