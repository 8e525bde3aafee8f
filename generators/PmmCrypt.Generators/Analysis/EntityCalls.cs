using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>What a method does with entities: it decrypts, encrypts or saves them.</summary>
internal sealed class EntityCalls
{
    private readonly INamedTypeSymbol _entity;

    private EntityCalls(INamedTypeSymbol entity) => _entity = entity;

    /// <summary>Null where there are no entities: the compilation does not refer to PmmCrypt.</summary>
    public static EntityCalls? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName(KnownTypeNames.EncryptedEntity) is { } entity ? new EntityCalls(entity) : null;

    /// <summary>The entity that the call decrypts, or null.</summary>
    public IOperation? Decrypted(IInvocationOperation call) =>
        call.TargetMethod.Name == TypeRules.DecryptMethod && IsEntity(call.Instance) ? call.Instance : null;

    /// <summary>
    /// The entities that are encrypted after the call: by the generated method, or by one that gets them and says so in its name.
    /// </summary>
    public IEnumerable<IOperation> Encrypted(IInvocationOperation call) =>
        call.TargetMethod.Name == TypeRules.EncryptMethod && IsEntity(call.Instance) ? [call.Instance!]
        : call.TargetMethod.Name.Contains("Encrypt") ? Arguments(call)
        : [];

    /// <summary>The entities that the call hands over, also within the array that its params make.</summary>
    public IEnumerable<IOperation> Arguments(IInvocationOperation call) => call.Arguments
        .SelectMany(argument => argument.Value is IArrayCreationOperation { Initializer: { } list }
            ? list.ElementValues.AsEnumerable()
            : [argument.Value])
        .Where(IsEntity);

    private bool IsEntity(IOperation? value)
    {
        while (value is IConversionOperation conversion)
            value = conversion.Operand;
        return value?.Type is { } type && type.AllInterfaces.Prepend(type).Contains(_entity, SymbolEqualityComparer.Default);
    }
}
