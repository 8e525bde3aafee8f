using System.Globalization;
using System.Text;

namespace PmmCrypt.Tool.Compatibility;

/// <summary>Writes lines as PMM's programs do: a time, a level and a message.</summary>
internal sealed class PmmLog(TextWriter output)
{
    private readonly Lock _turn = new();

    public void Info(string message) => Write("info", message);

    public void Warn(string message) => Write("warning", message);

    public void Error(string message) => Write("error", message);

    private void Write(string level, string message)
    {
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        lock (_turn)
            output.WriteLine($"time=\"{now}\" level={level} msg=\"{Escape(message)}\"");
    }

    /// <summary>A message is one line, whatever is in it.</summary>
    private static string Escape(string message)
    {
        var escaped = new StringBuilder(message.Length);
        foreach (var c in message)
        {
            _ = c switch
            {
                '"' or '\\' => escaped.Append('\\').Append(c),
                '\n' => escaped.Append("\\n"),
                _ when char.IsControl(c) => escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
