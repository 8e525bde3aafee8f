using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>Which system calls a key file is written with, and what is said and left where one of them fails.</summary>
public sealed class KeyFileFaultTests : IDisposable
{
    private const string Writing = "fchown fsync rename renameat2 link unlink syncfs";
    private const int Create = 0x40;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Folder => Path.GetFileName(_folder.Root);

    [SkippableFact]
    public void A_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_anybody_is_told()
    {
        Assert.Equal(["fsync draft", "rename draft", $"fsync {Folder}"], Calls((file, next, held) => file.Replace(next, held).Dispose()));
        Assert.Equal(["fsync draft", "rename draft", $"fsync {Folder}"], Calls((file, _, held) => file.WriteBeside(".notes", "x"u8, held)));
        Assert.Equal(
            ["fsync draft", "link draft", "unlink draft", $"fsync {Folder}"],
            Calls((file, _, held) => file.WriteBackup(_folder["backup"], held)));
        Assert.Equal(
            ["fsync draft", "link draft", "unlink draft", $"fsync {Folder}"],
            Calls((file, _, held) => file.WriteFile(_folder["list"], "x"u8, held)));
        Assert.Equal(["fsync pmm.key", $"fsync {Folder}"], Calls((file, _, _) => file.EnsureDurable()));
        using var keyset = KeysetManager.Generate();
        using var lockOfNew = _folder.Lock(_folder["new.key"]);
        Assert.Equal(
            ["fsync draft", "link draft", "unlink draft", $"fsync {Folder}"],
            SystemCalls.Of(Writing, () => KeyFile.Create(_folder["new.key"], keyset, lockOfNew).Dispose()));
    }

