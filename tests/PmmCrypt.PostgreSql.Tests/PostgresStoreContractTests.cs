using PmmCrypt.Rotation.Contract;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>The contract on columns as PMM has them.</summary>
[Trait("Category", "Slow")]
public sealed class JsonBContractTests : RotationStoreContract
{
    protected override async Task<ContractDatabase> CreateDatabaseAsync() => await PostgresContractDatabase.CreateAsync("jsonb", "varchar");
}

/// <summary>The contract on JSON that is kept as it was typed.</summary>
[Trait("Category", "Slow")]
public sealed class JsonContractTests : RotationStoreContract
{
    protected override async Task<ContractDatabase> CreateDatabaseAsync() => await PostgresContractDatabase.CreateAsync("json", "text");
}

/// <summary>The contract on JSON in a text column, as PMM 2 had it.</summary>
[Trait("Category", "Slow")]
public sealed class JsonTextContractTests : RotationStoreContract
{
    protected override async Task<ContractDatabase> CreateDatabaseAsync() => await PostgresContractDatabase.CreateAsync("text", "text");
}
