using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests;

/// <summary>Where an error stands there is no code: a project cannot switch it off, and go on in the clear.</summary>
public sealed class SeverityTests
{
    private const string Refused =
        """
        #pragma warning disable PMMC0001, PMMC0003, PMMC0006
        using System.ComponentModel.DataAnnotations.Schema;
        using System.Diagnostics.CodeAnalysis;
        using PmmCrypt;

        [assembly: SuppressMessage("PmmCrypt", "PMMC0001")]
        [assembly: SuppressMessage("PmmCrypt", "PMMC0003")]
        [assembly: SuppressMessage("PmmCrypt", "PMMC0006")]

        [Table("t")]
        public class Entity
        {
            [Encrypted] public string? Secret { get; }
        }
        """;

    // The lists are compared with entities that are sound.
    private const string Sound =
        """
        using System.ComponentModel.DataAnnotations.Schema;
        using PmmCrypt;

        [Table("t"), SingleRow]
        public partial class Entity
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """;

    private const string Shipped = "t.Gone: string\nno line\n";

    public static TheoryData<string> Ways =>
        ["as it is", "NoWarn", "severity in a .globalconfig", "severity in an .editorconfig", "no diagnostics at all"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void An_error_stays_one(string way)
    {
        Check(way, Refused, ["PMMC0001", "PMMC0003", "PMMC0006"]);
        Check(way, Sound, ["PMMC0021", "PMMC0023"], new TestFile("EncryptedFields.Shipped.txt", Shipped));
    }

    [Fact]
    public void What_is_no_error_may_be_switched_off() => Assert.All(Rules.All(), rule => Assert.Equal(
        rule.DefaultSeverity == DiagnosticSeverity.Error, rule.CustomTags.Contains(WellKnownDiagnosticTags.NotConfigurable)));

    private static void Check(string way, string source, string[] errors, params TestFile[] files)
    {
        var compilation = TestCompilation.Of(("Entity.cs", source));
        var options = way switch
        {
            "NoWarn" => compilation.Options.WithSpecificDiagnosticOptions(errors.ToDictionary(id => id, _ => ReportDiagnostic.Suppress)),
            "severity in a .globalconfig" => compilation.Options.WithSyntaxTreeOptionsProvider(new Severities(ofTrees: null, Suppress)),
            "severity in an .editorconfig" => compilation.Options.WithSyntaxTreeOptionsProvider(new Severities(Suppress, ofProject: null)),
            "no diagnostics at all" => compilation.Options.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress),
            _ => compilation.Options,
        };
        TestCompilation.Driver().AddAdditionalTexts([.. files])
            .RunGeneratorsAndUpdateCompilation(compilation.WithOptions(options), out _, out var found);
        Assert.Equal(errors, found.Select(diagnostic => diagnostic.Id).Order(StringComparer.Ordinal));
        Assert.All(found, diagnostic => Assert.Equal((DiagnosticSeverity.Error, false), (diagnostic.Severity, diagnostic.IsSuppressed)));

        ReportDiagnostic? Suppress(string id) => errors.Contains(id) ? ReportDiagnostic.Suppress : null;
    }

    private sealed class Severities(Func<string, ReportDiagnostic?>? ofTrees, Func<string, ReportDiagnostic?>? ofProject)
        : SyntaxTreeOptionsProvider
    {
        public override GeneratedKind IsGenerated(SyntaxTree tree, CancellationToken cancellationToken) => GeneratedKind.Unknown;

        public override bool TryGetDiagnosticValue(
            SyntaxTree tree, string diagnosticId, CancellationToken cancellationToken, out ReportDiagnostic severity) =>
            Get(ofTrees, diagnosticId, out severity);

        public override bool TryGetGlobalDiagnosticValue(
            string diagnosticId, CancellationToken cancellationToken, out ReportDiagnostic severity) =>
            Get(ofProject, diagnosticId, out severity);

        private static bool Get(Func<string, ReportDiagnostic?>? of, string id, out ReportDiagnostic severity)
        {
            var found = of?.Invoke(id);
            severity = found ?? ReportDiagnostic.Default;
            return found is not null;
        }
    }
}
