using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Diagnostics;

/// <summary>Findings of all entities and properties, brought together and reported.</summary>
internal static class Findings
{
    /// <summary>
    /// Every finding once, in the order of the files, with those between entities, and a finding for every type with encrypted properties
    /// that no entity reaches.
    /// </summary>
    public static EquatableArray<Finding> Gather(
        IEnumerable<ParsedEntity> entities, IEnumerable<ParsedProperty> properties, IEnumerable<Finding> shared)
    {
        var reached = new HashSet<string>(entities.SelectMany(entity => entity.Reached));
        var homeless = properties
            .Where(property => property.Findings.Count == 0 && !reached.Contains(property.Type))
            .Select(property => Of(Rules.NoTable, property.TypeLocation, property.TypeName));
        return new(entities.SelectMany(entity => entity.Findings)
            .Concat(properties.SelectMany(property => property.Findings))
            .Concat(homeless)
            .Concat(shared)
            .Distinct()         // a JSON class of two entities is parsed twice
            .OrderBy(finding => finding.Location.Path, StringComparer.Ordinal)
            .ThenBy(finding => finding.Location.Start)
            .ThenBy(finding => finding.RuleId, StringComparer.Ordinal));
    }

    public static Finding Of(DiagnosticDescriptor rule, LocationInfo location, params string[] arguments) =>
        new(rule.Id, location, new(arguments));

    public static void Report(SourceProductionContext output, EquatableArray<Finding> findings)
    {
        foreach (var finding in findings)
            output.ReportDiagnostic(ToDiagnostic(finding));
    }

    private static Diagnostic ToDiagnostic(Finding finding) =>
        Diagnostic.Create(Rules.Get(finding.RuleId), ToLocation(finding.Location), [.. finding.Arguments]);

    private static Location ToLocation(LocationInfo place) => place.Path.Length == 0 && place.Length == 0
        ? Location.None
        : Location.Create(
            place.Path,
            new TextSpan(place.Start, place.Length),
            new LinePositionSpan(new(place.StartLine, place.StartCharacter), new(place.EndLine, place.EndCharacter)));
}
