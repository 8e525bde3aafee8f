using PmmCrypt.Testing;

namespace PmmCrypt.Faults.Tests;

/// <summary>
/// A disk of a few megabytes, in memory, that belongs to user postgres. Only root can mount one: else the test is skipped.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    public string Path => _folder["disk"];

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can mount a small disk.");
        var disk = new SmallDisk();
        Directory.CreateDirectory(disk.Path);
        var mounted = await Cli.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m,mode=700", "tmpfs", disk.Path]);
        if (mounted.ExitCode != 0)
        {
            disk._folder.Dispose();
            Skip.If(true, $"This root may mount nothing: {mounted.Error}");
        }

        // User postgres must be able to walk in.
        (await Cli.RunAsync("chmod", ["o+x", System.IO.Path.GetDirectoryName(disk.Path)!])).EnsureSuccess();
        (await Cli.RunAsync("chown", ["postgres", disk.Path])).EnsureSuccess();
        return disk;
    }

    /// <summary>Leaves not a byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        using (var process = System.Diagnostics.Process.Start("umount", ["-l", Path]))
            process.WaitForExit();
        _folder.Dispose();
    }
}
