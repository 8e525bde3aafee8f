using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PmmCrypt.Generators.Analysis;

/// <summary>What is known of the entities of a body wherever it stands in it, lambdas and local functions included.</summary>
internal sealed class EntityUse
{
    private readonly HashSet<ISymbol> _tracked = new(SymbolEqualityComparer.Default);
    private readonly List<ISymbol> _encryptedInTurn = [];

    private EntityUse()
    {
    }

    /// <summary>Whether anything is decrypted at all. Few bodies do, and only they are worth a control flow graph.</summary>
    public bool Decrypts { get; private set; }

    /// <summary>Whether <c>SaveChanges</c> is called, so that what only marks entities saves nothing.</summary>
    public bool SavesChanges { get; private set; }

    public static EntityUse Of(IOperation body, EntityCalls calls)
    {
        var use = new EntityUse();
        foreach (var operation in body.DescendantsAndSelf())
            use.Add(operation, calls);
        return use;
    }

    /// <summary>The variables of which a context keeps track.</summary>
    public IEnumerable<ISymbol> Tracked => _tracked;

    /// <summary>Whether a context keeps track of what the variable holds, so that its <c>SaveChanges</c> saves it.</summary>
    public bool IsTracked(ISymbol variable) => _tracked.Contains(variable);

    /// <summary>
    /// Whether objects of the same type are encrypted one after the other, by another variable of a loop or of a lambda: these may be the
    /// same objects.
    /// </summary>
    public bool IsEncryptedInTurn(ISymbol variable) => _encryptedInTurn.Any(other =>
        !SymbolEqualityComparer.Default.Equals(other, variable)
        && SymbolEqualityComparer.Default.Equals(TypeOf(other), TypeOf(variable)));

    private void Add(IOperation operation, EntityCalls calls)
    {
        switch (operation)
        {
            case IVariableDeclaratorOperation { Initializer.Value: { } value } declared when ComesTracked(value):
                _tracked.Add(declared.Symbol);
                break;
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation local } assigned when ComesTracked(assigned.Value):
                _tracked.Add(local.Local);
                break;
            case ISimpleAssignmentOperation assigned when Store.Marked(assigned) is { } entry:
                Track(entry, calls);
                break;
            case IForEachLoopOperation loop when ComesTracked(loop.Collection):
                _tracked.UnionWith(loop.Locals);
                break;
            case IInvocationOperation call:
                Decrypts |= calls.Decrypted(call) is not null;
                SavesChanges |= Store.IsSaveChanges(call);
                if (Store.IsMark(call))
                    Track(call, calls);
                _encryptedInTurn.AddRange(calls.Encrypted(call).Select(Variable).OfType<ISymbol>().Where(IsInTurn));
                break;
        }
    }

    private void Track(IInvocationOperation call, EntityCalls calls) =>
        _tracked.UnionWith(calls.Arguments(call).Select(Variable).OfType<ISymbol>());

    private bool ComesTracked(IOperation value)
    {
        var parts = value.DescendantsAndSelf().ToArray();
        return parts.Any(part => Store.IsSource(part.Type) || (Variable(part) is { } variable && _tracked.Contains(variable)))
            && !parts.Any(part => part is IInvocationOperation call
                && call.TargetMethod.Name.StartsWith("AsNoTracking", StringComparison.Ordinal));
    }

    private static ISymbol? Variable(IOperation value) => value switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IConversionOperation conversion => Variable(conversion.Operand),
        _ => null,
    };

    private static bool IsInTurn(ISymbol variable) => variable is ILocalSymbol { IsForEach: true }
        or IParameterSymbol { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.AnonymousFunction } };

    private static ITypeSymbol? TypeOf(ISymbol variable) => (variable as ILocalSymbol)?.Type ?? (variable as IParameterSymbol)?.Type;
}
