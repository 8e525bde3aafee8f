using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>An additional file that is nowhere but in memory.</summary>
internal sealed class TestFile(string path, SourceText text) : AdditionalText
{
    public TestFile(string path, string text)
        : this(path, SourceText.From(text))
    {
    }

    public override string Path => path;

    public override SourceText GetText(CancellationToken cancellationToken = default) => text;
}
