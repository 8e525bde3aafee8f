using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using PmmCrypt.Generators.Diagnostics;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Finds encrypted properties by which an <c>IQueryable</c> is filtered, ordered, grouped or joined.</summary>
/// <remarks>
/// Such a lambda is carried out by the database, on ciphertexts. Those over other sequences run on objects, which may be decrypted.
/// </remarks>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class QueryAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.Queried];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            var queryable = start.Compilation.GetTypeByMetadataName("System.Linq.IQueryable");
            if (queryable is null || EncryptedProperties.Of(start.Compilation) is not { } encrypted)
                return;
            start.RegisterOperationAction(
                operation =>
                {
                    var reference = (IPropertyReferenceOperation)operation.Operation;
                    if (encrypted.Contains(reference.Property) && IsOfARow(reference)
                        && !IsTestForNothing(reference) && Decides(reference, queryable))
                    {
                        operation.ReportDiagnostic(
                            Diagnostic.Create(Rules.Queried, reference.Syntax.GetLocation(), reference.Property.Name));
                    }
                },
                OperationKind.PropertyReference);
        });
    }

    /// <summary>Not of an object that the query only captures: that one's value is a constant to the database.</summary>
    private static bool IsOfARow(IPropertyReferenceOperation reference)
    {
        IOperation? root = reference;
        while (root is not null)
        {
            switch (root)
            {
                case IMemberReferenceOperation member:
                    root = member.Instance;
                    break;
                case IConversionOperation conversion:
                    root = conversion.Operand;
                    break;
                case ILocalReferenceOperation or IInstanceReferenceOperation:
                    return false;
                case IParameterReferenceOperation { Parameter.ContainingSymbol: IMethodSymbol method }:
                    return method.MethodKind == MethodKind.AnonymousFunction;
                default:
                    return true;
            }
        }

        return false;       // static
    }

    // Null and the empty string are stored as they are.
    private static bool IsTestForNothing(IPropertyReferenceOperation reference)
    {
        IOperation value = reference;
        while (value.Parent is IConversionOperation conversion)
            value = conversion;
        return value.Parent switch
        {
            IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals } comparison =>
                IsNothing(comparison.LeftOperand) || IsNothing(comparison.RightOperand),
            IArgumentOperation { Parent: IInvocationOperation { TargetMethod: { } method } } when IsOfString(method) =>
                method.Name is nameof(string.IsNullOrEmpty) or nameof(string.IsNullOrWhiteSpace),
            _ => false,
        };
    }

    private static bool IsNothing(IOperation operand)
    {
        while (operand is IConversionOperation conversion)
            operand = conversion.Operand;
        return operand.ConstantValue is { HasValue: true, Value: null or "" }
            || operand is IDefaultValueOperation        // a Secret's, which is nothing
            || (operand is IFieldReferenceOperation { Field: { Name: nameof(string.Empty) } field } && IsOfString(field));
    }

    private static bool IsOfString(ISymbol member) => member.ContainingType.SpecialType == SpecialType.System_String;

    private static bool Decides(IOperation reference, INamedTypeSymbol queryable)
    {
        for (var operation = reference.Parent; operation is not null; operation = operation.Parent)
        {
            if (operation is IAnonymousFunctionOperation { Parent: IConversionOperation { Parent: IArgumentOperation argument } }
                && argument is { Parameter: { } parameter, Parent: IInvocationOperation call }
                && call.Arguments.Select(other => other.Parameter?.Type).Append(call.Instance?.Type).Any(type => IsQuery(type, queryable))
                && Decides(parameter.Name, call.TargetMethod.Name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsQuery(ITypeSymbol? type, INamedTypeSymbol queryable) =>
        type is not null && (SymbolEqualityComparer.Default.Equals(type, queryable)
            || type.AllInterfaces.Contains(queryable, SymbolEqualityComparer.Default));

    // What Queryable, and those who extend it, call the lambdas that choose rows or their order.
    private static bool Decides(string parameter, string method) =>
        parameter.EndsWith("predicate", StringComparison.OrdinalIgnoreCase)
        || parameter.EndsWith("keySelector", StringComparison.OrdinalIgnoreCase)
        || (parameter == "selector" && method is "Min" or "Max" or "MinAsync" or "MaxAsync");
}
