using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Says in an operator's words what PostgreSQL or the way to it refused.</summary>
internal static class PostgresErrors
{
    /// <summary>What is true after every failure that the database is the cause of.</summary>
    public const string GoesOn = "run the same command again: it goes on where this run stopped";

    private const string RunAgain = "run the same command again once the database is back: it goes on where this run stopped";
    private const string CheckLogin = "check the user name and the password (--postgres-password, PMM_POSTGRES_DBPASSWORD, PGPASSFILE)";

    /// <summary>Whether the statement may succeed if it is tried again: it met other sessions, not an obstacle.</summary>
    public static bool IsTransient(PostgresException e) => e.SqlState
        is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable;

    /// <summary>The store's exception for one of the provider's.</summary>
    /// <param name="e">The provider's exception.</param>
    /// <param name="where">The database, as reports name it.</param>
    public static StoreException Translate(Exception e, string where) => e switch
    {
        PostgresException postgres => Translate(postgres, where),
        NpgsqlException { InnerException: SocketException socket } =>
            new StoreException($"cannot reach {where}: {socket.Message}",
                "check the address, and that PostgreSQL accepts connections there", e),
        NpgsqlException { InnerException: TimeoutException } =>
            new StoreException($"{where} did not answer in time", "check the address, and whether a firewall drops the connection", e),
        NpgsqlException { InnerException: IOException or EndOfStreamException or ObjectDisposedException } =>
            new StoreException($"the connection to {where} was lost", RunAgain, e),
        NpgsqlException { InnerException: AggregateException several } =>       // one for each host of a list
            new StoreException(
                string.Join("; ", several.InnerExceptions.Select(one => Translate(one, where).Message).Distinct()),
                Translate(several.InnerExceptions[0], where).Hint, e),
        NpgsqlException { InnerException: AuthenticationException tls } =>
            new StoreException($"the encrypted connection to {where} was refused: {tls.Message}",
                "check the certificates, and the SSL mode (--postgres-ssl-mode, PMM_POSTGRES_SSL_MODE, sslmode)", e),
        NpgsqlException npgsql => new StoreException($"{where}: {npgsql.Message}", HintFor(npgsql.Message), e),
        _ => new StoreException($"the connection to {where} was lost: {e.Message}", RunAgain, e),
    };

    /// <summary>The provider has one exception for all that it finds by itself; its messages are fixed.</summary>
    private static string HintFor(string message) =>
        message.Contains("SSL", StringComparison.Ordinal)
            ? "let the server accept encrypted connections (its ssl = on), or change the SSL mode (--postgres-ssl-mode, sslmode)"
        : message.Contains("password", StringComparison.OrdinalIgnoreCase) ? CheckLogin
        : "check the connection, then " + GoesOn;

    /// <summary>
    /// Whether the words are those of a trigger, or of a function that it called: what it raises, and the names and texts of which it makes
    /// statements, can quote the row, under any code and in any part of the error. Of that, nothing is handed on.
    /// </summary>
    public static bool MayQuoteTheRow(PostgresException e) =>
        e.Routine is "exec_stmt_raise" or "exec_stmt_assert"
        || e.InternalQuery is not null
        // The server says where it was of its own words too, when it waited for another session, or was told to end.
        || (e.Where is not null && e.SqlState is not (['4', '0', ..] or ['5', '5', ..] or ['5', '7', ..]));

    private static StoreException Translate(PostgresException e, string where) => MayQuoteTheRow(e)
        ? new StoreException(
            $"{where}: a trigger, or a function that it calls, refused the row (SQLSTATE {e.SqlState})",
            "its words are in the server's log: they may quote the row, and are not repeated here. "
            + "Let the trigger pass what this role writes, or disable it for the time of the rotation; then " + GoesOn)
        : BySqlState(e, where);

    private static StoreException BySqlState(PostgresException e, string where) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new StoreException(
            $"{where} refused the login: {e.MessageText}",
            CheckLogin, e),
        PostgresErrorCodes.InvalidCatalogName => new StoreException($"{where}: {e.MessageText}", "check --postgres-name", e),
        PostgresErrorCodes.InsufficientPrivilege => new StoreException(
            $"{where}: {e.MessageText}",
            "the role needs SELECT and UPDATE on the tables of the model, and to see every row; log in as their owner", e),
        PostgresErrorCodes.ReadOnlySqlTransaction => new StoreException(
            $"{where} is read-only: {e.MessageText}", "connect to the primary server, with a role whose transactions may write", e),
        PostgresErrorCodes.TooManyConnections => new StoreException(
            $"{where}: {e.MessageText}", "a rotation takes three connections, and a fourth where it can have one", e),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow =>
            new StoreException($"{where}: {e.MessageText}", RunAgain, e),
        PostgresErrorCodes.DiskFull => new StoreException($"{where}: {e.MessageText}", "free space on the server, then " + RunAgain, e),

        PostgresErrorCodes.StringDataRightTruncation => new StoreException(
            $"{where}: a column is too narrow for the encrypted value{Place(e)}",
            "widen it: encrypted values are longer than secrets; text has no length"),

        // Messages of class 22 can quote a value: neither they nor the exception are handed on.
        ['2', '2', ..] or ['P', '0', ..] => new StoreException(
            $"{where} refused a value (SQLSTATE {e.SqlState}){Place(e)}", "the server's log has its words; mend it, then " + GoesOn),
        PostgresErrorCodes.QueryCanceled => new StoreException(
            $"{where}: {e.MessageText}", "raise the role's statement_timeout, where that was it; then " + GoesOn, e),
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
            new StoreException($"{where}: other sessions stood in the way: {e.MessageText}", "see pg_locks for who they are; " + GoesOn, e),
        _ => new StoreException(
            $"{where}: {e.MessageText} (SQLSTATE {e.SqlState}){Place(e)}", "mend what the server names; then " + GoesOn, e),
    };

    private static string Place(PostgresException e) => (e.TableName, e.ColumnName, e.ConstraintName) switch
    {
        ({ } table, _, { } constraint) => $", in {table}, constraint {constraint}",
        ({ } table, { } column, _) => $", in {table}.{column}",
        ({ } table, _, _) => $", in {table}",
        _ => "",
    };
}
