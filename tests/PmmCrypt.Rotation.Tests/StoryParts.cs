namespace PmmCrypt.Rotation.Tests;

/// <summary>Passages that many stories have, and the runs that they are told of.</summary>
internal static class StoryParts
{
    public const string BackUp = "Back up the key file: without it, what is encrypted cannot be read";

    /// <summary>The key file is replaced.</summary>
    public const string Replaced =
        """
        step key-temp-written
        step key-temp-synced
        step key-renamed
        step key-folder-synced
        """;

    /// <summary>A key file is made.</summary>
    public const string Created =
        """
        step key-temp-written
        step key-temp-synced
        step key-created
        step key-folder-synced
        """;

    /// <summary>Another file is written: notes, a backup, an archive, values that are taken out.</summary>
    public const string Written =
        """
        step other-temp-written
        step other-temp-synced
        step other-named
        """;

    /// <summary>The same, line by line.</summary>
    public static IReadOnlyList<string> WrittenLines { get; } = Written.Split('\n');

    public const string Page =
        """
        step page-sent
        step page-updated
        step page-committed
        """;

    public static RotationOptions Prune { get; } = Told.Options with { Prune = true };
}
