using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Keys;

/// <summary>Tries other key files on values that the given one does not open.</summary>
internal static class KeyFinder
{
    /// <summary>The first of these files that opens one of the census's unknown values; null where none does.</summary>
    public static string? Find(Census census, IEnumerable<string> paths) =>
        census.UnknownKeySamples.Count == 0 ? null : paths.FirstOrDefault(path => Opens(path, census.UnknownKeySamples));

    private static bool Opens(string path, IReadOnlyList<byte[]> samples)
    {
        try
        {
            using var file = KeyFile.Load(path);
            using var cipher = new FieldCipher(file.Keyset, StoredFormat.Legacy);
            return samples.Any(sample => cipher.Inspect(sample).State == StoredValueState.Opened);
        }
        catch (KeyFileException)
        {
            return false;
        }
    }
}
