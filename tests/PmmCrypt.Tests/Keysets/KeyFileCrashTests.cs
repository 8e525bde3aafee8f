using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>
/// A process is killed (SIGKILL, by itself) at each step of a write. What it leaves is a whole key file, and the next run goes on.
/// </summary>
public sealed class KeyFileCrashTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(KeyFileSteps.TempWritten, 1, true)]
    [InlineData(KeyFileSteps.TempSynced, 1, true)]
    [InlineData(KeyFileSteps.Renamed, 2, false)]
    [InlineData(KeyFileSteps.FolderSynced, 2, false)]
    public void Killed_while_replacing(string step, int keys, bool leavesTemporary)
    {
        ChildProcess.KillAt("add", _folder.Key, step);

        Assert.Equal(keys, TinkReader.Read(File.ReadAllText(_folder.Key)).Keys.Count);
        Assert.Equal(leavesTemporary ? 1 : 0, Directory.GetFiles(_folder.Root, ".pmm.key.*.tmp").Length);
        using (var held = _folder.Lock())
        using (var file = KeyFile.Load(_folder.Key))
        {
            file.EnsureDurable();
            file.Replace(file.Keyset, held).Dispose();
            Assert.Equal(keys, file.Keyset.Keys.Count);
        }

        _folder.AssertNoTemporaryFile();
    }

    [Theory]
    [InlineData(KeyFileSteps.TempWritten, false)]
    [InlineData(KeyFileSteps.TempSynced, false)]
    [InlineData(KeyFileSteps.Created, true)]
    [InlineData(KeyFileSteps.FolderSynced, true)]
    public void Killed_while_making_a_new_one(string step, bool made)
    {
        ChildProcess.KillAt("create", _folder["new.key"], step);

        Assert.Equal(made, File.Exists(_folder["new.key"]));
        using (var held = _folder.Lock(_folder["new.key"]))
        {
            if (!made)
            {
                using var keyset = KeysetManager.Generate();
                KeyFile.Create(_folder["new.key"], keyset, held).Dispose();
            }

            using var file = KeyFile.Load(_folder["new.key"]);
            file.EnsureDurable();
            file.Replace(file.Keyset, held).Dispose();
            Assert.Single(TinkReader.Read(File.ReadAllText(_folder["new.key"])).Keys);
        }

        _folder.AssertNoTemporaryFile();
    }
}
