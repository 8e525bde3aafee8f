using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Finds columns of entities that are named as secrets are, and stored in the clear.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LookAlikeAnalyzer : DiagnosticAnalyzer
{
    /// <summary>The option that replaces <see cref="SecretWords.Usual"/>; its words are separated by <c>|</c>.</summary>
    internal const string WordsOption = "dotnet_code_quality.PMMC0019.secret_words";

    /// <summary>The option that adds to them.</summary>
    internal const string MoreWordsOption = "dotnet_code_quality.PMMC0019.additional_secret_words";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.LooksSecret];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(static start =>
        {
            if (EncryptedProperties.Of(start.Compilation) is not { } encrypted)
                return;
            var lists = new ConcurrentDictionary<(string?, string?), SecretWords>();
            start.RegisterSymbolAction(
                symbol =>
                {
                    var property = (IPropertySymbol)symbol.Symbol;
                    if (!IsClearColumn(property, encrypted) || property.Locations is not [{ SourceTree: { } tree } location, ..])
                        return;
                    if (SecretTypes.ArgumentOf(property.Type) is not null)
                    {
                        symbol.ReportDiagnostic(
                            Diagnostic.Create(Rules.LooksSecret, location, property.Name, "type", property.Type.Shown()));
                        return;
                    }

                    var words = Words(symbol.Options.AnalyzerConfigOptionsProvider.GetOptions(tree), lists);
                    var column = Mapping.ColumnsBy(ColumnNaming.Of(symbol.Options)).NameOf(property);
                    if ((words.In(property.Name) ?? (column is null ? null : words.In(column))) is { } found)
                        symbol.ReportDiagnostic(Diagnostic.Create(Rules.LooksSecret, location, property.Name, "name", found));
                },
                SymbolKind.Property);
        });
    }

    // A key cannot be encrypted, and an override says nothing that the property it overrides does not.
    private static bool IsClearColumn(IPropertySymbol property, EncryptedProperties encrypted) =>
        property is { IsStatic: false, IsIndexer: false, IsOverride: false }
        && (property.Type.SpecialType == SpecialType.System_String || SecretTypes.ArgumentOf(property.Type) is not null)
        && property.ContainingType.TypeKind == TypeKind.Class
        && PropertyParser.Getter(property) is not null
        && PropertyParser.Setter(property) is not null
        && Mapping.IsEntity(property.ContainingType)
        && !encrypted.Contains(property)
        && !property.Has(KnownTypeNames.Key)
        && Mapping.Columns.LeftOutBy(property) is null;

    private static SecretWords Words(AnalyzerConfigOptions options, ConcurrentDictionary<(string?, string?), SecretWords> lists)
    {
        options.TryGetValue(WordsOption, out var words);
        options.TryGetValue(MoreWordsOption, out var more);
        return lists.GetOrAdd((words, more), static option => new SecretWords(
            (option.Item1 is { } instead ? instead.Split('|') : SecretWords.Usual.AsEnumerable())
                .Concat(option.Item2?.Split('|') ?? [])));
    }
}
