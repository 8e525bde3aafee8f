using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>Finds the values whose secrets cannot be put into the clear, before any is.</summary>
internal sealed class ClearCheck(FieldCipher cipher, RewriteRule rule) : IPageVisitor
{
    private readonly ArrayBufferWriter<byte> _secret = new();
    private readonly List<ValueProblem> _problems = [];
    private RowKey _row = RowKey.SingleRow;

    /// <summary>Reads every row, and refuses where a secret cannot stand in the clear where it is to.</summary>
    /// <exception cref="RotationException">It names each such value.</exception>
    public async Task RunAsync(IAsyncEnumerable<RowPage> pages, CancellationToken stop)
    {
        await foreach (var page in pages.WithCancellation(stop).ConfigureAwait(false))
        {
            using (page)
                PageWalk.Over(page, this);
        }

        if (_problems.Count == 0)
            return;
        throw new RotationException(
            RotationFailure.Refused,
            $"{_problems.Count} {(_problems.Count == 1 ? "value" : "values")} cannot be put into the clear; nothing was changed",
            "set those values anew; one that is a ciphertext of a lost key, pmm-crypt repair --old-key FILE opens")
        { Problems = _problems };
    }

    public void Begin(RowKey row, int number) => _row = row;

    public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
    {
        try
        {
            var value = cipher.Open(stored, _secret);
            if (rule.Target(field, value, cipher.PrimaryKeyId) == StoredFormat.Unknown && _problems.Count < Census.MaxProblems
                && ClearFitness.WhyNot(_secret.WrittenSpan, cipher) is { } why)
            {
                _problems.Add(new ValueProblem(field, _row, why, value.Format, value.KeyId));
            }

            return false;
        }
        finally
        {
            _secret.Clear();
        }
    }

    public void VisitMalformed(EncryptedField field, MalformedReason reason)
    {
        // The plan has refused it.
    }
}
