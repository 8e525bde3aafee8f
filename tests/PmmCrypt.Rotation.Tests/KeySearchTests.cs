using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Healing;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// Which key files of a folder open what: of the accounts a to d, a is under a first key, b under a second with a layer of the first
/// beneath it, and c and d under the primary; the options of all of them are under the primary.
/// </summary>
public sealed class KeySearchTests : IDisposable
{
    private readonly Keyset _first = KeysetManager.Generate();
    private readonly Keyset _second = KeysetManager.Generate();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task Files_are_told_by_what_they_open_to_the_end_and_the_smallest_keyset_has_what_is_needed()
    {
        using var vault = await SeveralAsync();
        using var unneeded = KeysetManager.Generate();
        Save(Folder(vault, "a-first"), _first);
        Save(Folder(vault, "b-second"), _second);
        Save(Folder(vault, "c-both"), Both(_first, unneeded, manager => manager.Disable(unneeded.Primary.Id)));
        File.Copy(vault.KeyPath, Folder(vault, "d-own"));
        File.WriteAllText(Folder(vault, "e-notes"), "no key file");
        var told = new Told(vault);

        using var found = await FindAsync(vault, told);

        Assert.Equal(
            [("d-own", 6, 6), ("a-first", 1, 1), ("c-both", 1, 1), ("b-second", 1, 0)],
            found.Files.Select(file => (Path.GetFileName(file.Path), (int)file.Opens, (int)file.OpensToTheEnd)));
        Assert.Equal([unneeded.Primary.Id], found.Files[2].Disabled);
        Assert.Equal([unneeded.Primary.Id, _first.Primary.Id], found.Files[2].KeyIds);      // a merged key stands before the primary
        Assert.All(found.Files.Where((_, i) => i != 2), file => Assert.Empty(file.Disabled));
        uint[] needed = [vault.Primary, _first.Primary.Id, _second.Primary.Id];
        Assert.Equal(needed.Order(), found.Needed);
        Assert.Equal(vault.Primary, found.Keyset!.Primary.Id);
        Assert.Equal(needed.Order(), found.Keyset.Keys.Select(key => key.Id).Order());
        Assert.Equal((8L, 0L), (found.Census.Opened, found.Census.Unreadable));
        Assert.Equal($"note 4 key files in {Folder(vault, "")}{Environment.NewLine}phase Plan", told.Story.Told);
    }

    [Fact]
    public async Task A_file_that_opens_to_the_end_of_half_of_its_values_counts_those()
    {
        using var vault = await SeveralAsync();
        Save(Folder(vault, "a-second-and-own"), Both(vault.LoadKeyset(), _second));
        Save(Folder(vault, "b-first"), _first);

        using var found = await FindAsync(vault, new Told(vault));

        Assert.Equal((7L, 6L), (found.Files[0].Opens, found.Files[0].OpensToTheEnd));
    }

    [Fact]
    public async Task One_that_has_the_keys_of_both_layers_opens_them_to_the_end()
    {
        using var vault = await SeveralAsync();
        using var stranger = KeysetManager.Generate();
        Save(Folder(vault, "a-stranger"), stranger);
        Save(Folder(vault, "b-second"), _second);
        Save(Folder(vault, "c-both"), Both(_second, _first));

        using var found = await FindAsync(vault, new Told(vault));

        Assert.Equal(
            [("c-both", 2, 2), ("b-second", 1, 0), ("a-stranger", 0, 0)],
            found.Files.Select(file => (Path.GetFileName(file.Path), (int)file.Opens, (int)file.OpensToTheEnd)));
    }

    [Fact]
    public async Task The_primary_is_the_key_that_most_values_are_under_in_all_fields_together()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");
        foreach (var id in (string[])["a", "b", "c"])
            vault.Execute("UPDATE accounts SET password = $1 WHERE id = $2", Vault.Seal(_first, "x"), id);
        vault.Execute("UPDATE accounts SET options = NULL WHERE id IN ('c', 'd', 'e')");
        Directory.CreateDirectory(vault["keys"]);
        Save(Folder(vault, "first"), _first);
        File.Copy(vault.KeyPath, Folder(vault, "own"));

        using var found = await FindAsync(vault, new Told(vault));

