namespace PmmCrypt.Testing;

/// <summary>How a process ended and what it said.</summary>
public sealed record CliResult(int ExitCode, string Output, string Error)
{
    /// <summary>The process was asked to do what the test only builds upon: anything but 0 is a mistake of the test's.</summary>
    public CliResult EnsureSuccess() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"Exit code {ExitCode}\n{Output}\n{Error}");
}
