using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Counting;

/// <summary>
/// Opens every value of a stream of pages, on all cores, and counts what it finds; or takes a database's count, and opens only the rest. It
/// writes nothing.
/// </summary>
internal static class CensusTaker
{
    public static async Task<Census> TakeAsync(
        IAsyncEnumerable<RowPage> pages, IReadOnlyList<TableLayout> tables, FieldCipher cipher, IRotationObserver observer,
        long? totalRows, CancellationToken cancellation, RowPlaces? places = null)
    {
        var total = new Census(tables, cipher.PrimaryKeyId);
        var merging = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
        await Parallel.ForEachAsync(pages, options, (page, _) =>
        {
            using (page)
            {
                var part = new Census([page.Layout], cipher.PrimaryKeyId);
                var visitor = new Visitor(cipher, part, places?.Rule);
                PageWalk.Over(page, visitor);
                part.Rows += page.Count;
                lock (merging)
                {
                    total.Merge(part);
                    places?.Add(page, visitor.WithWork);
                    observer.Progress(total.Rows, totalRows);
                }
            }

            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        total.Sort();
        return total;
    }

    /// <summary>Takes over what was counted, and opens every value of the rows that were not.</summary>
    public static async Task<Census> TakeAsync(
        ICountedSnapshot counted, IReadOnlyList<TableLayout> tables, FieldCipher cipher, IRotationObserver observer, PageSize size,
        CancellationToken cancellation)
    {
        observer.Progress(counted.Rows, null);
        var census = await TakeAsync(counted.ReadRestAsync(size, cancellation), tables, cipher, observer, null, cancellation)
            .ConfigureAwait(false);
        census.Rows += counted.Rows;
        foreach (var count in counted.Counts)
            census.Add(count);
        return census;
    }

    private sealed class Visitor(FieldCipher cipher, Census census, RewriteRule? rule) : IPageVisitor
    {
        private readonly List<int> _withWork = [];
        private RowKey _row = RowKey.SingleRow;
        private int _number;

        public Census Census { get; } = census;

        /// <summary>The rows, by their numbers within the page, that the rule has work with.</summary>
        public IReadOnlyList<int> WithWork => _withWork;

        public void Begin(RowKey row, int number) => (_row, _number) = (row, number);

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            var value = cipher.Inspect(stored);
            Census.Add(field, _row, value, stored);
            if (rule?.Target(field, value, cipher.PrimaryKeyId) is not null)
                HasWork();
            return false;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Census.Add(field, _row, reason);

        public bool VisitObjectInString(EncryptedColumn column)
        {
            Census.AddObjectInString();
            if (rule is { Normalize: true })
                HasWork();
            return false;
        }

        private void HasWork()
        {
            if (_withWork.Count == 0 || _withWork[^1] != _number)
                _withWork.Add(_number);
        }
    }
}
