using System.Reflection;
using Scriban;
using Scriban.Runtime;

namespace PmmCrypt.Generators.Emission;

/// <summary>The templates within this assembly, each parsed once, and rendered so that a mistake in one is an error.</summary>
internal static class TemplateLibrary
{
    private static readonly Lazy<Template> LazyFile = new(() => Parse("File.sbncs"));
    private static readonly Lazy<Template> LazyEntity = new(() => Parse("Entity.sbncs"));

    // The templates call no function: the context need not copy all that Scriban has, for each rendering.
    private static readonly ScriptObject NoFunctions = [];

    /// <summary>A generated file around one entity.</summary>
    public static Template File => LazyFile.Value;

    /// <summary>The generated part of one entity.</summary>
    public static Template Entity => LazyEntity.Value;

    /// <summary>Parses the template of this name.</summary>
    /// <exception cref="InvalidOperationException">It does not parse; the message says where.</exception>
    public static Template Parse(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"There is no template {name}.");
        using var reader = new StreamReader(stream);
        var template = Template.Parse(reader.ReadToEnd(), name);
        return template.HasErrors ? throw new InvalidOperationException(template.Messages.ToString()) : template;
    }

    /// <summary>Renders strictly: by default a misspelt member would print nothing, and a misspelt condition would be false.</summary>
    public static string Render(Template template, ScriptObject model)
    {
        var context = new TemplateContext(NoFunctions)
        {
            StrictVariables = true,
            EnableRelaxedMemberAccess = false,
            EnableRelaxedIndexerAccess = false,
            EnableRelaxedTargetAccess = false,
            EnableRelaxedFunctionAccess = false,
            LoopLimit = 0,          // no limit: a large schema is no endless loop
            LimitToString = 0,
            NewLine = "\n",
        };
        context.PushGlobal(model);
        return template.Render(context);
    }
}
