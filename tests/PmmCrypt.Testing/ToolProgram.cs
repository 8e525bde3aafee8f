namespace PmmCrypt.Testing;

/// <summary>The tool's program that tests start.</summary>
public static class ToolProgram
{
    /// <summary>
    /// What <c>PMMCRYPT_TEST_TOOL</c> names: the same program, compiled ahead, which starts in half the time; else what the build put beside the tests.
    /// </summary>
    public static readonly string File =
        Environment.GetEnvironmentVariable("PMMCRYPT_TEST_TOOL") is { Length: > 0 } file ? file : Path.Combine(AppContext.BaseDirectory, "pmm-crypt");
}
