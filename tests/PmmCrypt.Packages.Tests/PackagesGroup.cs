namespace PmmCrypt.Packages.Tests;

/// <summary>All of these tests share the packages, which are made once.</summary>
[CollectionDefinition(Name)]
public sealed class PackagesGroup : ICollectionFixture<PackagesFixture>
{
    public const string Name = "packages";
}
