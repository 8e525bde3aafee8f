using PmmCrypt.Keysets.Native;

namespace PmmCrypt.Keysets;

/// <summary>Where a key file really is.</summary>
internal static class KeyFilePath
{
    private const int MostLinks = 40;           // as many as Linux follows

    /// <summary>
    /// The path without symbolic links, also where the file at its end is yet to be made. It is asked for once, and from then on the file
    /// and its folder stay the same whatever becomes of the links.
    /// </summary>
    /// <param name="path">The path as the user gave it.</param>
    /// <param name="toWrite">Whether the file is to be written, so that what is missing is its folder.</param>
    /// <exception cref="KeyFileException">The folder does not exist, or the links lead in a circle.</exception>
    public static string Resolve(string path, bool toWrite)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
            }
            catch (IOException)
            {
                return Path.GetFullPath(path);      // it is not there: whoever opens it says so
            }
        }

        try
        {
            // Not Path.GetFullPath: it takes "..", which leads up from where a linked folder really is, for the name before it struck out.
            var current = Path.Combine(Environment.CurrentDirectory, path);
            for (var links = 0; links <= MostLinks; links++)
            {
                var name = Path.GetFileName(current);
                if (name is "" or "." or "..")
                    return Libc.RealPath(current);
                var folder = Libc.RealPath(Path.GetDirectoryName(current)!);
                var entry = new FileInfo(Path.Combine(folder, name));
                if (entry.LinkTarget is not { } target)
                    return entry.FullName;
                current = Path.Combine(folder, target);
            }

            throw new LinuxException(LinuxException.LinkLoop);
        }
        catch (LinuxException failure)
        {
            throw toWrite ? KeyFileErrors.Writing(path, failure, "nothing was written") : KeyFileErrors.Reading(path, failure);
        }
    }
}
