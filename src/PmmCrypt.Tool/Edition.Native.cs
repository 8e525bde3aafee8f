using System.CommandLine;
using PmmCrypt.Metadata;
using PmmCrypt.Tool.Databases;

namespace PmmCrypt.Tool;

/// <summary>
/// What this build of the tool can do that another cannot: here, the native file, which loads no assembly, and has no library beside it.
/// </summary>
internal static class Edition
{
    private const string Other = "use the .NET tool: dotnet tool install --global dotnet-pmm-crypt, then dotnet pmm-crypt";

    /// <summary>The encrypted tables of a user's assembly: refused.</summary>
    public static EncryptionModel Load(string assembly) => throw new UsageException(
        $"--assembly {assembly} cannot be loaded: this is the native file, which was compiled ahead and runs no other code than its own",
        Other);

    /// <summary>An SQLite database: refused.</summary>
    public static DatabaseLocation Sqlite(string path) => throw new UsageException(
        $"sqlite:{path} cannot be opened: this is the native file, which has PostgreSQL alone; SQLite would be a library beside it", Other);

    /// <summary>The verbs that not every build has: none.</summary>
    public static IEnumerable<Command> Verbs(GlobalOptions _) => [];
}
