using System.Diagnostics;
using System.Globalization;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

public sealed class KeyFileLockTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string LockPath => _folder.Key + ".lock";

    [Fact]
    public void Another_process_that_holds_it_is_named()
    {
        using var holder = ChildProcess.Hold(_folder.Key);

        var locked = Assert.Throws<KeyFileLockedException>(() => KeyFileLock.Acquire(_folder.Key, TimeSpan.FromMilliseconds(100)));

        Assert.Equal($"process {holder.Id} (PmmCrypt.Tests) on {Environment.MachineName}", locked.Holder);
        Assert.Contains($"{_folder.Key} is locked by process {holder.Id}", locked.Message, StringComparison.Ordinal);
        Assert.NotEmpty(locked.Hint);
    }

    [Fact]
    public void The_lock_of_a_killed_process_is_free()
    {
        using var holder = ChildProcess.Hold(_folder.Key);
        holder.Kill();

        using var held = KeyFileLock.Acquire(_folder.Key, TimeSpan.Zero);

        Assert.StartsWith($"process {Environment.ProcessId} ", ReadLock(), StringComparison.Ordinal);
    }

    [Fact]
    public void Released_it_is_free_although_a_process_that_is_being_started_has_a_copy_of_the_open_file()
    {
        var held = KeyFileLock.Acquire(_folder.Key, TimeSpan.Zero);
        var file = Directory.GetFiles("/proc/self/fd").Single(IsTheLocks);
        using var copy = TestLibc.Duplicate(int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture));
        Assert.Throws<KeyFileLockedException>(() => KeyFileLock.Acquire(_folder.Key, TimeSpan.Zero));

        held.Dispose();

        KeyFileLock.Acquire(_folder.Key, TimeSpan.Zero).Dispose();

        bool IsTheLocks(string descriptor)
        {
            try
            {
                return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName == LockPath;
            }
            catch (IOException)
            {
                return false;       // another test's, which has closed it meanwhile
            }
        }
    }

    [Fact]
    public void It_is_the_lock_that_flock_takes()
    {
        using (_folder.Lock())
            Assert.Equal(1, TestFolder.TryRun("flock", ["-n", LockPath, "true"], out _));
        Assert.Equal(0, TestFolder.TryRun("flock", ["-n", LockPath, "true"], out _));

        using var other = Process.Start(new ProcessStartInfo("flock", [LockPath, "sh", "-c", "echo held; read x"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", other.StandardOutput.ReadLine());
        var locked = Assert.Throws<KeyFileLockedException>(() => _folder.Lock());
        Assert.Null(locked.Holder);
        Assert.EndsWith("is locked by another process", locked.Message, StringComparison.Ordinal);
        other.StandardInput.Close();
        other.WaitForExit();
    }

    [Fact]
    public async Task A_lock_that_is_released_in_time_is_taken()
    {
        var first = _folder.Lock();
        var release = Task.Delay(200).ContinueWith(_ => first.Dispose(), TaskScheduler.Default);

        using var second = KeyFileLock.Acquire(_folder.Key, TimeSpan.FromSeconds(30));

        await release;
    }

    [Fact]
    public void The_wait_ends_when_it_is_cancelled()
    {
        using var first = _folder.Lock();
        using var cancellation = new CancellationTokenSource(100);

        Assert.Throws<OperationCanceledException>(() => KeyFileLock.Acquire(_folder.Key, TimeSpan.FromMinutes(5), cancellation.Token));
    }

    [Fact]
    public void The_lock_file_is_the_owners_alone_and_stays_empty()
    {
        using (_folder.Lock())
            Assert.Equal("600", TestFolder.Stat(LockPath).Split(' ')[1]);

        Assert.Equal("", ReadLock());
    }

    [Fact]
    public void Every_path_to_the_file_has_the_same_lock()
    {
        File.CreateSymbolicLink(_folder["link"], "pmm.key");
        Directory.CreateSymbolicLink(_folder["folder"], ".");
        using var held = _folder.Lock();

        Assert.Throws<KeyFileLockedException>(() => _folder.Lock(_folder["link"]));
        Assert.Throws<KeyFileLockedException>(() => _folder.Lock(_folder["folder/pmm.key"]));
        Assert.Throws<KeyFileLockedException>(() => _folder.Lock(Path.GetRelativePath(Environment.CurrentDirectory, _folder.Key)));
    }

    [Fact]
    public void A_lock_file_that_was_removed_under_the_holder_is_made_again()
    {
        using var lost = _folder.Lock();
        File.Delete(LockPath);

        using var held = _folder.Lock();

        Assert.NotEmpty(ReadLock());
        Assert.Throws<KeyFileLockedException>(() => _folder.Lock());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_other_file_is_written_through_the_lock(bool symbolic)
    {
        File.WriteAllText(_folder["victim"], "mine");
        if (symbolic)
            File.CreateSymbolicLink(LockPath, "victim");
        else
            TestFolder.Run("ln", _folder["victim"], LockPath);

        var refused = Assert.Throws<KeyFileException>(() => _folder.Lock());

        Assert.Equal(KeyFileProblem.NotAFile, refused.Kind);
        Assert.Contains($"{LockPath}, the lock of the key file", refused.Message, StringComparison.Ordinal);
        Assert.Contains("remove it", refused.Hint, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder["victim"]));
    }

    [Fact]
    public void Nor_is_one_made()
    {
        File.CreateSymbolicLink(LockPath, "victim");

        Assert.Equal(KeyFileProblem.NotAFile, Assert.Throws<KeyFileException>(() => _folder.Lock()).Kind);
        Assert.False(File.Exists(_folder["victim"]));
    }

    [Fact]
    public void Of_a_holder_that_is_gone_nothing_stays_in_the_file()
    {
        _folder.Lock().Dispose();
        WriteLock($"process 4711 ({new string('x', 300)}) on elsewhere\nand more\n");

        using var held = _folder.Lock();

        Assert.Equal($"process {Environment.ProcessId} ({AppDomain.CurrentDomain.FriendlyName}) on {Environment.MachineName}\n", ReadLock());
    }

    [SkippableFact]
    public void Of_a_key_file_that_is_yet_to_be_made_it_belongs_to_the_owner_of_the_folder()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root gives files away");
        TestLibc.SetOwner(_folder.Root, 1234, 4321);

        _folder.Lock(_folder["new.key"]).Dispose();

        Assert.Equal("1234:4321 600", TestFolder.Stat(_folder["new.key.lock"]));
    }

    [Theory]
    [InlineData("\u001b[2Jprocess 1\n")]
    [InlineData("process \u001b[2J\n")]
    public void What_is_no_holder_is_not_shown(string text)
    {
        using var held = _folder.Lock();
        WriteLock(text);

        Assert.Null(Assert.Throws<KeyFileLockedException>(() => _folder.Lock()).Holder);
    }

    [Fact]
    public void Many_processes_and_threads_write_one_after_the_other()
    {
        // Each adds a key by destroying the waiting one; a lost update or two holders at a time would be a refusal or a torn file.
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ =>
        {
            using var held = KeyFileLock.Acquire(_folder.Key, TimeSpan.FromMinutes(1));
            using var file = KeyFile.Load(_folder.Key);
            using var manager = new KeysetManager(file.Keyset);
            if (file.Keyset.Waiting is [{ } waiting])
                manager.Promote(waiting.Id);
            else
                manager.Add();
            using var next = manager.ToKeyset();
            file.Replace(next, held).Dispose();
        });

        Assert.Equal(13, TinkReader.Read(File.ReadAllText(_folder.Key)).Keys.Count);
        _folder.AssertNoTemporaryFile();
    }

    // With tools of their own: .NET itself asks for a lock on what it opens.
    private string ReadLock() => TestFolder.Run("cat", LockPath);

    private void WriteLock(string text) => TestFolder.Run("sh", "-c", "printf %s \"$1\" > \"$0\"", LockPath, text);
}
