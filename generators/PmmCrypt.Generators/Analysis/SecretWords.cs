using System.Collections.Immutable;
using System.Text;

namespace PmmCrypt.Generators.Analysis;

/// <summary>The names that secrets go by.</summary>
internal sealed class SecretWords
{
    /// <summary>What is looked for where nothing else is configured.</summary>
    public static readonly ImmutableArray<string> Usual =
    [
        "password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "connection string",
        "api key", "access key", "private key", "secret key", "encryption key", "signing key", "shared key", "tls key", "ssl key",
    ];

    private readonly ImmutableArray<string> _phrases;

    /// <param name="words">Words and phrases, written in any way that a name can be: <c>api_key</c>, <c>ApiKey</c>, <c>api key</c>.</param>
    public SecretWords(IEnumerable<string> words) =>
        _phrases = [.. words.Select(Split).Where(phrase => phrase.Length > 0)];

    /// <summary>
    /// The words that a name ends with, or null. What only begins so is something about the secret and not the secret: a password's
    /// hash, a token's name.
    /// </summary>
    public string? In(string name)
    {
        var words = " " + Split(name);
        return _phrases.FirstOrDefault(phrase => EndsWith(words, phrase) || EndsWith(words, phrase + "s"));
    }

    private static bool EndsWith(string words, string phrase) => words.EndsWith(" " + phrase, StringComparison.Ordinal);

    /// <summary>A name in lower case with a blank between its words, and without the digits that number it.</summary>
    private static string Split(string name)
    {
        var words = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var isLetter = char.IsLetter(name[i]);
            var begins = char.IsUpper(name[i]) && i > 0
                && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (words.Length > 0 && words[words.Length - 1] != ' ' && (begins || !isLetter))
                words.Append(' ');
            if (isLetter)
                words.Append(char.ToLowerInvariant(name[i]));
        }

        return words.ToString().Trim();
    }
}
