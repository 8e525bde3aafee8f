using System.Runtime.InteropServices;

namespace PmmCrypt.Tool.Services;

/// <summary>Does something while a service stands still, and starts the service again, whatever became of that.</summary>
/// <param name="service">The service.</param>
/// <param name="say">Is told when it is stopped and started.</param>
/// <param name="fail">Is told what went wrong after something that went wrong before it.</param>
internal sealed class StoppedService(IService service, Action<string> say, Action<string> fail)
{
    /// <summary>Stops the service, does it, and starts the service.</summary>
    /// <exception cref="ServiceNotStoppedException">It did not stop; nothing was done.</exception>
    /// <exception cref="ServiceNotStartedException">It was done, and the service does not run again.</exception>
    public async Task<T> WhileStoppedAsync<T>(Func<Task<T>> run)
    {
        // A terminal that goes must not leave the service stopped; SIGINT and SIGTERM are the verb's to deal with.
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        T result;
        try
        {
            say($"Stopping {service.Title}");
            await service.StopAsync().ConfigureAwait(false);
            result = await run().ConfigureAwait(false);
        }
        catch
        {
            await TryStartAsync().ConfigureAwait(false);
            throw;
        }

        try
        {
            await StartAsync().ConfigureAwait(false);
        }
        catch (ServiceNotStartedException e)
        {
            throw new ServiceNotStartedException($"the rotation is done and verified, but {e.Message}", e.Hint);
        }

        return result;
    }

    private Task StartAsync()
    {
        say($"Starting {service.Title}");
        return service.StartAsync();
    }

    /// <summary>What went wrong first is what is thrown.</summary>
    private async Task TryStartAsync()
    {
        try
        {
            await StartAsync().ConfigureAwait(false);
        }
        catch (ServiceNotStartedException e)
        {
            fail(e.Message);
        }
    }
}
