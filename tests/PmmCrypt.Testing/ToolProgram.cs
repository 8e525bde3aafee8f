namespace PmmCrypt.Testing;

/// <summary>The tool's program that tests start.</summary>
public static class ToolProgram
{
    private static readonly string? Ahead = Environment.GetEnvironmentVariable("PMMCRYPT_TEST_TOOL");

    /// <summary>
    /// What <c>PMMCRYPT_TEST_TOOL</c> names: the same program, compiled ahead, which starts in half the time; else what the build put beside
    /// the tests.
    /// </summary>
    public static string File => IsCompiledAhead ? Ahead! : Path.Combine(AppContext.BaseDirectory, "pmm-crypt");

    /// <summary>Whether it is compiled ahead.</summary>
    public static bool IsCompiledAhead => !string.IsNullOrEmpty(Ahead);
}
