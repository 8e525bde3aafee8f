using System.Diagnostics;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>A folder of its own for each test, with a key file <c>pmm.key</c>, and what the tests look at.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly Stack<string> _mounts = new();

    public TestFolder()
    {
        Root = Directory.CreateTempSubdirectory("pmmcrypt-").FullName;
        SetMode(Root, "755");
        Key = Path.Combine(Root, "pmm.key");
        WriteKey(Key);
    }

    public string Root { get; }

    public string Key { get; }

    public string this[string name] => Path.Combine(Root, name);

    public static void WriteKey(string path, string mode = "600")
    {
        File.WriteAllText(path, KnownAnswers.KeyFileA);
        SetMode(path, mode);
    }

    public static void SetMode(string path, string octal) => TestLibc.SetMode(path, Convert.ToUInt32(octal, 8));

    /// <summary>What stat(1) says: owner, group and mode.</summary>
    public static string Stat(string path) => Run("stat", "-c", "%u:%g %a", path).Trim();

    public KeyFileLock Lock(string? path = null) => KeyFileLock.Acquire(path ?? Key, TimeSpan.Zero);

    /// <summary>Adds a key and replaces the file. Returns what the file then holds.</summary>
    public string AddKey(string? path = null, Action<string>? onStep = null)
    {
        using var held = Lock(path);
        using var file = KeyFile.Load(path ?? Key, onStep);
        using var next = WithNewKey(file);
        using var written = file.Replace(next, held);
        var text = File.ReadAllText(path ?? Key);
        Assert.Equal(InsecureCleartextKeyset.Write(next), text);
        Assert.Equal(InsecureCleartextKeyset.Write(written.Keyset), text);
        Assert.Equal(2, TinkReader.Read(text).Keys.Count);
        return text;
    }

    public static Keyset WithNewKey(KeyFile file)
    {
        using var manager = new KeysetManager(file.Keyset);
        manager.Add();
        return manager.ToKeyset();
    }

    public void AssertUntouched(string? path = null)
    {
        Assert.Equal(KnownAnswers.KeyFileA, File.ReadAllText(path ?? Key));
        AssertNoTemporaryFile();
    }

    public void AssertNoTemporaryFile() => Assert.DoesNotContain(
        Directory.GetFiles(Root, "*", new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = true }),
        file => file.EndsWith(".tmp", StringComparison.Ordinal));

    public void Mount(string target, params string[] arguments)
    {
        Skip.IfNot(TestLibc.IsRoot, "only root mounts");
        Skip.IfNot(TryRun("mount", [.. arguments, target], out var said) == 0, $"nothing can be mounted here: {said}");
        _mounts.Push(target);
    }

    public static string Run(string program, params string[] arguments)
    {
        Assert.True(TryRun(program, arguments, out var said) == 0, said);
        return said;
    }

    public static int TryRun(string program, string[] arguments, out string said)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        said = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Files that the product opened and forgot; a collection would close them some time.</summary>
    private IEnumerable<string> OpenFiles()
    {
        foreach (var descriptor in Directory.GetFiles("/proc/self/fd"))
        {
            string? path = null;
            try
            {
                path = File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
            }
            catch (IOException)
            {
                // another test's, which has closed it meanwhile
            }

            if (path?.StartsWith(Root + "/", StringComparison.Ordinal) == true || path == Root)
                yield return path;
        }
    }

    public void Dispose()
    {
        Assert.Empty(OpenFiles());
        while (_mounts.TryPop(out var mount))
            Run("umount", mount);
        Directory.Delete(Root, recursive: true);
    }
}
