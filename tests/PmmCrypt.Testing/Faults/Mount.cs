using Xunit;

namespace PmmCrypt.Testing.Faults;

/// <summary>Something mounted, until it is disposed of. Only root can mount: else the test is skipped.</summary>
public sealed class Mount : IDisposable
{
    private readonly string _target;

    private Mount(string target) => _target = target;

    /// <summary>Mounts at a file or folder that is there, with the arguments of <c>mount</c> but the last.</summary>
    public static Mount At(string target, params string[] arguments)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "only root mounts");
        var result = Cli.RunAsync("mount", [.. arguments, target]).GetAwaiter().GetResult();
        Skip.IfNot(result.ExitCode == 0, $"nothing can be mounted here: {result.Error}");
        return new Mount(target);
    }

    /// <inheritdoc/>
    public void Dispose() => Cli.RunAsync("umount", ["-l", _target]).GetAwaiter().GetResult().EnsureSuccess();
}
