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
                    or ISimpleAssignmentOperation { Parent: IAnonymousObjectCreationOperation }
                    or IObjectOrCollectionInitializerOperation or IMemberInitializerOperation:
                case ISimpleAssignmentOperation { Parent: IObjectOrCollectionInitializerOperation } member when part == member.Value:
                case ISwitchExpressionArmOperation arm when part == arm.Value:
                case ISwitchExpressionOperation choice when part != choice.Value:
                case IImplicitIndexerReferenceOperation range when part == range.Instance && IsPiece(range):
                case IObjectCreationOperation list when part == list.Initializer && Sinks.Of(list) is null && IsCollection(list.Type):
                case IConditionalOperation:
                case IConditionalAccessOperation access
                    when part == access.WhenNotNull || IsText(access.WhenNotNull) || IsPiece(access.WhenNotNull):
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
                case IObjectCreationOperation exception when part == exception.Initializer:
                    return (Sinks.Of(exception), isInText);
                case ISimpleAssignmentOperation assigned when part == assigned.Value:
                    return (Sinks.OfTarget(assigned.Target), isInText);
                case IArgumentOperation { Parent: IInvocationOperation { Parent: IObjectOrCollectionInitializerOperation } add }:
                    parent = add;
                    break;
                case IArgumentOperation { Parent: { } call }:
                    if (Sinks.Of(call) is { } sink)
                        return (sink, isInText);
                    if (IsPair(call))
                    {
                        parent = call;
                        break;
                    }

                    if (!IsText(call))
                        return (null, isInText);
                    isInText |= ((IInvocationOperation)call).TargetMethod.Name is nameof(string.Format) or nameof(string.Concat)
                        or nameof(string.Join) or "Create";
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

    // A log's scope is made of pairs, in a dictionary or a list.
    private static bool IsPair(IOperation operation) => operation switch
    {
        IObjectCreationOperation creation => IsCollection(creation.Type),
        IInvocationOperation { TargetMethod: { Name: "Create", ContainingType: { Name: "KeyValuePair" } type } } => IsCollection(type),
        _ => false,
    };

    private static bool IsCollection(ITypeSymbol? type) => type?.ContainingNamespace?.ToDisplayString() == "System.Collections.Generic";

    // secret[..4]
    private static bool IsPiece(IOperation operation) =>
        operation is IImplicitIndexerReferenceOperation { Type.SpecialType: SpecialType.System_String };

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
