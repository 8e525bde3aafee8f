using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;

namespace PmmCrypt.Tool.Models;

/// <summary>
/// Loads a user's assembly with its own dependencies, whatever versions the tool has of them. PmmCrypt itself is shared with the tool: its
/// attributes would otherwise be of another type, and nothing would be found.
/// </summary>
internal sealed class UserLoadContext(string assembly) : AssemblyLoadContext("user")
{
    private readonly AssemblyDependencyResolver _resolver = new(assembly);
    private readonly string _folder = Path.GetDirectoryName(assembly)!;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == typeof(EncryptedAttribute).Assembly.GetName().Name)
            return null;        // the default context has it
        var path = _resolver.ResolveAssemblyToPath(assemblyName) ?? Beside(assemblyName) ?? InPackageCache(assemblyName);
        return path is null ? null : LoadFromAssemblyPath(path);
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private string? Beside(AssemblyName name)
    {
        var path = Path.Combine(_folder, name.Name + ".dll");
        return File.Exists(path) ? path : null;
    }

    /// <summary>
    /// A class library does not copy the packages that it uses into its output folder; its .deps.json says which they are.
    /// </summary>
    private string? InPackageCache(AssemblyName name)
    {
        var depsPath = Path.ChangeExtension(assembly, ".deps.json");
        if (!File.Exists(depsPath))
            return null;
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        using var deps = JsonDocument.Parse(File.ReadAllBytes(depsPath));
        var target = deps.RootElement.GetProperty("runtimeTarget").GetProperty("name").GetString()!;
        foreach (var library in deps.RootElement.GetProperty("targets").GetProperty(target).EnumerateObject())
        {
            if (!library.Value.TryGetProperty("runtime", out var files)
                || !deps.RootElement.GetProperty("libraries").GetProperty(library.Name).TryGetProperty("path", out var folder))
            {
                continue;
            }

            foreach (var file in files.EnumerateObject().Where(file => Path.GetFileNameWithoutExtension(file.Name) == name.Name))
            {
                var path = Path.Combine(cache, folder.GetString()!, file.Name);
                if (File.Exists(path))
                    return path;
            }
        }

        return null;
    }
}
