using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Reads what entities can depend on, without asking the compiler what any of it means.</summary>
internal static class OutlineReader
{
    /// <summary>The outline of a compilation, for which only files that are new are looked into.</summary>
    public static Outline Read((Compilation Compilation, string Naming) project, CancellationToken cancellation)
    {
        var compilation = project.Compilation;
        var files = compilation.SyntaxTrees.Select(tree => SourceOutline.Of(tree, cancellation)).ToArray();
        var named = new HashSet<string>(TypeRules.GeneratedMembers);
        foreach (var file in files)
            named.UnionWith(file.Named);
        return new Outline(
            project.Naming,
            compilation.AssemblyName ?? "",
            new(compilation.References.Prepend<object>(compilation.Options).Select(ObjectNumber.Of)),
            new(files.SelectMany(file => file.Members(named).Prepend(file.Digest))));
    }
}
