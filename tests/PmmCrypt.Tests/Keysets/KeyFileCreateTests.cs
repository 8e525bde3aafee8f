using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

public sealed class KeyFileCreateTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_is_the_owners_alone()
    {
        var steps = new List<string>();
        using var keyset = KeysetManager.Generate();
        using var held = _folder.Lock(_folder["new.key"]);

        using var file = KeyFile.Create(_folder["new.key"], keyset, held, steps.Add);

        Assert.Equal("600", TestFolder.Stat(_folder["new.key"]).Split(' ')[1]);
        Assert.Equal(InsecureCleartextKeyset.Write(keyset), File.ReadAllText(_folder["new.key"]));
        Assert.Equal(keyset.Primary.CheckValue, file.Keyset.Primary.CheckValue);
        Assert.Empty(file.Warnings);
        Assert.Equal(["key-temp-written", "key-temp-synced", "key-created", "key-folder-synced"], steps);
        Assert.Equal("1", TestFolder.Run("stat", "-c", "%h", _folder["new.key"]).Trim());
        _folder.AssertNoTemporaryFile();
    }

    [Fact]
    public void A_link_that_leads_nowhere_yet_is_followed()
    {
        Directory.CreateDirectory(_folder["real"]);
        File.CreateSymbolicLink(_folder["new.key"], "real/pmm.key");

        Create(_folder["new.key"]).Dispose();

        Assert.Equal("real/pmm.key", new FileInfo(_folder["new.key"]).LinkTarget);
        Assert.Equal("600", TestFolder.Stat(_folder["real/pmm.key"]).Split(' ')[1]);
    }

    [Fact]
    public void What_is_there_is_never_overwritten()
    {
        Directory.CreateDirectory(_folder["folder"]);
        File.CreateSymbolicLink(_folder["link"], "pmm.key");

        var refused = Refused(_folder.Key);
        Assert.Equal(KeyFileProblem.Exists, refused.Kind);
        Assert.Contains("it is not overwritten", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Values may depend on the keys in it", refused.Hint, StringComparison.Ordinal);
        Assert.Equal(KeyFileProblem.Exists, Refused(_folder["link"]).Kind);
        Assert.Equal(KeyFileProblem.Exists, Refused(_folder["folder"]).Kind);
        _folder.AssertUntouched();
    }

    [Fact]
    public void Nor_what_came_to_be_there_meanwhile()
    {
        using var keyset = KeysetManager.Generate();
        using var held = _folder.Lock(_folder["new.key"]);

        var refused = Assert.Throws<KeyFileException>(() =>
            KeyFile.Create(_folder["new.key"], keyset, held, _ => File.WriteAllText(_folder["new.key"], "mine")));

        Assert.Equal(KeyFileProblem.Exists, refused.Kind);
        Assert.Equal("mine", File.ReadAllText(_folder["new.key"]));
        _folder.AssertNoTemporaryFile();
    }

    [SkippableFact]
    public void A_folders_default_access_control_list_does_not_pass_to_it()
    {
        // user::rwx, user:1234:rwx, group::r-x, mask::rwx, other::r-x
        var list = Convert.FromHexString("0200000001000700FFFFFFFF02000700D204000004000500FFFFFFFF10000700FFFFFFFF20000500FFFFFFFF");
        Skip.IfNot(TestLibc.TrySetAttribute(_folder.Root, "system.posix_acl_default", list), "no access control lists here");

        Create(_folder["new.key"]).Dispose();

        Assert.Null(TestLibc.GetAttribute(_folder["new.key"], "system.posix_acl_access"));
        Assert.Equal("600", TestFolder.Stat(_folder["new.key"]).Split(' ')[1]);
    }

    [Fact]
    public void The_folder_must_exist()
    {
        var refused = Assert.Throws<KeyFileException>(() => _folder.Lock(_folder["none/new.key"]));

        Assert.Equal(KeyFileProblem.Missing, refused.Kind);
        Assert.Contains("the folder of the key file", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Make the folder first", refused.Hint, StringComparison.Ordinal);
        using var keyset = KeysetManager.Generate();
        using var held = _folder.Lock();
        Assert.Contains(
            "the folder of the key file",
            Assert.Throws<KeyFileException>(() => KeyFile.Create(_folder["none/new.key"], keyset, held)).Message, StringComparison.Ordinal);
        using var file = KeyFile.Load(_folder.Key);
        Assert.Equal(
            KeyFileProblem.Missing, Assert.Throws<KeyFileException>(() => file.WriteBackup(_folder["none/backup"], held)).Kind);
    }

    [Fact]
    public void A_failure_that_has_no_advice_of_its_own_is_told_in_the_words_of_the_system()
    {
        var path = _folder[new string('n', 250)];       // its lock's name is as long as a name may be, and its draft's is longer

        var refused = Assert.Throws<KeyFileException>(() => Create(path));

        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.Contains("File name too long; there is none", refused.Message, StringComparison.Ordinal);
        Assert.Contains("See whether its disk", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_file_that_does_not_read_back_as_it_was_written_is_not_relied_on()
    {
        var refused = Assert.Throws<KeyFileException>(() => Create(_folder["new.key"], step =>
        {
            if (step == KeyFileSteps.FolderSynced)
                File.WriteAllText(_folder["new.key"], KnownAnswers.KeyFileB);
        }));

        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.Contains("read back is not what was written", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backup_has_the_bytes_that_were_loaded()
    {
        File.WriteAllText(_folder.Key, $"\n{KnownAnswers.KeyFileA} \n");
        TestFolder.SetMode(_folder.Key, "644");
        File.WriteAllText(_folder[".pmm.key.0123456789abcdef.tmp"], KnownAnswers.KeyFileB);
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        file.WriteBackup(_folder["backup"], held);

        Assert.Equal($"\n{KnownAnswers.KeyFileA} \n", File.ReadAllText(_folder["backup"]));
        Assert.Equal("600", TestFolder.Stat(_folder["backup"]).Split(' ')[1]);
        _folder.AssertNoTemporaryFile();
    }

    [Fact]
    public void A_backup_overwrites_nothing()
    {
        File.WriteAllText(_folder["backup"], "mine");
        File.CreateSymbolicLink(_folder["link"], "nowhere");
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        Assert.Equal(KeyFileProblem.Exists, Assert.Throws<KeyFileException>(() => file.WriteBackup(_folder["backup"], held)).Kind);
        Assert.Equal(KeyFileProblem.Exists, Assert.Throws<KeyFileException>(() => file.WriteBackup(_folder["link"], held)).Kind);
        Assert.Equal("mine", File.ReadAllText(_folder["backup"]));
        Assert.False(File.Exists(_folder["nowhere"]));
    }

    [Fact]
    public void Where_a_run_was_killed_when_its_backup_had_just_got_its_name_the_other_name_of_it_goes()
    {
        File.WriteAllText(_folder["backup"], KnownAnswers.KeyFileA);
        File.WriteAllText(_folder[".pmm.key.0123456789abcdef.tmp"], KnownAnswers.KeyFileA);
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        Assert.Equal(KeyFileProblem.Exists, Assert.Throws<KeyFileException>(() => file.WriteBackup(_folder["backup"], held)).Kind);
        _folder.AssertNoTemporaryFile();
    }

    [Fact]
    public void The_steps_of_other_files_have_names_of_their_own()
    {
        var steps = new List<string>();
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key, steps.Add);

        file.WriteBackup(_folder["backup"], held);
        file.WriteFile(_folder["values"], "x"u8, held);
        file.WriteBeside(".notes", "x"u8, held);

        string[] ofOne = ["other-temp-written", "other-temp-synced", "other-named"];
        Assert.Equal([.. ofOne, .. ofOne, .. ofOne], steps);
    }

    [Fact]
    public void What_a_killed_run_left_is_removed_also_by_one_that_writes_nothing()
    {
        var content = File.ReadAllText(_folder.Key);
        File.WriteAllText(_folder[".pmm.key.0123456789abcdef.tmp"], content);
        File.WriteAllText(_folder[".other.key.0123456789abcdef.tmp"], content);
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        file.RemoveLeftovers(held);

        Assert.False(File.Exists(_folder[".pmm.key.0123456789abcdef.tmp"]));
        Assert.True(File.Exists(_folder[".other.key.0123456789abcdef.tmp"]));
        Assert.Equal(content, File.ReadAllText(_folder.Key));
    }

    private KeyFile Create(string path, Action<string>? onStep = null)
    {
        using var keyset = KeysetManager.Generate();
        using var held = _folder.Lock(path);
        return KeyFile.Create(path, keyset, held, onStep);
    }

    private KeyFileException Refused(string path) =>
        Assert.Throws<KeyFileException>(() => Create(path, step => Assert.Fail($"{step}, though there is a file")));
}
