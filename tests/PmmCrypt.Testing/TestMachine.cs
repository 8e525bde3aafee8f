using Xunit;

namespace PmmCrypt.Testing;

/// <summary>What a test may ask of the machine that it runs on.</summary>
public static class TestMachine
{
    /// <summary>Whether a missing service is a failure: a skip that nobody sees would be a green run that tested nothing.</summary>
    public static bool IsCi => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>The variable's value; without it the test, a SkippableFact, is skipped on a laptop and fails in CI.</summary>
    internal static string Require(string variable, string what)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        if (!string.IsNullOrEmpty(value)) return value;
        var message = $"{what} needed: run the tests through tests/run.sh, which sets {variable}.";
        if (IsCi) throw new InvalidOperationException(message);
        Skip.If(true, message);
        return "";
    }
}
