using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;

namespace PmmCrypt.Rotation.Retirement;

/// <summary>What is to become of the keys of a keyset, by a count that was made while nobody could write.</summary>
internal sealed class RetirementRule
{
    private readonly List<uint> _disable = [];
    private readonly List<uint> _destroy = [];
    private readonly List<(uint KeyId, string Why)> _kept = [];
    private readonly Dictionary<uint, DateTimeOffset> _retired = [];

    public IReadOnlyList<uint> Disable => _disable;

    public IReadOnlyList<uint> Destroy => _destroy;

    public IReadOnlyList<(uint KeyId, string Why)> Kept => _kept;

    /// <summary>Whether any key changes.</summary>
    public bool HasWork => _disable.Count + _destroy.Count > 0;

    /// <summary>Since when each key that stays in the file has been of no use.</summary>
    public IReadOnlyDictionary<uint, DateTimeOffset> Retired => _retired;

    /// <summary>For a prune: every key that nothing refers to, but for the primary and the one that waits.</summary>
    public static RetirementRule ForPrune(Keyset keyset, Census census, KeyNotes notes, TimeSpan retain, DateTimeOffset now)
    {
        var rule = new RetirementRule();
        foreach (var key in keyset.Keys)
        {
            if (key.Id == keyset.Primary.Id)
                continue;
            if (keyset.Waiting.Contains(key))
                rule._kept.Add((key.Id, "it waits to be promoted"));
            else if (census.References.TryGetValue(key.Id, out var references))
                rule._kept.Add((key.Id, $"{references} {(references == 1 ? "layer" : "layers")} of stored values are under it"));
            else
                rule.Retire(key, notes.RetiredAt(key.Id) ?? now, retain, now);
        }

        return rule;
    }

    private void Retire(KeysetKey key, DateTimeOffset since, TimeSpan retain, DateTimeOffset now)
    {
        // A key that is enabled has not been shown to be of no use for any time: it was in use until now. Unless no time is asked for.
        if (retain == TimeSpan.Zero || (key.Status == KeyStatus.Disabled && now - since >= retain))
        {
            _destroy.Add(key.Id);
            return;
        }

        var from = key.Status == KeyStatus.Disabled ? since : now;
        _retired.Add(key.Id, from);
        if (key.Status == KeyStatus.Enabled)
            _disable.Add(key.Id);
        else
            _kept.Add((key.Id, $"disabled; it may be destroyed from {from + retain:yyyy-MM-dd HH:mm} UTC on"));
    }
}
