using System.Buffers;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Counting;

/// <summary>Looks at every value of a page, and replaces none.</summary>
internal interface IPageVisitor : IFieldVisitor
{
    /// <summary>The values that follow are this row's.</summary>
    /// <param name="row">Its key.</param>
    /// <param name="number">Its number within the page.</param>
    void Begin(RowKey row, int number);
}

/// <summary>Walks over the rows and columns of a page.</summary>
internal static class PageWalk
{
    /// <summary>Shows a visitor every value.</summary>
    public static void Over(RowPage page, IPageVisitor visitor)
    {
        var columns = page.Layout.Columns;
        var unused = new ArrayBufferWriter<byte>();     // the visitor replaces nothing, so nothing is ever written to it
        for (var row = 0; row < page.Count; row++)
        {
            visitor.Begin(page.Key(row), row);
            for (var column = 0; column < columns.Count; column++)
            {
                if (!page.IsNull(row, column))
                    columns[column].Walk(page.Column(row, column).Span, visitor, unused);
            }
        }
    }
}
