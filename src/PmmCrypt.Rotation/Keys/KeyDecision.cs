using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Keys;

/// <summary>What a run does about the key.</summary>
public enum KeyAction
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>The primary stays.</summary>
    Keep,

    /// <summary>The primary stays, and values that are not under it yet are brought there: a rotation was under way.</summary>
    Finish,

    /// <summary>A key that was added before, and that services have loaded, becomes the primary.</summary>
    Promote,

    /// <summary>A key that this tool had added and not promoted when it was stopped becomes the primary, as if it were added now.</summary>
    Resume,

    /// <summary>A new key is added and becomes the primary.</summary>
    Add,

    /// <summary>A key file is made.</summary>
    Create,
}

/// <summary>What a run does about the key, and with which.</summary>
/// <param name="Action">What.</param>
/// <param name="KeyId">The key that becomes the primary, or stays it; 0 where it is yet to be made.</param>
public sealed record KeyDecision(KeyAction Action, uint KeyId)
{
    /// <summary>Decides for a rotation.</summary>
    internal static KeyDecision For(Keyset keyset, Census census, RotationOptions options, uint? added)
    {
        if (keyset.Waiting.Count > 1)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"more than one key is waiting to be promoted: {string.Join(", ", keyset.Waiting.Select(key => key.Id))}",
                "keep one of them: pmm-crypt key promote, or key destroy for those that no service uses");
        }

        var waiting = keyset.Waiting.Count == 1 ? keyset.Waiting[0] : null;
        if (waiting is not null && options.NewKey)
        {
            throw new RotationException(
                RotationFailure.Refused, $"key {waiting.Id} is waiting to be promoted already",
                "leave out --new-key, and it will be promoted");
        }

        var primary = keyset.Primary.Id;
        if (options.NewKey)
            return new KeyDecision(KeyAction.Add, 0);
        if (options.Prune)
            return new KeyDecision(census.OffPrimary > 0 ? KeyAction.Finish : KeyAction.Keep, primary);
        if (waiting is not null)
        {
            // What values are under already is no key of a killed run alone, whatever is noted: it must never be taken back.
            var isOwn = waiting.Id == added && !census.References.ContainsKey(waiting.Id);
            return new KeyDecision(isOwn ? KeyAction.Resume : KeyAction.Promote, waiting.Id);
        }

        if (census.OffPrimary > 0)
            return new KeyDecision(KeyAction.Finish, primary);
        return options.Join ? new KeyDecision(KeyAction.Keep, primary) : new KeyDecision(KeyAction.Add, 0);
    }
}