        // Of one field three are under the first; of both four, two of each, under the vault's own.
        Assert.Equal(vault.Primary, found.Keyset!.Primary.Id);
    }

    [Fact]
    public async Task A_key_that_a_file_has_disabled_opens_here()
    {
        using var vault = await SeveralAsync();
        Save(Folder(vault, "own"), Both(vault.LoadKeyset(), _first, manager => manager.Disable(_first.Primary.Id)));

        using var found = await FindAsync(vault, new Told(vault));

        Assert.Equal([_first.Primary.Id], Assert.Single(found.Files).Disabled);
        Assert.Equal(7, found.Census.Opened);
        Assert.Equal(KeyStatus.Enabled, found.Keyset!.Find(_first.Primary.Id)!.Status);
    }

    [Fact]
    public async Task A_file_that_contradicts_one_before_it_or_cannot_be_read_is_left_out_and_named()
    {
        using var vault = await SeveralAsync();
        File.Copy(vault.KeyPath, Folder(vault, "a-own"));
        var damaged = Convert.FromBase64String(File.ReadAllText(vault.KeyPath));
        damaged[^20] ^= 1;
        File.WriteAllText(Folder(vault, "b-damaged"), Convert.ToBase64String(damaged));
        File.CreateSymbolicLink(Folder(vault, "c-circle"), Folder(vault, "c-circle"));
        var told = new Told(vault);

        using var found = await FindAsync(vault, told);

        Assert.Single(found.Files);
        var warnings = told.Story.Lines.Where(line => line.StartsWith("warn ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, warnings.Length);
        Assert.StartsWith($"warn {Folder(vault, "b-damaged")} is left out: key {vault.Primary} has other bytes", warnings[0]);
        Assert.StartsWith($"warn {Folder(vault, "c-circle")} is left out: the key file", warnings[1]);
    }

    [Fact]
    public async Task Files_that_open_nothing_make_no_keyset()
    {
        using var vault = await SeveralAsync();
        using var stranger = KeysetManager.Generate();
        Save(Folder(vault, "stranger"), stranger);

        using var found = await FindAsync(vault, new Told(vault));

        Assert.Null(found.Keyset);
        Assert.Empty(found.Needed);
        Assert.Equal((0L, 0L), (found.Files[0].Opens, found.Files[0].OpensToTheEnd));
    }

    [Fact]
    public async Task A_folder_without_key_files_and_one_that_is_not_there_are_said_to_be_so()
    {
        using var vault = await SeveralAsync();

        await Told.FailsAsync(
            RotationFailure.Key, $"no file in {Folder(vault, "")} is a key file",
            "name the folder that holds the key files, or their backups",
            () => FindAsync(vault, new Told(vault)));
        Directory.Delete(Folder(vault, ""));
        var failed = await Assert.ThrowsAsync<RotationException>(() => FindAsync(vault, new Told(vault)));
        Assert.Equal(RotationFailure.Key, failed.Failure);
        Assert.StartsWith($"{Folder(vault, "")} cannot be listed: ", failed.Message);
        Assert.Equal("run this as a user who may read it", failed.Hint);
    }

    private static async Task<KeySearch> FindAsync(Vault vault, Told told)
    {
        await using var store = await vault.OpenAsync();
        return await told.Engine(store).FindKeysAsync(Folder(vault, ""), Vault.Patient, default);
    }

    private static string Folder(Vault vault, string file) => Path.Combine(vault["keys"], file);

    private static void Save(string path, Keyset keyset) => File.WriteAllText(path, InsecureCleartextKeyset.Write(keyset));

    /// <summary>The first's keys and the second's; the first's primary is the primary.</summary>
    private static Keyset Both(Keyset first, Keyset second, Action<KeysetManager>? edit = null)
    {
        using var manager = new KeysetManager(first);
        manager.Merge(second);
        edit?.Invoke(manager);
        return manager.ToKeyset();
    }

    private async Task<Vault> SeveralAsync()
    {
        var vault = await Vault.InitializedAsync("a", "b", "c", "d");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(_first, "secret of a"));
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Layer(_second, Vault.Seal(_first, "secret of b")));
        Directory.CreateDirectory(vault["keys"]);
        return vault;
    }
}
