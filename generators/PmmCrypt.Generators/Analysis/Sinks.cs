using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PmmCrypt.Generators.Analysis;

/// <summary>What keeps or shows a text to those who may not see a secret. Known by name: none of it need be referred to.</summary>
internal static class Sinks
{
    private const string Log = "a log";
    private const string Console = "the console";
    private const string Trace = "a trace";
    private const string Exception = "an exception";

    private static readonly Dictionary<string, string> ByType = new()
    {
        ["Microsoft.Extensions.Logging.ILogger"] = Log,
        ["Microsoft.Extensions.Logging.LoggerExtensions"] = Log,
        ["Serilog.ILogger"] = Log,
        ["Serilog.Log"] = Log,
        ["NLog.ILogger"] = Log,
        ["NLog.Logger"] = Log,
        ["log4net.ILog"] = Log,
        ["System.Console"] = Console,
        ["System.Diagnostics.Debug"] = Trace,
        ["System.Diagnostics.Trace"] = Trace,
        ["System.Diagnostics.TraceSource"] = Trace,
        ["System.Diagnostics.Activity"] = Trace,
    };

    /// <summary>What a call or a construction passes its arguments into, as messages name it; null where that is no sink.</summary>
    public static string? Of(IOperation operation) => operation switch
    {
        IInvocationOperation { Instance: IPropertyReferenceOperation { Property: { IsStatic: true } writer } }
            when OfType(writer.ContainingType) is { } sink => sink,         // Console.Error
        IInvocationOperation call => OfMethod(call.TargetMethod),
        IObjectCreationOperation { Type: INamedTypeSymbol type } when IsException(type) => Exception,
        _ => null,
    };

    /// <summary>What an assignment puts its value into: a property of an exception, or its data; null where that is no sink.</summary>
    public static string? OfTarget(IOperation target)
    {
        for (var place = target as IPropertyReferenceOperation; place is not null; place = place.Instance as IPropertyReferenceOperation)
        {
            if (place.Instance?.Type is INamedTypeSymbol owner && IsException(owner))
                return Exception;
        }

        return null;
    }

    private static string? OfMethod(IMethodSymbol method) =>
        OfType(method.ContainingType)
        ?? (IsMessage(method) ? Log : null)
        ?? (method.GetAttributes().Any(data => Name(data.AttributeClass) == "Microsoft.Extensions.Logging.LoggerMessageAttribute")
            ? Log
            : null);

    /// <summary>What LoggerMessage.Define and DefineScope give: a delegate that takes the log and the values.</summary>
    private static bool IsMessage(IMethodSymbol method) =>
        method is { MethodKind: MethodKind.DelegateInvoke, Parameters: [{ Type: INamedTypeSymbol log }, .., { Type: var last }] }
        && Name(log) == "Microsoft.Extensions.Logging.ILogger"
        && (Name(last as INamedTypeSymbol) == "System.Exception" || Name(method.ReturnType as INamedTypeSymbol) == "System.IDisposable");

    private static string? OfType(INamedTypeSymbol? type) =>
        type is not null && ByType.TryGetValue(Name(type), out var sink) ? sink : null;

    private static bool IsException(INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (Name(current) == "System.Exception")
                return true;
        }

        return false;
    }

    private static string Name(INamedTypeSymbol? type) => type?.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString() ?? "";
}
