using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Which local or parameter an operation of one control flow graph stands for.</summary>
internal sealed class Variables
{
    // Where an expression branches, the graph puts what stands before into captures. One with several values stands for none.
    private readonly Dictionary<CaptureId, ISymbol?> _captures = [];

    public Variables(ControlFlowGraph graph)
    {
        foreach (var capture in graph.Blocks.SelectMany(block => block.Operations).OfType<IFlowCaptureOperation>())
            _captures[capture.Id] = _captures.ContainsKey(capture.Id) ? null : Of(capture.Value);
    }

    public ISymbol? Of(IOperation? value) => value switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IConversionOperation conversion => Of(conversion.Operand),
        IFlowCaptureReferenceOperation reference => _captures.TryGetValue(reference.Id, out var variable) ? variable : null,
        _ => null,
    };

    /// <summary>The variable that a branch tests for null, and whether the test is true where it is null.</summary>
    public (ISymbol? Variable, bool IsTrueForNull) NullTest(IOperation? branch) => branch switch
    {
        IIsNullOperation test => (Of(test.Operand), true),
        IIsPatternOperation { Pattern: IConstantPatternOperation constant } test when IsNull(constant.Value) => (Of(test.Value), true),
        IIsPatternOperation { Pattern: INegatedPatternOperation { Pattern: IConstantPatternOperation constant } } test
            when IsNull(constant.Value) => (Of(test.Value), false),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals } test =>
            (IsNull(test.RightOperand) ? Of(test.LeftOperand) : IsNull(test.LeftOperand) ? Of(test.RightOperand) : null,
                test.OperatorKind == BinaryOperatorKind.Equals),
        _ => (null, false),
    };

    private static bool IsNull(IOperation value) => value switch
    {
        IConversionOperation conversion => IsNull(conversion.Operand),
        _ => value.ConstantValue is { HasValue: true, Value: null },
    };
}
