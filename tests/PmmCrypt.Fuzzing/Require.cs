namespace PmmCrypt.Fuzzing;

/// <summary>A property that an input was to keep, and did not.</summary>
public sealed class BrokenPropertyException(string what) : Exception(what);

/// <summary>What a target asks of the product.</summary>
internal static class Require
{
    /// <summary>As many characters of an input in a message are no coincidence.</summary>
    private const int Telling = 8;

    public static void That(bool holds, string what)
    {
        if (!holds)
            throw new BrokenPropertyException(what);
    }

    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new BrokenPropertyException($"{what}: expected {expected}, and it is {actual}");
    }

    public static void Same(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what) =>
        That(expected.SequenceEqual(actual), what);

    /// <summary>The message repeats nothing of these bytes, and no exception is within that could.</summary>
    public static void Discreet(Exception failure, ReadOnlySpan<byte> secret)
    {
        That(failure.InnerException is null, "an exception within the exception may say anything");
        var message = failure.Message;
        Span<byte> window = stackalloc byte[Telling];
        for (var i = 0; i + Telling <= message.Length; i++)
        {
            for (var j = 0; j < Telling; j++)
                window[j] = (byte)message[i + j];
            That(secret.IndexOf(window) < 0, $"the message quotes the input: {message}");
        }
    }
}
