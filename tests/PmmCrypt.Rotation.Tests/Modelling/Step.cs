using CsCheck;

namespace PmmCrypt.Rotation.Tests.Modelling;

/// <summary>What an operator, a service or a fault may do next.</summary>
internal enum Act
{
    /// <summary>The service writes a row: with the keyset that it loaded last, or with the file as it is.</summary>
    Write,

    /// <summary>The service, which could not open a value, encrypts it once more.</summary>
    Wrap,

    /// <summary>A rotation, and the service writes a row while it runs.</summary>
    WriteBeside,

    Init,
    StopInit,
    Rotate,
    StopRotate,
    Prune,
    StopPrune,
    AddKey,
    PromoteKey,
    DisableKey,
    DestroyKey,
    EnableKey,

    /// <summary>An operator puts back the key file of another day.</summary>
    RestoreKeyFile,

    /// <summary>The keys of a key file of another day are merged into this one.</summary>
    MergeKeyFile,

    /// <summary>The key file is away while commands are given.</summary>
    LoseKeyFile,

    /// <summary>One value is damaged on the disk.</summary>
    Damage,

    /// <summary>Whatever is damaged is set anew.</summary>
    Repair,
}

/// <summary>A step, and the choices within it.</summary>
internal sealed record Step(Act Act, int Row, int Number, bool Fresh, bool Envelope, int At)
{
    /// <summary>How many values a number has.</summary>
    public const int Numbers = 16;

    /// <summary>More named steps than a run has; one that is to be stopped later ends by itself.</summary>
    private const int Steps = 24;

    public static Gen<Step> Any { get; } = Gen.Select(
        Gen.Enum<Act>(), Gen.Int[0, 4], Gen.Int[0, Numbers - 1], Gen.Bool, Gen.Bool, Gen.Int[1, Steps],
        (act, row, number, fresh, envelope, at) => new Step(act, row, number, fresh, envelope, at));

    public string Id => "abcde"[Row].ToString();
}
