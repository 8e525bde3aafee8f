namespace PmmCrypt.Rotation.Stores;

/// <summary>What a store found when it tried whether rows can be replaced.</summary>
/// <param name="Obstacles">What is in the way; rotation must not start. Each a sentence that names the table and what to do.</param>
/// <param name="Warnings">What an operator should know.</param>
public sealed record ProbeResult(IReadOnlyList<string> Obstacles, IReadOnlyList<string> Warnings);
