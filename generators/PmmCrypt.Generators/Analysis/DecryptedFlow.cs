using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Follows decrypted entities through one body, along every way that it can take.</summary>
/// <remarks>
/// The state of a block is what may be true where it begins; states only grow, so it ends. The ways into <c>catch</c> are left out: what
/// has happened by then is not known.
/// </remarks>
internal sealed class DecryptedFlow
{
    private readonly ControlFlowGraph _graph;
    private readonly EntityCalls _calls;
    private readonly EntityUse _use;
    private readonly Variables _variables;
    private readonly FlowState?[] _before;
    private readonly Queue<BasicBlock> _waiting = new();
    private readonly HashSet<(IInvocationOperation, ISymbol)> _saves = [];

    private DecryptedFlow(ControlFlowGraph graph, EntityCalls calls, EntityUse use)
    {
        _graph = graph;
        _calls = calls;
        _use = use;
        _variables = new Variables(graph);
        _before = new FlowState?[graph.Blocks.Length];
    }

    /// <summary>The calls that save an entity which may be decrypted, each with the variable that holds it.</summary>
    public static IEnumerable<(IInvocationOperation Call, ISymbol Entity)> Saves(
        ControlFlowGraph graph, EntityCalls calls, EntityUse use) =>
        Bodies(graph).SelectMany(body => new DecryptedFlow(body, calls, use).Run());

    // Lambdas and local functions have graphs of their own, and run nobody knows when.
    private static IEnumerable<ControlFlowGraph> Bodies(ControlFlowGraph graph)
    {
        var lambdas = graph.Blocks
            .SelectMany(block => block.Operations.Append(block.BranchValue).OfType<IOperation>())
            .SelectMany(operation => operation.DescendantsAndSelf())
            .OfType<IFlowAnonymousFunctionOperation>()
            .Select(lambda => graph.GetAnonymousFunctionControlFlowGraph(lambda));
        return graph.LocalFunctions.Select(function => graph.GetLocalFunctionControlFlowGraph(function))
            .Concat(lambdas)
            .SelectMany(Bodies)
            .Prepend(graph);
    }

    private HashSet<(IInvocationOperation, ISymbol)> Run()
    {
        var start = new FlowState();
        start.Keep(_use.Tracked);
        Reach(_graph.Blocks[0], start);
        while (_waiting.Count > 0)
        {
            var block = _waiting.Dequeue();
            var state = _before[block.Ordinal]!.Without(null);
            foreach (var operation in block.Operations.Append(block.BranchValue).OfType<IOperation>().SelectMany(InOrder))
                Run(operation, state);

            var (tested, isTrueForNull) = _variables.NullTest(block.BranchValue);
            var isConditionalNull = isTrueForNull == (block.ConditionKind == ControlFlowConditionKind.WhenTrue);
            Leave(block.ConditionalSuccessor, state.Without(isConditionalNull ? tested : null));
            Leave(block.FallThroughSuccessor, state.Without(isConditionalNull ? null : tested));
        }

        return _saves;
    }

    private void Run(IOperation operation, FlowState state)
    {
        switch (operation)
        {
            case ISimpleAssignmentOperation assigned when _variables.Of(assigned.Target) is { } variable:
                state.Assign(variable);
                break;
            case ISimpleAssignmentOperation assigned when Store.Detached(assigned) is { } entry:
                state.Release(Of(_calls.Arguments(entry)));
                break;
            case ISimpleAssignmentOperation assigned when Store.Marked(assigned) is { } entry:
                Mark(entry, state);
                break;
            case IInvocationOperation call:
                Run(call, state);
                break;
        }
    }

    private void Run(IInvocationOperation call, FlowState state)
    {
        state.Encrypt(Of(_calls.Encrypted(call)));
        if (_variables.Of(_calls.Decrypted(call)) is { } entity)
            state.Decrypt(entity);
        if (Store.IsMark(call))
            Mark(call, state);
        if (Store.IsClear(call))
            state.ReleaseAll();
        if (Store.IsWrite(call))
            Save(call, Of(_calls.Arguments(call)), state);
        else if (Store.IsSaveChanges(call) && !Store.IsOverridden(call))
            Save(call, state.Decrypted.Where(variable => _use.IsTracked(variable) && state.IsKept(variable)), state);
    }

    private void Mark(IInvocationOperation call, FlowState state)
    {
        state.Keep(Of(_calls.Arguments(call)));
        if (!_use.SavesChanges && !Store.IsOverridden(call))
            Save(call, Of(_calls.Arguments(call)), state);
    }

    private void Save(IInvocationOperation call, IEnumerable<ISymbol> entities, FlowState state)
    {
        foreach (var variable in entities.Where(variable => state.IsDecrypted(variable) && !_use.IsEncryptedInTurn(variable)))
            _saves.Add((call, variable));
    }

    private IEnumerable<ISymbol> Of(IEnumerable<IOperation> entities) => entities.Select(_variables.Of).OfType<ISymbol>();

    private void Leave(ControlFlowBranch? branch, FlowState state)
    {
        if (branch is null)
            return;
        if (branch.Semantics != ControlFlowBranchSemantics.StructuredExceptionHandling)
        {
            Reach(Next(branch, 0), state);
            return;
        }

        // The end of a finally: on to wherever the ways lead that come through it.
        var successors = _graph.Blocks.SelectMany(block => new[] { block.FallThroughSuccessor, block.ConditionalSuccessor });
        foreach (var other in successors.OfType<ControlFlowBranch>())
        {
            for (var i = 0; i < other.FinallyRegions.Length; i++)
            {
                var region = other.FinallyRegions[i];
                if (region.FirstBlockOrdinal <= branch.Source.Ordinal && branch.Source.Ordinal <= region.LastBlockOrdinal)
                    Reach(Next(other, i + 1), state);
            }
        }
    }

    private BasicBlock? Next(ControlFlowBranch branch, int done) => done < branch.FinallyRegions.Length
        ? _graph.Blocks[branch.FinallyRegions[done].FirstBlockOrdinal]
        : branch.Destination;

    private void Reach(BasicBlock? block, FlowState state)
    {
        if (block is null)
            return;
        var isNew = _before[block.Ordinal] is null;
        var before = _before[block.Ordinal] ??= new FlowState();
        if (before.Add(state) || isNew)
            _waiting.Enqueue(block);
    }

    // An argument is there before the call that takes it.
    private static IEnumerable<IOperation> InOrder(IOperation operation) =>
        operation.ChildOperations.SelectMany(InOrder).Append(operation);
}
