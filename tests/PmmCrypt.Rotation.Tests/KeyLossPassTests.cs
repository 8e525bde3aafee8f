using System.Text.Json.Nodes;
using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Tests;

/// <summary>How values under lost keys are moved, page by page.</summary>
public sealed class KeyLossPassTests : IDisposable
{
    private readonly Keyset _lost = KeysetManager.Generate();

    private RotationOptions Accepting => Vault.Patient with { AcceptKeyLoss = [_lost.Primary.Id] };

    public void Dispose() => _lost.Dispose();

    [Fact]
    public async Task Values_of_all_pages_go_into_one_file()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");
        foreach (var id in (string[])["a", "c", "e"])
            vault.Execute("UPDATE accounts SET password = $1 WHERE id = $2", Vault.Seal(_lost, $"secret of {id}"), id);

        var loss = (await vault.RotateAsync(Accepting)).Loss!;

        var file = JsonNode.Parse(File.ReadAllText(Assert.Single(loss.Files)))!;
        Assert.Equal(["a", "c", "e"], file["tables"]!["accounts"]!.AsArray().Select(row => (string?)row!["id"]));
        Assert.Equal(3, loss.Count);
    }

    [Fact]
    public async Task What_of_one_document_is_left_out_of_the_file_is_in_no_other_row()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        foreach (var id in (string[])["a", "b", "c"])
        {
            vault.Execute(
                "UPDATE accounts SET options = json_set(options, '$.secret', $1, '$.later', $2) WHERE id = $3",
                Vault.Seal(_lost, "lost"), $"clear-{id}", id);
        }

        await vault.RotateAsync(Accepting);

        foreach (var id in (string[])["a", "b", "c"])
        {
            Assert.Equal(
                $$"""{"n":1.50,"secret":"","unknown":[1],"later":"clear-{{id}}"}""",
                vault.Stored(id, "options")!.Replace(" ", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_was_moved_is_flushed_before_anything_else()
    {
        using var vault = await LostAsync();
        IReadOnlyList<string> transcript = [];

        await vault.RotateAsync(Accepting, store => transcript = store.Transcript);

        var moved = transcript.ToList().IndexOf("replaced 1 of 1 in accounts");
        Assert.Equal("flushed", transcript[moved + 1]);
    }

    [Fact]
    public async Task Told_to_stop_before_anything_was_moved_it_moves_nothing()
    {
        using var vault = await LostAsync();
        using var stop = new CancellationTokenSource();
        var before = vault.Rows();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vault.RotateAsync(
            Accepting,
            store => store.AfterRead = number =>
            {
                if (number == 2)        // the last one
                    stop.Cancel();
            },
            stop.Token));

        Assert.Equal(before, vault.Rows());
        Assert.Empty(Directory.GetFiles(vault.Folder, "pmm-encryption-migration-backup-*"));
    }

    /// <summary>Of the accounts a to c the last one's password is lost.</summary>
    private async Task<Vault> LostAsync()
    {
        var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(_lost, "secret of c"));
        return vault;
    }
}
