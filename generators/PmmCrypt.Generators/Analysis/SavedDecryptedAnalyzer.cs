using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using PmmCrypt.Generators.Diagnostics;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Finds entities that one method decrypts and then saves, without encrypting them on some way between the two.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SavedDecryptedAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.SavedDecrypted];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (EntityCalls.Of(start.Compilation) is not { } calls)
                return;
            start.RegisterOperationBlockAction(block =>
            {
                foreach (var body in block.OperationBlocks)
                {
                    var use = EntityUse.Of(body, calls);
                    if (!use.Decrypts)
                        continue;
                    foreach (var (call, entity) in DecryptedFlow.Saves(block.GetControlFlowGraph(body), calls, use))
                    {
                        block.ReportDiagnostic(Diagnostic.Create(
                            Rules.SavedDecrypted, call.Syntax.GetLocation(), entity.Name, call.TargetMethod.Name));
                    }
                }
            });
        });
    }
}
