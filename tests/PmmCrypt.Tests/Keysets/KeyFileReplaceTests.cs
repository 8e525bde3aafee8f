using System.Buffers.Binary;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

public sealed class KeyFileReplaceTests : IDisposable
{
    private const string Acl = "system.posix_acl_access";
    private const string DefaultAcl = "system.posix_acl_default";
    private const uint Anybody = uint.MaxValue;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_is_replaced_in_these_steps()
    {
        var steps = new List<string>();

        _folder.AddKey(onStep: step => steps.Add($"{step}: {Key()}, {Temporary()}"));

        Assert.Equal(
            ["key-temp-written: old, 600", "key-temp-synced: old, 600", "key-renamed: new, none", "key-folder-synced: new, none"],
            steps);
        _folder.AssertNoTemporaryFile();

        string Key() => File.ReadAllText(_folder.Key) == KnownAnswers.KeyFileA ? "old" : "new";

        string Temporary() =>
            Directory.GetFiles(_folder.Root, ".*").Select(file => TestFolder.Stat(file).Split(' ')[1]).SingleOrDefault("none");
    }

    [Theory]
    [InlineData("600", "600")]
    [InlineData("400", "600")]
    [InlineData("640", "640")]
    [InlineData("440", "640")]
    [InlineData("644", "640")]
    [InlineData("666", "640")]
    [InlineData("777", "640")]
    [InlineData("620", "600")]
    [InlineData("4755", "640")]
    public void Of_the_mode_the_owner_and_the_reading_group_are_kept(string before, string after)
    {
        TestFolder.SetMode(_folder.Key, before);

        _folder.AddKey();

        Assert.Equal(after, TestFolder.Stat(_folder.Key).Split(' ')[1]);
    }

    [SkippableFact]
    public void Owner_and_group_are_kept()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root gives files away");
        TestLibc.SetOwner(_folder.Key, 1234, 4321);
        TestFolder.SetMode(_folder.Key, "640");

        _folder.AddKey();

