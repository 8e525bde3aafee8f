using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Tool.Baseline;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool;

/// <summary>How the tool ends. Scripts rely on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Done and verified.</summary>
    public const int Done = 0;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 1;

    /// <summary>Values off the primary key are left, a dry run has found something to do, or a service is to be started again.</summary>
    public const int WorkRemains = 2;

    /// <summary>The key file is missing, unreadable, or not this database's.</summary>
    public const int Key = 3;

    /// <summary>Some values do not open.</summary>
    public const int Unreadable = 4;

    /// <summary>Refused for safety.</summary>
    public const int Refused = 5;

    /// <summary>Interrupted; a re-run goes on.</summary>
    public const int Interrupted = 6;

    /// <summary>Another run holds the lock.</summary>
    public const int Locked = 7;

    /// <summary>The database is unreachable, refuses the login, or lacks a right.</summary>
    public const int Database = 8;

    /// <summary>Nothing of the model is in the database.</summary>
    public const int NothingFound = 9;

    /// <summary>A bug of the tool.</summary>
    public const int Bug = 70;

    /// <summary>The code for what a run was ended by.</summary>
    public static int Of(Exception e) => e switch
    {
        UsageException => Usage,
        RotationException rotation => Of(rotation.Failure),
        StoreLockedException or KeyFileLockedException => Locked,
        StoreBusyException => Refused,
        StoreSchemaException => NothingFound,
        StoreException => Database,
        KeyFileException
        {
            Kind: KeyFileProblem.Missing or KeyFileProblem.Unreadable or KeyFileProblem.NotAFile or KeyFileProblem.Invalid
        } => Key,
        KeyFileException or KeysetOperationException or PlatformNotSupportedException or ServiceNotStoppedException
            or ManifestException => Refused,
        ServiceNotStartedException => WorkRemains,
        OperationCanceledException => Interrupted,
        _ => Bug,
    };

    /// <summary>The code for what a run that came to its end has found and done.</summary>
    public static int Of(RotationReport report, RotationOptions options) =>
        options.DryRun && report.WouldWrite ? WorkRemains
        : report.Latest.Unreadable > 0 ? Unreadable
        : Done;

    private static int Of(RotationFailure failure) => failure switch
    {
        RotationFailure.WorkRemains => WorkRemains,
        RotationFailure.Key => Key,
        RotationFailure.Unreadable => Unreadable,
        RotationFailure.Refused => Refused,
        RotationFailure.Interrupted => Interrupted,
        RotationFailure.Locked => Locked,
        RotationFailure.Database => Database,
        RotationFailure.NothingFound => NothingFound,
        _ => Bug,
    };
}
