using System.Reflection;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tool.Models;

/// <summary>Finds the encrypted tables of a user's assembly, through the attributes that the generator wrote into it.</summary>
internal static class UserAssembly
{
    /// <exception cref="UsageException">It is no such assembly.</exception>
    public static EncryptionModel Load(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
            throw new UsageException($"there is no assembly {path}", "build your project, and name the .dll in its output folder");
        try
        {
            var assembly = new UserLoadContext(path).LoadFromAssemblyPath(path);
            var tables = assembly.GetCustomAttributes<EncryptedTableAttribute>().Select(attribute => attribute.Table).ToArray();
            return tables.Length > 0 ? new EncryptionModel(Path.GetFileName(path), tables) : throw NoTables(assembly, path);
        }
        catch (BadImageFormatException)
        {
            throw new UsageException($"{path} is no .NET assembly", "name the .dll of your project, not its .exe or its package");
        }
        catch (Exception e) when (
            e is FileNotFoundException or FileLoadException or TypeInitializationException or TypeLoadException or MissingMethodException)
        {
            throw new UsageException(
                $"{path} cannot be loaded: {(e.InnerException ?? e).Message}",
                "set <EnableDynamicLoading>true</EnableDynamicLoading> in the project, or name the .dll in the folder of dotnet publish");
        }
    }

    private static UsageException NoTables(Assembly assembly, string path)
    {
        // The attribute of another copy of PmmCrypt.dll has the same name and is another type: say so, instead of that there is nothing.
        var foreign = assembly.GetCustomAttributesData().Any(
            data => data.AttributeType.FullName?.StartsWith("PmmCrypt.EncryptedTableAttribute", StringComparison.Ordinal) == true);
        return foreign
            ? new UsageException($"{path} was built with a PmmCrypt that this tool does not understand",
                "use the tool and the package of one version")
            : new UsageException($"{path} declares no encrypted table",
                "put [Table] and [Encrypted] on an entity of that project, and reference the package PmmCrypt");
    }
}
