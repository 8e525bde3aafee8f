using System.Reflection;
using System.Text;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Model;
using Scriban.Runtime;

namespace PmmCrypt.Generators.Emission;

/// <summary>Turns a spec into a file.</summary>
internal static class EntityEmitter
{
    /// <summary>The name that stands on what is generated.</summary>
    public const string Tool = "PmmCrypt.Generators";

    private const int IndentSize = 4;

    // Without the commit, which would change every generated file with every build of the generator.
    private static readonly string Version = typeof(EntityEmitter).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>().InformationalVersion.Split('+')[0];

    public static GeneratedSource Emit(EntitySpec spec)
    {
        var entity = EntityScript.Of(spec);
        entity.Add("generated_code", $"global::System.CodeDom.Compiler.GeneratedCode(\"{Tool}\", \"{Version}\")");
        var containers = new ScriptArray();
        for (var i = 0; i < spec.Containers.Count; i++)
        {
            containers.Add(new ScriptObject
            {
                ["indent"] = new string(' ', i * IndentSize),
                ["keyword"] = spec.Containers[i].Keyword,
                ["name"] = spec.Containers[i].Name,
            });
        }

        var file = new ScriptObject
        {
            ["silenced"] = string.Concat(spec.Silenced.Select(id => $", {id}")),
            ["entity_type"] = spec.QualifiedName,
            ["keys"] = new ScriptArray(EncryptedFieldList.KeyLines(spec).Select(Literal.Of)),
            ["fields"] = new ScriptArray(EncryptedFieldList.FieldLines(spec).Select(Literal.Of)),
            ["has_namespace"] = spec.Namespace is not null,
            ["namespace"] = spec.Namespace ?? "",
            ["containers"] = containers,
            ["entity"] = Indent(TemplateLibrary.Render(TemplateLibrary.Entity, entity), spec.Containers.Count * IndentSize),
        };
        return new GeneratedSource(spec.HintName, TemplateLibrary.Render(TemplateLibrary.File, file));
    }

    private static string Indent(string text, int by)
    {
        var result = new StringBuilder(text.Length);
        foreach (var line in text.TrimEnd('\n').Split('\n'))
            result.Append(' ', line.Length == 0 ? 0 : by).Append(line).Append('\n');
        return result.ToString(0, result.Length - 1);
    }
}
