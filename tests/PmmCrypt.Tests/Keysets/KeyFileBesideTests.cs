using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>What a caller keeps beside the key file.</summary>
public sealed class KeyFileBesideTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Notes => _folder.Key + ".notes";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_for_its_owner_alone_and_replaces_what_was_there()
    {
        TestFolder.SetMode(_folder.Key, "644");

        Write("one");
        Assert.Equal("one", File.ReadAllText(Notes));
        File.WriteAllText(_folder[".pmm.key.0123456789abcdef.tmp"], KnownAnswers.KeyFileB);
        Write("two");

        Assert.Equal("two", File.ReadAllText(Notes));
        Assert.EndsWith(" 600", TestFolder.Stat(Notes), StringComparison.Ordinal);
        _folder.AssertUntouched();
    }

    [SkippableFact]
    public void It_gets_the_owner_and_group_of_the_key_file_whoever_writes_it()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root gives files away");
        TestLibc.SetOwner(_folder.Root, TestLibc.Nobody, TestLibc.Nobody);
        TestLibc.SetOwner(_folder.Key, TestLibc.Nobody, TestLibc.Nobody);

        Write("root's");

        Assert.Equal($"{TestLibc.Nobody}:{TestLibc.Nobody} 600", TestFolder.Stat(Notes));
        TestLibc.AsNobody(() =>
        {
            Assert.Equal("root's", File.ReadAllText(Notes));
            Write("nobody's");
        });
        Assert.Equal("nobody's", File.ReadAllText(Notes));
    }

    [SkippableFact]
    public void So_does_a_file_that_is_not_replaced_later()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root gives files away");
        TestLibc.SetOwner(_folder.Key, TestLibc.Nobody, TestLibc.Nobody);
        using var held = _folder.Lock();
        using var file = KeyFile.Load(_folder.Key);

        file.WriteFile(_folder["list"], "content"u8, held);

        Assert.Equal("content", File.ReadAllText(_folder["list"]));
        Assert.Equal($"{TestLibc.Nobody}:{TestLibc.Nobody} 600", TestFolder.Stat(_folder["list"]));
    }

    [SkippableFact]
    public void Of_a_key_file_whose_owner_it_cannot_get_it_is_not_written()
    {
        Skip.IfNot(TestLibc.IsRoot, "only root changes users");
        TestFolder.SetMode(_folder.Root, "777");
        TestFolder.SetMode(_folder.Key, "666");

        TestLibc.AsNobody(() => Assert.Equal(KeyFileProblem.Denied, Assert.Throws<KeyFileException>(() => Write("nobody's")).Kind));

        Assert.False(File.Exists(Notes));
        _folder.AssertUntouched();
    }

    [SkippableFact]
    public void On_a_full_disk_what_was_there_stays_whole()
    {
        Directory.CreateDirectory(_folder["disk"]);
        _folder.Mount(_folder["disk"], "-t", "tmpfs", "-o", "size=16k", "tmpfs");
        var key = _folder["disk/pmm.key"];
        TestFolder.WriteKey(key);
        Write("old", key);
        using (var rest = File.Create(_folder["disk/rest"]))
            Assert.Throws<IOException>(() => rest.Write(new byte[64 * 1024]));

        var refused = Assert.Throws<KeyFileException>(() => Write("new", key));

        Assert.Equal(KeyFileProblem.WriteFailed, refused.Kind);
        Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("pmm.key.notes, which is written first", refused.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(key + ".notes"));
        _folder.AssertUntouched(key);
    }

    [Fact]
    public void The_lock_must_be_held_and_be_that_of_the_file()
    {
        TestFolder.WriteKey(_folder["other.key"]);
        using var file = KeyFile.Load(_folder.Key);
        using var other = _folder.Lock(_folder["other.key"]);

        Assert.Throws<ArgumentException>(() => file.WriteBeside(".notes", "x"u8, other));

        Assert.False(File.Exists(Notes));
    }

    private void Write(string text, string? key = null)
    {
        using var held = _folder.Lock(key);
        using var file = KeyFile.Load(key ?? _folder.Key);
        file.WriteBeside(".notes", System.Text.Encoding.UTF8.GetBytes(text), held);
    }
}
