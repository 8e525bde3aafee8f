using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

public sealed class KeyFileLoadTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_key_file_is_loaded()
    {
        using var file = KeyFile.Load(_folder.Key);

        Assert.Equal(KnownAnswers.IdA, file.Keyset.Primary.Id);
        Assert.Equal((_folder.Key, _folder.Key), (file.Path, file.ResolvedPath));
        Assert.Empty(file.Warnings);
        Assert.Equal($"{_folder.Key}: 2353272518 Enabled (primary)", file.ToString());
    }

    [Theory]
    [InlineData("600", null)]
    [InlineData("400", null)]
    [InlineData("640", "the group of the file")]
    [InlineData("644", "everybody on this machine")]
    [InlineData("604", "everybody on this machine")]
    public void Whoever_else_may_read_it_is_named(string mode, string? who)
    {
        TestFolder.SetMode(_folder.Key, mode);

        using var file = KeyFile.Load(_folder.Key);

        if (who is null)
            Assert.Empty(file.Warnings);
        else
            Assert.Contains($"(mode 0{mode}) can be read by {who}", Assert.Single(file.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_are_followed_to_the_file_and_the_users_path_is_kept_for_messages()
    {
        // A linked folder whose real place has another parent: ".." leads up from there, not from the link.
        Directory.CreateDirectory(_folder["real/srv"]);
        Directory.CreateDirectory(_folder["real/keys"]);
        File.Move(_folder.Key, _folder["real/keys/pmm.key"]);
        Directory.CreateSymbolicLink(_folder["srv"], "real/srv");
        File.CreateSymbolicLink(_folder["real/srv/one"], "../keys/two");
        File.CreateSymbolicLink(_folder["real/keys/two"], "pmm.key");

        using var file = KeyFile.Load(_folder["srv/one"]);

        Assert.Equal((_folder["srv/one"], _folder["real/keys/pmm.key"]), (file.Path, file.ResolvedPath));
        using var upFromTheLink = KeyFile.Load(_folder["srv/../keys/two"]);
        Assert.Equal(_folder["real/keys/pmm.key"], upFromTheLink.ResolvedPath);
    }

    [Fact]
    public void A_relative_path_is_one_of_the_current_folder()
    {
        using var file = KeyFile.Load(Path.GetRelativePath(Environment.CurrentDirectory, _folder.Key));

        Assert.Equal(_folder.Key, file.ResolvedPath);
    }

    [Fact]
    public void What_is_missing_is_said_to_be()
    {
        File.CreateSymbolicLink(_folder["nowhere"], "gone");

        Refused(_folder["other.key"], KeyFileProblem.Missing);
        Refused(_folder["other/pmm.key"], KeyFileProblem.Missing);
        Refused(_folder["pmm.key/pmm.key"], KeyFileProblem.Missing);
        Refused(_folder["nowhere"], KeyFileProblem.Missing);
    }

    [Fact]
    public void Links_in_a_circle_are_unreadable()
    {
        File.CreateSymbolicLink(_folder["one"], "two");
        File.CreateSymbolicLink(_folder["two"], "one");

        Assert.Contains("symbolic links", Refused(_folder["one"], KeyFileProblem.Unreadable).Message, StringComparison.Ordinal);
        var notLocked = Assert.Throws<KeyFileException>(() => _folder.Lock(_folder["one"]));
        Assert.Equal(KeyFileProblem.WriteFailed, notLocked.Kind);
        Assert.Contains("symbolic links", notLocked.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was written", notLocked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_links_are_followed_as_Linux_follows()
    {
        for (var link = 1; link <= 41; link++)
            File.CreateSymbolicLink(_folder[$"link{link}"], link == 1 ? "pmm.key" : $"link{link - 1}");
        Assert.Equal(0, TestFolder.TryRun("cat", [_folder["link40"]], out _));
        Assert.NotEqual(0, TestFolder.TryRun("cat", [_folder["link41"]], out _));

        KeyFile.Load(_folder["link40"]).Dispose();

        Refused(_folder["link41"], KeyFileProblem.Unreadable);
    }

    [Fact]
    public void A_path_that_ends_in_no_name_is_that_of_a_folder()
    {
        Refused("/", KeyFileProblem.NotAFile);
        Refused(_folder.Root + "/", KeyFileProblem.NotAFile);
        Refused(_folder["."], KeyFileProblem.NotAFile);
        Refused(_folder[".."], KeyFileProblem.NotAFile);
        Refused(_folder["pmm.key/"], KeyFileProblem.Missing);
        Refused(_folder["pmm.key/."], KeyFileProblem.Missing);
        Refused(_folder["pmm.key/.."], KeyFileProblem.Missing);
    }

    [Fact]
    public void The_largest_key_file_has_a_mebibyte()
    {
        File.AppendAllText(_folder.Key, new string('\n', (1 << 20) - KnownAnswers.KeyFileA.Length));
        KeyFile.Load(_folder.Key).Dispose();

        File.AppendAllText(_folder.Key, "\n");

        Assert.Contains("1048577 bytes", Refused(_folder.Key, KeyFileProblem.Invalid).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_keyset_of_a_disposed_file_is_not_used()
    {
        var file = KeyFile.Load(_folder.Key);
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => InsecureCleartextKeyset.Write(file.Keyset));
    }

    [Fact(Timeout = 10_000)]
    public Task A_folder_a_pipe_and_a_device_are_no_files() => Task.Run(() =>
    {
        TestLibc.MakePipe(_folder["pipe"]);         // opening it as a file would wait for a writer, for ever

        Refused(_folder.Root, KeyFileProblem.NotAFile);
        Refused(_folder["pipe"], KeyFileProblem.NotAFile);
        Refused("/dev/null", KeyFileProblem.NotAFile);
    });

    [SkippableFact]
    public void What_this_user_may_not_read_is_unreadable()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");

        TestLibc.AsNobody(() => Refused(_folder.Key, KeyFileProblem.Unreadable));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData(KnownAnswers.MaterialA)]
    public void What_is_no_keyset_is_invalid_and_left_as_it_is(string text)
    {
        File.WriteAllText(_folder.Key, text);

        var refused = Refused(_folder.Key, KeyFileProblem.Invalid);

        Assert.IsType<InvalidKeysetException>(refused.InnerException);
        Assert.Contains(refused.InnerException!.Message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(_folder.Key));
    }

    [Fact]
    public void A_large_file_is_no_key_file()
    {
        using (var file = File.OpenWrite(_folder.Key))
            file.SetLength(4L << 30);

        Refused(_folder.Key, KeyFileProblem.Invalid);
    }

    private static KeyFileException Refused(string path, KeyFileProblem kind)
    {
        var refused = Assert.Throws<KeyFileException>(() => KeyFile.Load(path));
        Assert.Equal((kind, path), (refused.Kind, refused.Path));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Hint);
        return refused;
    }
}
