using System.Text;
using PmmCrypt.Rotation.Contract;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite.Tests;

public sealed class LockTests : SqliteTest
{
    private string LockFile => Database.FilePath + ".pmm-crypt.lock";

    [Fact]
    public async Task Who_is_kept_out_is_told_which_process_holds_the_lock()
    {
        await using var second = await Database.OpenStoreAsync();
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);

        var error = await Assert.ThrowsAsync<StoreLockedException>(() => second.LockAsync(TimeSpan.Zero, default));

        Assert.Contains($"(process {Environment.ProcessId})", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Only_its_owner_reads_the_lock_file()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);

        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(LockFile));
    }

    [SkippableFact]
    public async Task Nothing_is_replaced_once_the_lock_file_was_deleted()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows lets nobody delete it.");
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'old')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);
        File.Delete(LockFile);
        await using var second = await Database.OpenStoreAsync();
        await using var alsoHeld = await second.LockAsync(TimeSpan.Zero, default);

        await Assert.ThrowsAsync<StoreException>(() => ReplaceAllAsync(page, "new"));

        Assert.Equal("old", await Database.ScalarAsync("SELECT password FROM t"));
    }

    [SkippableFact]
    public async Task A_symbolic_link_to_the_database_leads_to_the_same_lock()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links take a privilege there.");
        var link = Path.Combine(Database.Folder, "link.db");
        File.CreateSymbolicLink(link, Database.FilePath);
        await using var second = await SqliteRotationStore.OpenAsync(link, null, default);
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);

        await Assert.ThrowsAsync<StoreLockedException>(() => second.LockAsync(TimeSpan.Zero, default));
    }

    [Fact]
    public async Task A_writer_that_does_not_end_makes_a_page_fail_and_leaves_it_unwritten()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'old')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);
        await using var writer = await Database.ConnectAsync();
        await using (await writer.BeginTransactionAsync())
        {
            var error = await Assert.ThrowsAsync<StoreException>(() => ReplaceAllAsync(page, "new"));
            Assert.Contains("stayed locked", error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.Hint);
        }

        Assert.Equal([true], await ReplaceAllAsync(page, "new"));
    }
}
