namespace PmmCrypt.Tool.Compatibility;

/// <summary>A part of the rotation failed, which decides by what number the program ends.</summary>
internal sealed class PmmFailure(int exitCode, Exception why) : Exception(why.Message, why)
{
    /// <summary>One of <see cref="PmmExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What failed.</summary>
    public Exception Why { get; } = why;
}
