namespace PmmCrypt.Tool.Services;

/// <summary>A service that reads what is encrypted, and that stands still while its key is rotated.</summary>
internal interface IService
{
    /// <summary>How people call it.</summary>
    string Title { get; }

    /// <summary>Stops it; it has ended when this returns.</summary>
    /// <exception cref="ServiceNotStoppedException">It has not, or nobody knows.</exception>
    Task StopAsync();

    /// <summary>Starts it; it runs, and is ready where it says so, when this returns.</summary>
    /// <exception cref="ServiceNotStartedException">It does not, or nobody knows.</exception>
    Task StartAsync();
}
