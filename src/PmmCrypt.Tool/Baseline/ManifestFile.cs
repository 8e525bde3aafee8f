using System.Text.Json;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Model;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tool.Baseline;

/// <summary>A manifest that a build has written (<c>PmmCryptManifest=true</c>): the key columns and fields of an assembly.</summary>
internal sealed class ManifestFile
{
    private const int Version = 1;

    private readonly string _path;
    private readonly HashSet<string> _lines;

    private ManifestFile(string path, HashSet<string> lines) => (_path, _lines) = (path, lines);

    /// <summary>Reads it.</summary>
    /// <exception cref="UsageException">There is no such file, or it is no manifest.</exception>
    public static ManifestFile Read(string path)
    {
        if (!File.Exists(path))
            throw new UsageException($"there is no manifest {path}", "build the project with <PmmCryptManifest>true</PmmCryptManifest>");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.GetProperty("manifestVersion").GetInt32() != Version)
                throw new UsageException($"{path} is a manifest of another version", "use the tool and the package of one version");
            var tables = document.RootElement.GetProperty("tables").EnumerateArray().ToArray();
            return new ManifestFile(
                path, [.. tables.SelectMany(table => Lines(table, "keys", isKey: true).Concat(Lines(table, "fields", isKey: false)))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}", "run this as a user who may read it");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new UsageException($"{path} is no manifest", "name the PmmCrypt.manifest.json that the build of your project wrote");
        }
    }

    /// <summary>Refuses a model that has other keys or fields.</summary>
    /// <exception cref="ManifestException">It has; they are named.</exception>
    public void Require(EncryptionModel model)
    {
        var lines = model.Tables.SelectMany(LinesOf).ToHashSet();
        string[] differences =
        [
            .. _lines.Except(lines).Order(StringComparer.Ordinal).Select(line => $"the manifest alone has {line}"),
            .. lines.Except(_lines).Order(StringComparer.Ordinal).Select(line => $"{model.Name} alone has {line}"),
        ];
        if (differences.Length > 0)
        {
            throw new ManifestException(
                $"{model.Name} is not what {_path} says: {string.Join("; ", differences)}",
                "nothing was changed; take manifest and assembly of one build");
        }
    }

    private static IEnumerable<string> Lines(JsonElement table, string name, bool isKey) =>
        table.GetProperty(name).EnumerateArray().Select(line => Line(line.GetString()!, isKey));

    private static IEnumerable<string> LinesOf(EncryptedTable table) => table.Keys
        .Select(key => Line(Text(table, key.Name, [], key.Type.ToString()), isKey: true))
        .Concat(table.Fields.Select(field => Line(Text(table, field.Column, field.Path, field.Formats.ToString()), isKey: false)));

    private static string Text(EncryptedTable table, string column, IReadOnlyList<string> path, string type) =>
        FieldText.Of(new BaselineField(table.Schema, table.Name, column, new(path), type));

    private static string Line(string text, bool isKey) => isKey ? $"key {text}" : text;
}
