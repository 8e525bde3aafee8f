/// <summary>What DOTNET_STARTUP_HOOKS looks for, and calls before the tool's Main.</summary>
internal static class StartupHook
{
    /// <summary>Begins to listen.</summary>
    public static void Initialize() => PmmCrypt.Kill.Hook.StepListener.Start();
}
