using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>An additional file that is nowhere but in memory.</summary>
internal sealed class TestFile(string path, string text) : AdditionalText
{
    public override string Path => path;

    public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
}