        Assert.Equal("1234:4321 640", TestFolder.Stat(_folder.Key));
        Assert.Equal("1234:4321 600", TestFolder.Stat(_folder.Key + ".lock"));
    }

    [SkippableFact]
    public void A_file_whose_owner_cannot_be_kept_is_not_replaced()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");
        TestFolder.SetMode(_folder.Root, "777");
        TestLibc.SetOwner(_folder.Key, 1234, 4321);
        TestFolder.SetMode(_folder.Key, "666");

        TestLibc.AsNobody(() =>
        {
            var refused = Refused(KeyFileProblem.Denied);
            Assert.Contains("belongs to user 1234 and group 4321", refused.Message, StringComparison.Ordinal);
            Assert.EndsWith("nothing was replaced", refused.Message, StringComparison.Ordinal);
        });

        Assert.Equal("1234:4321 666", TestFolder.Stat(_folder.Key));
        _folder.AssertUntouched();
    }

    [SkippableFact]
    public void The_user_that_owns_the_file_replaces_it_also_after_root_has()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");
        TestLibc.SetOwner(_folder.Root, TestLibc.Nobody, TestLibc.Nobody);
        TestLibc.SetOwner(_folder.Key, TestLibc.Nobody, TestLibc.Nobody);
        using (_folder.Lock())
        {
            // root makes the lock file
        }

        TestLibc.AsNobody(() => _folder.AddKey());

        Assert.Equal($"{TestLibc.Nobody}:{TestLibc.Nobody} 600", TestFolder.Stat(_folder.Key));
    }

    [SkippableFact]
    public void In_a_folder_that_this_user_may_not_write_nothing_is_replaced()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");
        TestFolder.SetMode(_folder.Key, "644");
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);

        TestLibc.AsNobody(() =>
        {
            var notReplaced = Assert.Throws<KeyFileException>(() => file.Replace(next, held));
            Assert.Equal(KeyFileProblem.Denied, notReplaced.Kind);
            Assert.Contains("cannot be written: Permission denied", notReplaced.Message, StringComparison.Ordinal);
            Assert.EndsWith("the old one is still in place", notReplaced.Message, StringComparison.Ordinal);
            Assert.Contains("as the user that owns", notReplaced.Hint, StringComparison.Ordinal);
            var notLocked = Assert.Throws<KeyFileException>(() => _folder.Lock());
            Assert.Equal(KeyFileProblem.Denied, notLocked.Kind);
            Assert.EndsWith("pmm.key.lock was not taken", notLocked.Message, StringComparison.Ordinal);
        });

        _folder.AssertUntouched();
    }

    [Fact]
    public void Of_a_linked_file_the_target_is_replaced_and_the_link_stays()
    {
        Directory.CreateDirectory(_folder["real"]);
        File.Move(_folder.Key, _folder["real/pmm.key"]);
        File.CreateSymbolicLink(_folder.Key, "real/pmm.key");

        var text = _folder.AddKey();

        Assert.Equal("real/pmm.key", new FileInfo(_folder.Key).LinkTarget);
        Assert.Equal(text, File.ReadAllText(_folder["real/pmm.key"]));
        Assert.True(File.Exists(_folder["real/pmm.key.lock"]));
    }

    [Fact]
    public void A_link_that_leads_elsewhere_by_now_is_not_followed_there()
    {
        File.Move(_folder.Key, _folder["first"]);
        TestFolder.WriteKey(_folder["second"]);
        File.CreateSymbolicLink(_folder.Key, "first");
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);
        File.Delete(_folder.Key);
        File.CreateSymbolicLink(_folder.Key, "second");

        file.Replace(next, held).Dispose();

        Assert.Equal(InsecureCleartextKeyset.Write(next), File.ReadAllText(_folder["first"]));
        Assert.Equal(KnownAnswers.KeyFileA, File.ReadAllText(_folder["second"]));
    }

    [Theory]
    [InlineData(KnownAnswers.KeyFileB)]
    [InlineData(KnownAnswers.KeyFileA + "\n")]
    [InlineData("")]
    public void A_file_that_is_no_longer_what_was_loaded_is_not_replaced(string meanwhile)
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key, step => Assert.Fail($"{step}, though the file was seen to have changed"));
        using var next = TestFolder.WithNewKey(file);
        File.WriteAllText(_folder.Key, meanwhile);

        var refused = Assert.Throws<KeyFileException>(() => file.Replace(next, held));
        Assert.Equal(KeyFileProblem.Changed, refused.Kind);
        Assert.Contains("was changed by somebody else", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Run this again", refused.Hint, StringComparison.Ordinal);
        Assert.Equal(KeyFileProblem.Changed, Assert.Throws<KeyFileException>(file.EnsureDurable).Kind);
        Assert.Equal(meanwhile, File.ReadAllText(_folder.Key));
        _folder.AssertNoTemporaryFile();
    }

    [Fact]
    public void Nor_one_that_PMM_wrote_while_the_new_one_was_being_written()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key, step =>
        {
            if (step == KeyFileSteps.TempSynced)
                File.WriteAllText(_folder.Key, KnownAnswers.KeyFileB);
        });
        using var next = TestFolder.WithNewKey(file);

        Assert.Equal(KeyFileProblem.Changed, Assert.Throws<KeyFileException>(() => file.Replace(next, held)).Kind);
        Assert.Equal(KnownAnswers.KeyFileB, File.ReadAllText(_folder.Key));
        _folder.AssertNoTemporaryFile();
    }

    [Fact]
    public void A_file_that_does_not_read_back_as_it_was_written_is_not_relied_on()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key, step =>
        {
            if (step == KeyFileSteps.FolderSynced)
                File.WriteAllText(_folder.Key, KnownAnswers.KeyFileB);
        });
        using var next = TestFolder.WithNewKey(file);

        var refused = Assert.Throws<KeyFileException>(() => file.Replace(next, held));

        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.Contains("may not survive a power failure", refused.Message, StringComparison.Ordinal);
        Assert.Contains("read back is not what was written", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was encrypted", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_has_gone_is_not_made_again()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);
        File.Delete(_folder.Key);

        Assert.Equal(KeyFileProblem.Missing, Assert.Throws<KeyFileException>(() => file.Replace(next, held)).Kind);
        Assert.False(File.Exists(_folder.Key));
    }

    [Fact]
    public void One_instance_replaces_once_and_the_next_goes_on()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        using var added = TestFolder.WithNewKey(file);
        using var second = file.Replace(added, held);
        using var manager = new KeysetManager(second.Keyset);
        manager.Promote(second.Keyset.Waiting[0].Id);
        using var promoted = manager.ToKeyset();

        Assert.Equal(KeyFileProblem.Changed, Assert.Throws<KeyFileException>(() => file.Replace(promoted, held)).Kind);
        using var third = second.Replace(promoted, held);

        Assert.Equal(third.Keyset.Keys[^1], third.Keyset.Primary);
        Assert.Equal(2, third.Keyset.Keys.Count);
    }

    [Fact]
    public void The_lock_must_be_held_and_be_that_of_the_file()
    {
        TestFolder.WriteKey(_folder["other.key"]);
        using var file = KeyFile.Load(_folder.Key);
        using var next = TestFolder.WithNewKey(file);
        using var other = _folder.Lock(_folder["other.key"]);
        var released = _folder.Lock();
        released.Dispose();

        var refused = Assert.Throws<ArgumentException>(() => file.Replace(next, other));
        Assert.Contains($"lock of {_folder.Key} must be held", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => file.RemoveLeftovers(released));
        Assert.Throws<ArgumentException>(() => file.Replace(next, released));
        Assert.Throws<ArgumentException>(() => file.WriteBackup(_folder["backup"], released));
        Assert.Throws<ArgumentException>(() => KeyFile.Create(_folder["new.key"], next, other));
        _folder.AssertUntouched();
    }

    [Fact]
    public void A_disposed_keyset_replaces_nothing()
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);
        var next = TestFolder.WithNewKey(file);
        next.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Replace(next, held));
        _folder.AssertUntouched();
    }

    [Fact]
    public void What_killed_runs_left_is_removed_and_nothing_else()
    {
        string[] left = [".pmm.key.0123456789abcdef.tmp", ".pmm.key.fedcba9876543210.tmp"];
        string[] others =
        [
            ".pmm.key.0123456789abcde.tmp", ".pmm.key.my-own-copy-here.tmp", ".other.key.0123456789abcdef.tmp",
            "pmm.key.0123456789abcdef.tmp", ".pmm.key.0123456789abcdef.tmp2", ".pmm.key.0123456789abcdef0.tmp",
            ".pmm.kex.0123456789abcdef.tmp", ".pmm.key.0123456789abcdef.tm2", ".pmm.key.0123456789abcdeg.tmp",
        ];
        foreach (var name in left.Concat(others))
            File.WriteAllText(_folder[name], KnownAnswers.KeyFileB);

        _folder.AddKey();

        Assert.All(left, name => Assert.False(File.Exists(_folder[name]), name));
        Assert.All(others, name => Assert.True(File.Exists(_folder[name]), name));
    }

    [SkippableFact]
    public void On_a_full_disk_the_old_file_stays_whole()
    {
        Directory.CreateDirectory(_folder["disk"]);
        _folder.Mount(_folder["disk"], "-t", "tmpfs", "-o", "size=16k", "tmpfs");
        var key = _folder["disk/pmm.key"];
        TestFolder.WriteKey(key);
        using var held = _folder.Lock(key);
        using var file = KeyFile.Load(key);
        using var next = TestFolder.WithNewKey(file);
        Fill(_folder["disk/rest"]);

        var refused = Assert.Throws<KeyFileException>(() => file.Replace(next, held));

        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
        Assert.Contains("the old one is still in place", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Make room", refused.Hint, StringComparison.Ordinal);
        _folder.AssertUntouched(key);
        var noBackup = Assert.Throws<KeyFileException>(() => file.WriteBackup(_folder["disk/backup"], held));
        Assert.Equal(KeyFileProblem.WriteFailed, noBackup.Kind);
        Assert.EndsWith("there is none", noBackup.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["disk/backup"]));
        held.Dispose();
        _folder.Lock(key).Dispose();        // a lock needs no room
    }

    [SkippableFact]
    public void A_bind_mounted_file_is_refused()
    {
        TestFolder.WriteKey(_folder["host.key"]);
        _folder.Mount(_folder.Key, "--bind", _folder["host.key"]);

        var refused = Refused(KeyFileProblem.NotReplaceable);

        Assert.Contains($"{_folder.Key} is bind-mounted", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("a container that has it mounted would go on reading the old one", refused.Message, StringComparison.Ordinal);
        _folder.AssertUntouched();
        _folder.AssertUntouched(_folder["host.key"]);
    }

    [SkippableFact]
    public void On_a_read_only_file_system_a_file_is_durable_and_not_locked_for_writing()
    {
        Directory.CreateDirectory(_folder["disk"]);
        _folder.Mount(_folder["disk"], "-t", "tmpfs", "-o", "size=64k", "tmpfs");
        var key = _folder["disk/pmm.key"];
        TestFolder.WriteKey(key);
        TestFolder.Run("mount", "-o", "remount,ro", _folder["disk"]);
        using var file = KeyFile.Load(key);

        file.EnsureDurable();
        var notLocked = Assert.Throws<KeyFileException>(() => _folder.Lock(key));
        Assert.Equal(KeyFileProblem.NotReplaceable, notLocked.Kind);
        Assert.EndsWith("(Read-only file system)", notLocked.Message, StringComparison.Ordinal);
        _folder.AssertUntouched(key);
    }

    [SkippableFact]
    public void An_access_control_list_is_kept_and_narrowed_as_the_mode_is()
    {
        // user::r--, user:1234:rwx, group::r-x, mask::rwx, other::r--
        var list = List((0x01, 4, Anybody), (0x02, 7, 1234), (0x04, 5, Anybody), (0x10, 7, Anybody), (0x20, 4, Anybody));
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Key, Acl, list), "no access control lists here");

        _folder.AddKey();

        Assert.Equal(
            Convert.ToHexString(List((0x01, 6, Anybody), (0x02, 4, 1234), (0x04, 4, Anybody), (0x10, 4, Anybody), (0x20, 0, Anybody))),
            Convert.ToHexString(TestLibc.GetAttribute(_folder.Key, Acl) ?? []));
        Assert.Equal("640", TestFolder.Stat(_folder.Key).Split(' ')[1]);
    }

    [SkippableFact]
    public void A_folders_default_list_lets_nobody_else_in()
    {
        var list = List((0x01, 7, Anybody), (0x02, 7, 1234), (0x04, 5, Anybody), (0x10, 7, Anybody), (0x20, 5, Anybody));
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Root, DefaultAcl, list), "no access control lists here");
        TestFolder.SetMode(_folder.Key, "640");

        _folder.AddKey();

        Assert.Null(TestLibc.GetAttribute(_folder.Key, Acl));
        Assert.Equal("640", TestFolder.Stat(_folder.Key).Split(' ')[1]);
    }

    [SkippableFact]
    public void A_security_label_is_kept_and_a_signature_of_the_old_content_is_not()
    {
        var label = "system_u:object_r:pmm_key_t:s0\0"u8.ToArray();
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Key, "security.pmmcrypt", label), "no security labels here");
        TestLibc.TrySetAttribute(_folder.Key, "security.ima", [1, 2, 3]);
        TestLibc.TrySetAttribute(_folder.Key, "security.evm", [1, 2, 3]);

        _folder.AddKey();

        Assert.Equal(label, TestLibc.GetAttribute(_folder.Key, "security.pmmcrypt"));
        Assert.Null(TestLibc.GetAttribute(_folder.Key, "security.ima"));
        Assert.Null(TestLibc.GetAttribute(_folder.Key, "security.evm"));
    }

    [SkippableFact]
    public void A_file_whose_label_cannot_be_kept_is_not_replaced()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Key, "security.pmmcrypt", [1]), "no security labels here");

        TestLibc.WithoutRightToLabel(() =>
            Assert.Contains("security.pmmcrypt", Refused(KeyFileProblem.Denied).Message, StringComparison.Ordinal));

        _folder.AssertUntouched();
    }

    [Fact]
    public void A_file_that_is_durable_is_read_back()
    {
        using var file = KeyFile.Load(_folder.Key);

        file.EnsureDurable();

        _folder.AssertUntouched();
    }

    [SkippableFact]
    public void It_is_made_durable_also_in_a_folder_that_may_not_be_listed()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");
        TestFolder.SetMode(_folder.Root, "711");
        TestFolder.SetMode(_folder.Key, "644");
        using var held = _folder.Lock();

        TestLibc.AsNobody(() =>
        {
            using var file = KeyFile.Load(_folder.Key);
            file.EnsureDurable();
            file.RemoveLeftovers(held);     // they are not seen there, which is no reason to stop
        });
    }

    /// <summary>Refused, and before a byte of the new keyset was written.</summary>
    private KeyFileException Refused(KeyFileProblem kind)
    {
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key, step => Assert.Fail(step));
        using var next = TestFolder.WithNewKey(file);
        var refused = Assert.Throws<KeyFileException>(() => file.Replace(next, held));
        Assert.Equal((kind, _folder.Key), (refused.Kind, refused.Path));
        Assert.NotEmpty(refused.Hint);
        return refused;
    }

    private static byte[] List(params (ushort Tag, ushort Permissions, uint Id)[] entries)
    {
        var list = new byte[4 + (entries.Length * 8)];
        list[0] = 2;
        for (var i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(4 + (i * 8)), entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(6 + (i * 8)), entries[i].Permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan(8 + (i * 8)), entries[i].Id);
        }

        return list;
    }

    private static void Fill(string path)
    {
        using var rest = File.Create(path);
        var page = new byte[4096];
        while (true)
        {
            try
            {
                rest.Write(page);
                rest.Flush();
            }
            catch (IOException)
            {
                return;
            }
        }
    }
}
