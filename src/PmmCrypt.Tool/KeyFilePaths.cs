using PmmCrypt.Rotation.Keys;

namespace PmmCrypt.Tool;

/// <summary>Where the key file is: the option, else the variable that PMM reads, else PMM's own path.</summary>
internal static class KeyFilePaths
{
    private const string Variable = "PMM_ENCRYPTION_KEY_PATH";
    private const string Preset = "/srv/pmm-encryption.key";

    public static KeyFileLocation Find(string? option)
    {
        var variable = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value ? value : null;
        var path = option ?? variable ?? Preset;
        string?[] others = [variable, Preset, Previous(path), variable is null ? null : Previous(variable), Previous(Preset)];
        return new KeyFileLocation(path, [.. others.OfType<string>().Distinct().Where(other => other != path)])
        {
            // PMM's volume; a key file that was named elsewhere says nothing of whether there is one.
            OtherFolder = option is null ? Path.GetDirectoryName(Preset) : null,
        };
    }

    /// <summary>Where PMM leaves the key of before: /srv/pmm-encryption_old.key beside /srv/pmm-encryption.key.</summary>
    public static string Previous(string path) =>
        (path.EndsWith(".key", StringComparison.Ordinal) ? path[..^".key".Length] : path) + "_old.key";
}
