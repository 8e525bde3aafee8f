using PmmCrypt.Fields;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation;

/// <summary>What a database holds, as of one moment.</summary>
/// <param name="Census">Every value, opened or named; of a survey, those too that were counted by how they begin.</param>
/// <param name="Format">The format that the database is in.</param>
/// <param name="Waiting">The keys that wait to be promoted.</param>
/// <param name="Missing">Tables and columns of the model that the database does not have.</param>
public sealed record Inspection(Census Census, StoredFormat Format, IReadOnlyList<uint> Waiting, IReadOnlyList<string> Missing);
