namespace PmmCrypt.Testing;

/// <summary>
/// A <c>supervisorctl</c> of a test's own, for a folder that is put on the path: it notes each call together with the key file of then, and
/// does what files beside it say. It is no supervisor: what it says of a service is what it was told last.
/// </summary>
public static class SupervisorStub
{
    /// <summary>
    /// Of a command for which there is a file such as <c>stop-waits</c>, it waits for the file <c>stop-may</c>; <c>unknown</c> and
    /// <c>broken</c> let it know no service, or start none.
    /// </summary>
    private const string Script =
        """
        #!/bin/sh
        cd "$(dirname "$0")" || exit 1
        echo "$1 $2 $(cat "$PMM_ENCRYPTION_KEY_PATH" 2>/dev/null)" >>calls
        while [ -e "$1-waits" ] && ! [ -e "$1-may" ]; do sleep 0.05; done
        if [ -e unknown ]; then echo "$2: ERROR (no such process)"; exit 4; fi
        case $1 in
          stop) echo STOPPED >state ;;
          start) if [ -e broken ]; then echo FATAL >state; else echo RUNNING >state; fi ;;
          status) echo "$2                      $(cat state)   pid 1234, uptime 0:00:42" ;;
        esac
        """;

    /// <summary>Puts it into a folder, with a service that runs.</summary>
    public static void PutInto(string folder)
    {
        var program = Path.Combine(folder, "supervisorctl");
        File.WriteAllText(Path.Combine(folder, "state"), "RUNNING\n");
        File.WriteAllText(program, Script + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The path with the folder before all others.</summary>
    public static string SearchPath(string folder) => $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";

    /// <summary>What the service is by now.</summary>
    public static string State(string folder) => File.ReadAllText(Path.Combine(folder, "state")).Trim();

    /// <summary>The commands that it was given, but for those that ask, each with the key file of then.</summary>
    public static IReadOnlyList<(string Command, string KeyFile)> Calls(string folder)
    {
        var calls = Path.Combine(folder, "calls");
        return !File.Exists(calls) ? [] :
        [
            .. File.ReadAllLines(calls).Select(line => line.Split(' ')).Where(words => words[0] != "status")
                .Select(words => ($"{words[0]} {words[1]}", words[2])),
        ];
    }
}
