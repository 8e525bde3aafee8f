using System.Globalization;

namespace PmmCrypt.PostgreSql;

/// <summary>The place of a row's version within a heap (its ctid), as one number: places follow each other as the heap is read.</summary>
internal static class HeapPlace
{
    /// <summary>More than a block has rows, whatever size the server's blocks were built with.</summary>
    public const ulong PerBlock = 2048;

    /// <summary>The place of an offset within a block.</summary>
    public static ulong Of(uint block, ushort offset) => (block * PerBlock) + offset;

    /// <summary>The place as PostgreSQL writes a tid.</summary>
    public static string Text(ulong place) => string.Create(CultureInfo.InvariantCulture, $"({place / PerBlock},{place % PerBlock})");
}
