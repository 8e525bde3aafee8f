using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Keys;

/// <summary>Edits a key file without its database: for what no stored value can stand against.</summary>
public static class KeyFileEditor
{
    /// <summary>Edits the key file under its lock, and makes it durable.</summary>
    /// <param name="location">Where it is, and where it is written to.</param>
    /// <param name="lockTimeout">How long to wait for another that edits it.</param>
    /// <param name="observer">Is told what is not as it should be.</param>
    /// <param name="edit">The edit. What it refuses changes nothing.</param>
    /// <param name="cancellation">Ends the wait for the lock.</param>
    /// <returns>The keyset as it was read back; the caller disposes it.</returns>
    /// <exception cref="KeyFileException">There is no key file, or it cannot be replaced.</exception>
    /// <exception cref="KeyFileLockedException">Another held the lock all the time.</exception>
    /// <exception cref="KeysetOperationException">The edit would leave values unopenable, or the keyset ambiguous.</exception>
    public static Keyset Edit(
        KeyFileLocation location, TimeSpan lockTimeout, IRotationObserver observer, Action<KeysetManager> edit,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(location);
        ArgumentNullException.ThrowIfNull(observer);
        ArgumentNullException.ThrowIfNull(edit);
        using var custody = KeyCustody.Open(location, lockTimeout, observer, mayBeMissing: false, cancellation);
        custody.EnsureDurable();
        custody.Edit(edit);
        return custody.Snapshot();
    }
}
