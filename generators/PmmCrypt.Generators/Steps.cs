namespace PmmCrypt.Generators;

/// <summary>The names of the pipeline's steps, by which tests ask why each of them ran.</summary>
internal static class Steps
{
    public const string Naming = nameof(Naming);
    public const string Outline = nameof(Outline);
    public const string Project = nameof(Project);
    public const string Entities = nameof(Entities);
    public const string Specs = nameof(Specs);
    public const string Sources = nameof(Sources);
    public const string Findings = nameof(Findings);
    public const string BaselineFiles = nameof(BaselineFiles);
    public const string Baseline = nameof(Baseline);
}
