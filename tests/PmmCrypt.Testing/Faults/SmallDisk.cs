namespace PmmCrypt.Testing.Faults;

/// <summary>
/// A disk of a few megabytes, in memory, that belongs to user postgres. Only root can mount one: else the test is skipped.
/// </summary>
public sealed class SmallDisk : IDisposable
{
    private const string Name = "disk";

    private readonly TempFolder _folder;
    private readonly Mount _mount;

    private SmallDisk(TempFolder folder, Mount mount) => (_folder, _mount) = (folder, mount);

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>Where it is.</summary>
    public string Path => _folder[Name];

    /// <summary>Mounts one.</summary>
    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var folder = new TempFolder();
        Directory.CreateDirectory(folder[Name]);
        var disk = new SmallDisk(folder, Mount.At(folder[Name], "-t", "tmpfs", "-o", $"size={megabytes}m,mode=700", "tmpfs"));
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

    /// <summary>Gives back what was filled.</summary>
    public void Free() => File.Delete(Ballast);

    /// <inheritdoc/>
    public void Dispose()
    {
        _mount.Dispose();
        _folder.Dispose();
    }
}
