namespace PmmCrypt.Rotation.Stores;

/// <summary>The database cannot be reached, refuses the login or the statement, or went away.</summary>
public class StoreException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What happened. No value of any row, no password.</param>
    /// <param name="hint">What to do; null where nothing better is known than to look at the message.</param>
    /// <param name="inner">The provider's exception.</param>
    public StoreException(string message, string? hint = null, Exception? inner = null)
        : base(message, inner) => Hint = hint;

    /// <summary>What to do.</summary>
    public string? Hint { get; }
}

/// <summary>Another session holds the rotation lock. The store can be used on.</summary>
public sealed class StoreLockedException(string message, string? hint = null) : StoreException(message, hint)
{
    /// <summary>Whether it is seen to be a run of this tool, which ends by itself.</summary>
    public bool IsHeldByRotation { get; init; }
}

/// <summary>Writers did not end in time to be shut out.</summary>
public sealed class StoreBusyException(string message, string? hint = null) : StoreException(message, hint);

/// <summary>
/// The database has a table of the model's name that is not the model's: its rows cannot be told apart by the key that the model names.
/// </summary>
public sealed class StoreSchemaException(string message, string? hint = null) : StoreException(message, hint);
