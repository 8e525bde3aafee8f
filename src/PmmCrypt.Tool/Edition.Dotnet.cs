using System.CommandLine;
using PmmCrypt.Metadata;
using PmmCrypt.Tool.Commands;
using PmmCrypt.Tool.Databases;
using PmmCrypt.Tool.Models;

namespace PmmCrypt.Tool;

/// <summary>What this build of the tool can do that another cannot: here, the .NET tool, which can do all of it.</summary>
internal static class Edition
{
    /// <summary>The encrypted tables of a user's assembly.</summary>
    public static EncryptionModel Load(string assembly) => UserAssembly.Load(assembly);

    /// <summary>An SQLite database.</summary>
    public static DatabaseLocation Sqlite(string path) => new SqliteFile(path);

    /// <summary>The verbs that not every build has.</summary>
    public static IEnumerable<Command> Verbs(GlobalOptions options) => [new DemoCommand(options)];
}
