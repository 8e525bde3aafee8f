using System.Diagnostics;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>
/// A second process, which the test program itself is when it is started with one of these verbs: <c>hold KEY</c> takes the lock, says so
/// and waits; <c>add KEY STEP</c> and <c>create KEY STEP</c> write a key file and kill themselves at that step.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(string[] arguments) => _process = Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(ChildProcess).Assembly.Location, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardInput = true,
    })!;

    public int Id => _process.Id;

    /// <summary>Returns when the child has the lock.</summary>
    public static ChildProcess Hold(string key)
    {
        var child = new ChildProcess(["hold", key]);
        Assert.Equal("held", child._process.StandardOutput.ReadLine());
        return child;
    }

    /// <summary>Runs a verb to its violent end.</summary>
    public static void KillAt(string verb, string key, string step)
    {
        using var child = new ChildProcess([verb, key, step]);
        child._process.WaitForExit();
        Assert.Equal(128 + 9, child._process.ExitCode);
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private static int Main(string[] arguments)
    {
        using var held = KeyFileLock.Acquire(arguments[1], TimeSpan.FromSeconds(10));
        switch (arguments[0])
        {
            case "hold":
                Console.WriteLine("held");
                Console.ReadLine();
                return 0;
            case "add":
                using (var file = KeyFile.Load(arguments[1], step => KillSelfAt(step, arguments[2])))
                using (var next = TestFolder.WithNewKey(file))
                    file.Replace(next, held).Dispose();
                return 0;
            case "create":
                using (var keyset = KeysetManager.Generate())
                    KeyFile.Create(arguments[1], keyset, held, step => KillSelfAt(step, arguments[2])).Dispose();
                return 0;
            default:
                return 1;
        }
    }

    private static void KillSelfAt(string step, string at)
    {
        if (step != at)
            return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
