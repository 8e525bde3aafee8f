using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Analysis;

/// <summary>What may be true of the entities in a body's variables at one place of it.</summary>
internal sealed class FlowState
{
    private readonly HashSet<ISymbol> _decrypted = new(SymbolEqualityComparer.Default);
    private readonly HashSet<ISymbol> _kept = new(SymbolEqualityComparer.Default);

    /// <summary>The variables whose entity may be decrypted.</summary>
    public IEnumerable<ISymbol> Decrypted => _decrypted;

    public bool IsDecrypted(ISymbol variable) => _decrypted.Contains(variable);

    /// <summary>Whether a context that has kept track of the entity may still do so.</summary>
    public bool IsKept(ISymbol variable) => _kept.Contains(variable);

    public void Decrypt(ISymbol variable) => _decrypted.Add(variable);

    public void Encrypt(IEnumerable<ISymbol> variables) => _decrypted.ExceptWith(variables);

    public void Keep(IEnumerable<ISymbol> variables) => _kept.UnionWith(variables);

    public void Release(IEnumerable<ISymbol> variables) => _kept.ExceptWith(variables);

    public void ReleaseAll() => _kept.Clear();

    /// <summary>The variable holds another entity now.</summary>
    public void Assign(ISymbol variable)
    {
        _decrypted.Remove(variable);
        _kept.Add(variable);
    }

    /// <summary>The same, without a variable that holds none here.</summary>
    public FlowState Without(ISymbol? variable)
    {
        var rest = new FlowState();
        rest.Add(this);
        if (variable is not null)
            rest._decrypted.Remove(variable);
        return rest;
    }

    /// <summary>Adds what may be true on another way to the same place; whether that is anything new.</summary>
    public bool Add(FlowState other)
    {
        var count = _decrypted.Count + _kept.Count;
        _decrypted.UnionWith(other._decrypted);
        _kept.UnionWith(other._kept);
        return _decrypted.Count + _kept.Count > count;
    }
}
