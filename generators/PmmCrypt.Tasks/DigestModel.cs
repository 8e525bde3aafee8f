using System.Security.Cryptography;
using System.Text;
using Microsoft.Build.Framework;

namespace PmmCrypt.Tasks;

/// <summary>Tells assemblies that encrypt the same fields from such that do not. It reads metadata, and loads no code.</summary>
public sealed class DigestModel : ITask
{
    /// <inheritdoc/>
    public IBuildEngine? BuildEngine { get; set; }

    /// <inheritdoc/>
    public ITaskHost? HostObject { get; set; }

    /// <summary>The assembly's file.</summary>
    [Required]
    public string Assembly { get; set; } = "";

    /// <summary>Equal for assemblies of the same tables, keys, fields and formats; empty where the assembly has no table.</summary>
    [Output]
    public string Digest { get; private set; } = "";

    /// <inheritdoc/>
    public bool Execute()
    {
        try
        {
            var tables = AssemblyTables.Read(Assembly);
            using var digest = SHA256.Create();
            if (tables.Count > 0)
                Digest = BitConverter.ToString(digest.ComputeHash(Encoding.UTF8.GetBytes(ManifestText.Of(tables))));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            BuildEngine!.LogErrorEvent(new BuildErrorEventArgs(
                "PmmCrypt", "PMMCRYPT001", Assembly, 0, 0, 0, 0, $"what it encrypts cannot be read: {e.Message}", "", nameof(DigestModel)));
            return false;
        }
    }
}
