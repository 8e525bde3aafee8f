namespace PmmCrypt.Rotation.Stores;

/// <summary>How busy a database is, as far as the role may see it.</summary>
/// <param name="Waiting">Other sessions of the database that wait for a lock of the server's.</param>
/// <param name="ReplicaLag">
/// Bytes of the log that the replica furthest behind has still to replay, of those that are connected; 0 without any. Null where the
/// role may not see of any how far it is.
/// </param>
/// <param name="Commit">How long a commit takes that waits for the disk, and for the replicas that the database waits for.</param>
public sealed record StoreLoad(int Waiting, long? ReplicaLag, TimeSpan Commit)
{
    /// <summary>A database that says nothing of its load.</summary>
    public static StoreLoad Unknown { get; } = new(0, 0, TimeSpan.Zero);
}
