namespace PmmCrypt.Secrecy.Tests;

/// <summary>
/// Every verb and every failure, on a database that never held anything but ciphertexts. No plaintext and no byte of a key is in anything
/// that the tool says, on its command line, in its environment, in a file that it makes, in the server's log, nor, when all is over, in
/// the server's data folder.
/// </summary>
[Trait("Category", "Slow")]
public sealed class EncryptedDatabaseTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    public static TheoryData<string> Names => [.. Scenarios.All.Keys];

    [SkippableTheory, MemberData(nameof(Names))]
    public async Task Nothing_secret_leaves(string scenario)
    {
        await using var vault = await Vault.EncryptedAsync(await fixture.ClusterAsync());
        await Scenarios.All[scenario](vault);
        await vault.RequireNoneOnServersDiskAsync();
        fixture.Note(vault.Runs);
    }
}
