using System.Text;
using Microsoft.Build.Framework;

namespace PmmCrypt.Tasks;

/// <summary>
/// Writes down which fields an assembly encrypts, for <c>pmm-crypt --manifest</c> to compare. It reads the assembly's metadata, and loads
/// no code of it.
/// </summary>
public sealed class WriteManifest : ITask
{
    /// <inheritdoc/>
    public IBuildEngine? BuildEngine { get; set; }

    /// <inheritdoc/>
    public ITaskHost? HostObject { get; set; }

    /// <summary>The assembly's file.</summary>
    [Required]
    public string Assembly { get; set; } = "";

    /// <summary>The manifest's file. Where it says the same already, it stays as it is.</summary>
    [Required]
    public string Manifest { get; set; } = "";

    /// <inheritdoc/>
    public bool Execute()
    {
        try
        {
            var text = ManifestText.Of(AssemblyTables.Read(Assembly));
            if (!File.Exists(Manifest) || File.ReadAllText(Manifest) != text)
                File.WriteAllText(Manifest, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            BuildEngine!.LogErrorEvent(new BuildErrorEventArgs(
                "PmmCrypt", "PMMCRYPT001", Assembly, 0, 0, 0, 0, $"the manifest {Manifest} cannot be written: {e.Message}", "",
                nameof(WriteManifest)));
            return false;
        }
    }
}
