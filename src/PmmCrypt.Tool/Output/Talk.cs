namespace PmmCrypt.Tool.Output;

/// <summary>Standard output for data, standard error for talk.</summary>
/// <param name="data">Takes what the user asked for.</param>
/// <param name="talk">Takes what is said about it.</param>
/// <param name="isJson">Whether the data is to be one JSON document.</param>
internal sealed class Talk(TextWriter data, TextWriter talk, bool isJson)
{
    private readonly Lock _turn = new();

    /// <summary>Whether the data is to be one JSON document, and nothing else.</summary>
    public bool IsJson { get; } = isJson;

    /// <summary>The data.</summary>
    public TextWriter Data { get; } = data;

    /// <summary>Says something an operator wants to know.</summary>
    public void Say(string text) => Write(text);

    /// <summary>Says something an operator should act on.</summary>
    public void Warn(string text) => Write($"warning: {text}");

    /// <summary>Says why the run ended without doing all it was asked to, and what to do.</summary>
    public void Fail(string error, string? hint)
    {
        Write($"error: {error}");
        if (hint is not null)
            Write($"hint: {hint}");
    }

    private void Write(string text)
    {
        lock (_turn)
            talk.WriteLine(text);
    }
}
