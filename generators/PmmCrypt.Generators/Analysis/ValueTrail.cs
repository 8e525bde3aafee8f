using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Where a value goes within one expression, as itself or within a text or a list.</summary>
internal static class ValueTrail
{
    /// <summary>Follows it up to what keeps or shows it.</summary>
    /// <returns>The sink, as messages name it, or null; and whether the value became a part of a text on the way.</returns>
    public static (string? Sink, bool IsInText) Follow(IOperation value)
    {
        var isInText = false;
        for (var part = value; part.Parent is { } parent; part = parent)
        {
            switch (parent)
            {
                case IConversionOperation or IParenthesizedOperation or IInterpolationOperation or IInterpolatedStringAppendOperation
                    or IInterpolatedStringHandlerCreationOperation or IArrayInitializerOperation or IArrayCreationOperation
                    or ICollectionExpressionOperation or ITupleOperation or ICoalesceOperation or IAnonymousObjectCreationOperation
                    or ISimpleAssignmentOperation { Parent: IAnonymousObjectCreationOperation }:
                case IConditionalOperation:
                case IConditionalAccessOperation access when part == access.WhenNotNull || IsText(access.WhenNotNull):
                case IInvocationOperation { Parent: IInterpolatedStringAppendOperation }:
                    break;
                case IInterpolatedStringOperation or IBinaryOperation
                {
                    OperatorKind: BinaryOperatorKind.Add, Type.SpecialType: SpecialType.System_String,
                }:
                    isInText = true;
                    break;
                case ICompoundAssignmentOperation { Type.SpecialType: SpecialType.System_String } added when part == added.Value:
                    return (null, true);
                case IArgumentOperation { Parent: IInvocationOperation { Parent: IInterpolatedStringAppendOperation } }:
                    break;
                case IArgumentOperation { Parent: { } call }:
                    if (Sinks.Of(call) is { } sink)
                        return (sink, isInText);
                    if (!IsText(call))
                        return (null, isInText);
                    isInText |= ((IInvocationOperation)call).TargetMethod.Name is nameof(string.Format) or nameof(string.Concat)
                        or nameof(string.Join);
                    parent = call;
                    break;
                case IInvocationOperation call when part == call.Instance && IsText(call):
                    break;
                default:
                    return (null, isInText);
            }
        }

        return (null, isInText);
    }

    /// <summary>
    /// A method that gives a string, which then holds the value or a piece of it: one of <see cref="string"/>, or what writes another type
    /// as text.
    /// </summary>
    private static bool IsText(IOperation operation) => operation is IInvocationOperation
        {
            Type.SpecialType: SpecialType.System_String, TargetMethod: { ContainingType: { } type } method,
        }
        && (type.SpecialType == SpecialType.System_String || method.Name == nameof(ToString)
            || type.ToDisplayString() == "System.Convert");
}
