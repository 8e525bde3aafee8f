namespace PmmCrypt.Kill.Tests;

/// <summary>All of these tests share the packed tool, and each uses every core by itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KillGroup : ICollectionFixture<PackedTool>, ICollectionFixture<Rehearsals>
{
    public const string Name = "kills";
}