    [SkippableFact]
    public void A_disk_that_fails_with_the_content_leaves_the_old_file()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);

        foreach (var write in (Action[])[() => file.Replace(next, held), () => file.WriteBeside(".notes", "x"u8, held)])
        {
            var refused = Refused("fsync draft", SystemCalls.InputOutput, write);

            Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
            Assert.Contains("cannot be written: Input/output error", refused.Message, StringComparison.Ordinal);
        }

        foreach (var write in (Action[])[() => file.WriteBackup(_folder["new"], held), () => file.WriteFile(_folder["new"], "x"u8, held)])
        {
            Assert.EndsWith("there is none", Refused("fsync draft", SystemCalls.InputOutput, write).Message, StringComparison.Ordinal);
            Assert.False(File.Exists(_folder["new"]));
        }

        Assert.False(File.Exists(_folder.Key + ".notes"));
        _folder.AssertUntouched();
    }

    [SkippableFact]
    public void A_disk_that_fails_with_the_name_is_not_relied_on()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);

        AssertNotDurable($"fsync {Folder}", file.EnsureDurable);
        AssertNotDurable("fsync pmm.key", file.EnsureDurable);
        AssertNotDurable($"fsync {Folder}", () => file.WriteBeside(".notes", "x"u8, held));
        AssertNotDurable($"fsync {Folder}", () => file.WriteBackup(_folder["backup"], held));
        AssertNotDurable($"fsync {Folder}", () => file.Replace(next, held).Dispose());
        Assert.Equal(InsecureCleartextKeyset.Write(next), File.ReadAllText(_folder.Key));
    }

    [SkippableTheory]
    [InlineData(SystemCalls.Invalid)]
    [InlineData(SystemCalls.NotSupported)]
    [InlineData(SystemCalls.ReadOnlyFileSystem)]
    public void A_file_system_that_waits_for_no_disk_is_taken_at_its_word(int error)
    {
        using var file = KeyFile.Load(_folder.Key);

        SystemCalls.Fail("fsync", error, file.EnsureDurable);
    }

    [SkippableFact]
    public void Of_a_folder_that_cannot_be_opened_the_whole_file_system_is_waited_for()
    {
        using var file = KeyFile.Load(_folder.Key);
        var calls = new List<string>();

        // "Permission denied" for the folder, as somebody has it who may pass through it and not list it.
        SystemCalls.Answer(
            "openat fsync syncfs", call => Note(call) ? 13 : 0, file.EnsureDurable);
        Assert.Equal(["fsync pmm.key", "syncfs pmm.key"], calls);

        var refused = Assert.Throws<KeyFileException>(() => SystemCalls.Answer(
            "openat syncfs", call => call.Name == "syncfs" ? SystemCalls.InputOutput : Note(call) ? 13 : 0, file.EnsureDurable));
        Assert.Contains("may not survive a power failure: Input/output error", refused.Message, StringComparison.Ordinal);

        bool Note(SystemCalls.Call call)
        {
            if (call.Name != "openat")
                calls.Add(call.ToString());
            return call.Name == "openat" && call.File == _folder.Root;
        }
    }

    [SkippableTheory]
    [InlineData(SystemCalls.NotPermitted)]
    [InlineData(SystemCalls.NotSupported)]
    [InlineData(SystemCalls.NotImplemented)]
    [InlineData(SystemCalls.TooManyLinks)]
    public void Where_there_are_no_hard_links_a_new_file_is_renamed_to_a_free_name(int error)
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        SystemCalls.Fail("link", error, () => file.WriteBackup(_folder["backup"], held));

        Assert.Equal(KnownAnswers.KeyFileA, File.ReadAllText(_folder["backup"]));
        _folder.AssertNoTemporaryFile();
        SystemCalls.Answer(
            "link unlink",
            call => call.Name == "link" ? error : throw new InvalidOperationException("nothing is left to unlink"),
            () => file.WriteBackup(_folder["another"], held));
        var taken = Assert.Throws<KeyFileException>(() => SystemCalls.Answer("link", _ => Take(error), () =>
            file.WriteBackup(_folder["taken"], held)));
        Assert.Equal(KeyFileProblem.Exists, taken.Kind);
        Assert.Equal("mine", File.ReadAllText(_folder["taken"]));
        _folder.AssertNoTemporaryFile();

        int Take(int how)
        {
            File.WriteAllText(_folder["taken"], "mine");
            return how;
        }
    }

    [SkippableFact]
    public void A_link_that_fails_otherwise_is_an_error()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        var refused = Refused("link", SystemCalls.InputOutput, () => file.WriteBackup(_folder["backup"], held));

        Assert.Contains("Input/output error; there is none", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["backup"]));
        _folder.AssertNoTemporaryFile();
    }

    [SkippableFact]
    public void A_draft_whose_mode_cannot_be_set_is_removed()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        var refused = Refused("fchmod", SystemCalls.NotPermitted, () => file.WriteBackup(_folder["backup"], held));

        Assert.Equal(KeyFileProblem.Denied, refused.Kind);
        _folder.AssertUntouched();
    }

    [SkippableTheory]
    [InlineData(SystemCalls.NotPermitted, KeyFileProblem.Denied, "belongs to user 1234")]
    [InlineData(SystemCalls.Invalid, KeyFileProblem.Denied, "belongs to user 1234")]
    [InlineData(SystemCalls.InputOutput, KeyFileProblem.WriteFailed, "Input/output error")]
    public void A_file_whose_owner_cannot_be_kept_is_not_replaced(int error, KeyFileProblem kind, string reason)
    {
        Skip.IfNot(TestLibc.IsRoot, "only root gives files away");
        TestLibc.SetOwner(_folder.Key, 1234, 4321);
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);

        var refused = Refused("fchown", error, () => file.Replace(next, held));

        Assert.Equal(kind, refused.Kind);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        _folder.AssertUntouched();
    }

    [SkippableTheory]
    [InlineData(SystemCalls.NoSpace, KeyFileProblem.WriteFailed, "Make room")]
    [InlineData(SystemCalls.QuotaExceeded, KeyFileProblem.WriteFailed, "Make room")]
    [InlineData(SystemCalls.InputOutput, KeyFileProblem.Denied, "in the context that")]
    public void A_file_whose_label_cannot_be_kept_is_not_replaced(int error, KeyFileProblem kind, string hint)
    {
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Key, "security.test", [1, 2]), "no labels here");
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);

        var refused = Refused("fsetxattr", error, () => file.Replace(next, held));

        Assert.Equal(kind, refused.Kind);
        Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
        _folder.AssertUntouched();
    }

    [SkippableTheory]
    [InlineData(new byte[] { 1, 2 }, false)]
    [InlineData(new byte[] { 1, 3 }, true)]
    public void A_label_that_the_new_file_has_already_is_not_set_again(byte[] label, bool isSet)
    {
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Key, "security.test", [1, 2]), "no labels here");
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);
        var sets = false;

        // As a system does that labels every new file.
        SystemCalls.Answer("fchmod fsetxattr", call =>
        {
            sets |= call.Name == "fsetxattr";
            if (call.Name == "fchmod")
                TestLibc.TrySetAttribute(call.File, "security.test", label);
            return 0;
        }, () => file.Replace(next, held).Dispose());

        Assert.Equal(isSet, sets);
        Assert.Equal([1, 2], TestLibc.GetAttribute(_folder.Key, "security.test"));
    }

    [SkippableFact]
    public void A_file_that_grows_while_it_is_read_was_changed_by_somebody()
    {
        var refused = Assert.Throws<KeyFileException>(() => SystemCalls.Answer("read", call =>
        {
            if (call.File == _folder.Key)
                File.AppendAllText(_folder.Key, "\n");
            return 0;
        }, () => KeyFile.Load(_folder.Key)));

        Assert.Equal(KeyFileProblem.Changed, refused.Kind);
    }

    [SkippableTheory]
    [InlineData("another")]
    [InlineData("x and more")]
    [InlineData("")]
    public void What_does_not_read_back_as_it_was_written_is_not_relied_on(string meanwhile)
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        foreach (var write in (Action[])[
            () => file.WriteBackup(_folder["new"], held), () => file.WriteFile(_folder["new"], "written"u8, held)])
        {
            var refused = Assert.Throws<KeyFileException>(() => SystemCalls.Answer("fsync", call =>
            {
                if (call.File == _folder.Root)
                    File.WriteAllText(_folder["new"], meanwhile);
                return 0;
            }, write));

            Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
            Assert.Contains("read back is not what was written", refused.Message, StringComparison.Ordinal);
            File.Delete(_folder["new"]);
        }
    }

    [SkippableFact]
    public void A_lock_file_that_goes_while_it_is_locked_is_made_again()
    {
        var gone = 0;
        SystemCalls.Answer("flock", _ =>
        {
            if (gone++ == 0)
                File.Delete(_folder.Key + ".lock");
            return 0;
        }, () => KeyFileLock.Acquire(_folder.Key, TimeSpan.FromMinutes(1)).Dispose());

        Assert.Equal(3, gone);      // the lost one, the one that counts, and its release
        Assert.True(File.Exists(_folder.Key + ".lock"));
        Assert.Throws<KeyFileLockedException>(() => SystemCalls.Answer("flock", _ =>
        {
            File.Delete(_folder.Key + ".lock");
            return 0;
        }, () => _folder.Lock().Dispose()));
    }

    [SkippableFact]
    public void So_is_one_that_is_replaced()
    {
        var gone = 0;
        SystemCalls.Answer("flock", _ =>
        {
            if (gone++ == 0)
            {
                File.Move(_folder.Key + ".lock", _folder["old"]);
                File.WriteAllText(_folder.Key + ".lock", "");
            }

            return 0;
        }, () => KeyFileLock.Acquire(_folder.Key, TimeSpan.FromMinutes(1)).Dispose());

        Assert.Equal(3, gone);
    }

    [SkippableFact]
    public void A_lock_file_that_somebody_makes_first_is_opened()
    {
        var made = false;
        SystemCalls.Answer("openat", call =>
        {
            if ((call.Flags & Create) != 0 && !made)
            {
                File.WriteAllText(_folder.Key + ".lock", "");
                made = true;
            }

            return 0;
        }, () => KeyFileLock.Acquire(_folder.Key, TimeSpan.FromMinutes(1)).Dispose());

        Assert.True(made);
    }

    [SkippableFact]
    public void A_lock_that_the_file_system_does_not_have_is_an_error()
    {
        var refused = Refused("flock", SystemCalls.NotSupported, () => _folder.Lock());

        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.EndsWith("pmm.key.lock was not taken", refused.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("fchown pmm.key.lock", "process ")]
    [InlineData("write pmm.key.lock", "")]
    [InlineData("ftruncate pmm.key.lock", "")]
    public void A_lock_holds_although_its_holder_cannot_be_noted(string call, string noted)
    {
        KeyFileLock? held = null;
        SystemCalls.Fail(call, SystemCalls.NoSpace, () => held = _folder.Lock());

        Assert.StartsWith(noted, TestFolder.Run("cat", _folder.Key + ".lock"), StringComparison.Ordinal);
        Assert.Throws<KeyFileLockedException>(() => _folder.Lock());
        SystemCalls.Fail(call, SystemCalls.NoSpace, held!.Dispose);
        _folder.Lock().Dispose();
    }

    /// <summary>The calls by which something is written, before and after which the key file is the same.</summary>
    private List<string> Calls(Action<KeyFile, Keyset, KeyFileLock> write)
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);
        var calls = SystemCalls.Of(Writing, () => write(file, next, held));
        TestFolder.WriteKey(_folder.Key);
        return calls;
    }

    private static KeyFileException Refused(string call, int error, Action action) =>
        Assert.Throws<KeyFileException>(() => SystemCalls.Fail(call, error, action));

    private static void AssertNotDurable(string call, Action action)
    {
        var refused = Refused(call, SystemCalls.InputOutput, action);
        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.Contains("may not survive a power failure: Input/output error", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was encrypted", refused.Hint, StringComparison.Ordinal);
    }
}
