using PmmCrypt.Fuzzing.Targets;

namespace PmmCrypt.Fuzzing;

/// <summary>One way in for what somebody else wrote: makes inputs for it, and tells what it did wrong with one.</summary>
public abstract class FuzzTarget(string name)
{
    /// <summary>The targets, by the name that the command line and the corpus have for them.</summary>
    public static IReadOnlyList<string> Names { get; } = ["keyset", "value", "json", "connection"];

    public string Name { get; } = name;

    /// <summary>Inputs to start from, and every input that once went wrong.</summary>
    public IReadOnlyList<byte[]> Seeds { get; } = Corpus.Read(name);

    public static FuzzTarget Of(string name) => name switch
    {
        "keyset" => new KeysetTarget(),
        "value" => new ValueTarget(),
        "json" => new JsonTarget(),
        "connection" => new ConnectionTarget(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such target."),
    };

    /// <summary>Makes an input.</summary>
    public abstract void Make(Chance chance, FuzzInput input);

    /// <summary>Gives the product an input. An exception of any kind says what it did wrong.</summary>
    public abstract void Check(ReadOnlySpan<byte> input);
}
