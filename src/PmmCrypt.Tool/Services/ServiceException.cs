namespace PmmCrypt.Tool.Services;

/// <summary>A service could not be stopped or started.</summary>
internal abstract class ServiceException(string message, string hint) : Exception(message)
{
    /// <summary>What to do.</summary>
    public string Hint { get; } = hint;
}

/// <summary>A service that must not run goes on: here, or on another node. Nothing was changed.</summary>
internal sealed class ServiceNotStoppedException(string message, string hint) : ServiceException(message, hint);

/// <summary>What was to be done while a service stood still is done, and the service does not run again.</summary>
internal sealed class ServiceNotStartedException(string message, string hint) : ServiceException(message, hint);
