using System.Diagnostics;
using PmmCrypt.Testing;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// A real supervisord with a service named pmm-managed, which loads the key file when it starts, and takes its time to end. It puts a
/// <c>supervisorctl</c> on the path that asks this supervisord.
/// </summary>
internal sealed class Supervisord : IDisposable
{
    private readonly PmmServerFolder _server;
    private readonly CliProcess _process;

    private Supervisord(PmmServerFolder server, CliProcess process) => (_server, _process) = (server, process);

    /// <summary>The key file as the service has it.</summary>
    public string Loaded => File.ReadAllText(_server["loaded.key"]);

    /// <summary>The key file as it was when the service had ended.</summary>
    public string AtItsEnd => File.ReadAllText(_server["at-its-end.key"]);

    public static async Task<Supervisord> StartAsync(PmmServerFolder server)
    {
        Skip.If(!File.Exists("/usr/bin/supervisord") && !TestMachine.IsCi, "supervisor is needed (Debian: apt-get install supervisor)");
        var configuration = server["supervisord.conf"];
        await File.WriteAllTextAsync(
            configuration,
            $"""
            [unix_http_server]
            file = {server["socket"]}
            [supervisord]
            nodaemon = true
            logfile = {server["supervisord.log"]}
            pidfile = {server["supervisord.pid"]}
            [rpcinterface:supervisor]
            supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
            [supervisorctl]
            serverurl = unix://{server["socket"]}
            [program:pmm-managed]
            command = /bin/sh {server["service"]}
            startsecs = 1
            """);
        await File.WriteAllTextAsync(
            server["service"],
            $"""
            cat '{server.KeyFile}' >'{server["loaded.key"]}'
            trap "sleep 2; cat '{server.KeyFile}' >'{server["at-its-end.key"]}'; exit 0" TERM
            while :; do sleep 0.1; done
            """);
        await File.WriteAllTextAsync(server["supervisorctl"], $"#!/bin/sh\nexec /usr/bin/supervisorctl -c '{configuration}' \"$@\"\n");
        var started = new Supervisord(server, CliProcess.Start("/usr/bin/supervisord", ["-c", configuration]));
        var clock = Stopwatch.StartNew();
        while (!File.Exists(server["loaded.key"]))
        {
            Assert.False(started._process.HasExited, "supervisord ended.");
            Assert.True(clock.Elapsed < PmmCryptProgram.Timeout, "The service was not started.");
            await Task.Delay(50);
        }
        return started;
    }

    /// <summary>Supervisord ends with its children, unless it hangs: then it is killed with them.</summary>
    public void Dispose()
    {
        _process.Terminate();
        for (var i = 0; i < 100 && !_process.HasExited; i++) Thread.Sleep(100);
        _process.Dispose();
    }
}
