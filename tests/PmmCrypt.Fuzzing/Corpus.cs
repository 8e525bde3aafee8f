using System.Reflection;
using System.Text;

namespace PmmCrypt.Fuzzing;

/// <summary>
/// The inputs that a target starts from and that CI replays: a file for each target, a line for each input, as <c>text …</c>,
/// <c>base64 …</c> or <c>empty</c>. What was found is added to it.
/// </summary>
internal static class Corpus
{
    public static IReadOnlyList<byte[]> Read(string target) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Corpus", FileName(target)))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(Parse)];

    public static void Add(string target, string note, ReadOnlySpan<byte> input) => File.AppendAllText(
        Path.Combine(SourceFolder, FileName(target)), $"# {note}\nbase64 {Convert.ToBase64String(input)}\n");

    private static string SourceFolder => typeof(Corpus).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "Corpus").Value!;

    private static string FileName(string target) => $"{target}.txt";

    private static byte[] Parse(string line) => line.Split(' ', 2) switch
    {
        ["empty"] => [],
        ["text", var text] => Encoding.UTF8.GetBytes(text),
        ["base64", var base64] => Convert.FromBase64String(base64),
        _ => throw new FormatException($"A line of the corpus begins with text, base64 or empty, and this one does not: {line}"),
    };
}
