using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Which properties of a compilation are encrypted. Each is looked at once, however often the code names it.</summary>
internal sealed class EncryptedProperties
{
    private readonly ConcurrentDictionary<IPropertySymbol, bool> _known = new(SymbolEqualityComparer.Default);

    private EncryptedProperties()
    {
    }

    /// <summary>Null where no property can be encrypted: the compilation does not refer to PmmCrypt.</summary>
    public static EncryptedProperties? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName(KnownTypeNames.Encrypted) is null ? null : new EncryptedProperties();

    public bool Contains(IPropertySymbol property) =>
        _known.GetOrAdd(property.OriginalDefinition, static definition => definition.Has(KnownTypeNames.Encrypted));
}
