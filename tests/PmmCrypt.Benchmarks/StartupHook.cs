#pragma warning disable CA1050 // The runtime looks for this name, without a namespace.

/// <summary>What the runtime calls in a process that is started with DOTNET_STARTUP_HOOKS.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(PmmCrypt.Benchmarks.ToolUsage.Variable) is { } path)
            PmmCrypt.Benchmarks.ToolUsage.WriteAtExit(path);
    }
}
