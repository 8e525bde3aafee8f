using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Retirement;

namespace PmmCrypt.Rotation;

/// <summary>What a run found and did.</summary>
public sealed record RotationReport
{
    /// <summary>What was found before anything was done; what was found afterwards, where a sweep was joined.</summary>
    public required Census Plan { get; init; }

    /// <summary>What was found afterwards, in one snapshot; null where nothing was to be done, or it was a dry run.</summary>
    public Census? Verified { get; init; }

    /// <summary>What was done about the key, or would be.</summary>
    public required KeyDecision Key { get; init; }

    /// <summary>The primary key at the end; the one of before in a dry run.</summary>
    public required uint PrimaryKeyId { get; init; }

    /// <summary>Rows that were replaced, each as often as it was.</summary>
    public long RowsReplaced { get; init; }

    /// <summary>Values that were found under more than one layer and are now under one: table, row and field.</summary>
    public IReadOnlyList<string> Healed { get; init; } = [];

    /// <summary>
    /// The fields whose values were put into the clear, or would be, because the format that was asked for has them there.
    /// </summary>
    public IReadOnlyList<string> PutIntoClear { get; init; } = [];

    /// <summary>Whether JSON columns that are strings which hold the object were to be written as the object.</summary>
    public bool Normalizes { get; init; }

    /// <summary>JSON columns, row by row, that were strings which hold the object, and are objects now.</summary>
    public long Normalized => Plan.ObjectsInStrings - Latest.ObjectsInStrings;

    /// <summary>Tables and columns of the model that the database does not have.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Whether the sweep was another run's, which this one has joined.</summary>
    public bool Joined { get; init; }

    /// <summary>The values that were moved into a backup file, or would be; null where no key was said to be lost.</summary>
    public KeyLossReport? Loss { get; init; }

    /// <summary>The keys that were retired; null where it was not asked for.</summary>
    public RetirementReport? Retirement { get; init; }

    /// <summary>In a dry run, whether the same run without it would write anything.</summary>
    public bool WouldWrite { get; init; }

    /// <summary>How long each phase took.</summary>
    public IReadOnlyDictionary<RotationPhase, TimeSpan> Durations { get; init; } = new Dictionary<RotationPhase, TimeSpan>();

    /// <summary>What is known last: after the run where it did something, before it where not.</summary>
    public Census Latest => Verified ?? Plan;
}
