using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.Generators.Analysis;

/// <summary>Finds what of entities, and of the objects in their JSON columns, is named as secrets are and stored in the clear.</summary>
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
            var search = new Search(encrypted);
            start.RegisterSymbolAction(search.Analyze, SymbolKind.NamedType);
        });
    }

    /// <summary>What is known of one compilation: a class that several entities derive from, or hold, is spoken of once.</summary>
    private sealed class Search(EncryptedProperties encrypted)
    {
        private readonly ConcurrentDictionary<(string?, string?), SecretWords> _lists = new();
        private readonly ConcurrentDictionary<ISymbol, bool> _seen = new(SymbolEqualityComparer.Default);

        public void Analyze(SymbolAnalysisContext context)
        {
            var type = (INamedTypeSymbol)context.Symbol;
            if (type.TypeKind == TypeKind.Class && Mapping.IsEntity(type))
                Analyze(context, type, type, Mapping.ColumnsBy(ColumnNaming.Of(context.Options)));
        }

        /// <summary>Looks at what is stored of a class, the entity's own or one within a JSON column of it.</summary>
        private void Analyze(SymbolAnalysisContext context, INamedTypeSymbol entity, INamedTypeSymbol type, Mapping mapping)
        {
            foreach (var property in PropertyList.Of(type).Where(property => IsStored(property, mapping)))
            {
                // A base class with a table of its own is an entity that is looked at by itself.
                if (!SymbolEqualityComparer.Default.Equals(property.ContainingType, entity)
                    && Mapping.IsEntity(property.ContainingType) && property.ContainingType.DeclaringSyntaxReferences.Length > 0)
                    continue;
                if (Held(property) is { } held)
                {
                    if (_seen.TryAdd(held, true))
                        Analyze(context, entity, held, Mapping.JsonMembers);
                }
                else if (IsClear(property))
                {
                    Report(context, entity, property, mapping);
                }
            }
        }

        private void Report(SymbolAnalysisContext context, INamedTypeSymbol entity, IPropertySymbol property, Mapping mapping)
        {
            var isHere = property.Locations.Any(place => place.IsInSource);
            var places = isHere ? property.Locations : entity.Locations;
            if (places.FirstOrDefault(place => place.IsInSource) is not { SourceTree: { } tree } location)
                return;
            string noun, found;
            if (SecretTypes.ArgumentOf(property.Type) is not null)
            {
                (noun, found) = ("type", property.Type.Shown());
            }
            else
            {
                var words = Words(context.Options.AnalyzerConfigOptionsProvider.GetOptions(tree), _lists);
                var stored = mapping.NameOf(property);
                if ((words.In(property.Name) ?? (stored is null ? null : words.In(stored))) is not { } word)
                    return;
                (noun, found) = ("name", word);
            }

            if (!isHere || _seen.TryAdd(property.OriginalDefinition, true))
                context.ReportDiagnostic(Diagnostic.Create(Rules.LooksSecret, location, property.Name, noun, found));
        }

        private static bool IsStored(IPropertySymbol property, Mapping mapping) =>
            property is { IsStatic: false, IsIndexer: false }
            && PropertyParser.Getter(property) is not null
            && PropertyParser.Setter(property) is not null
            && Mapping.Columns.LeftOutBy(property) is null
            && mapping.LeftOutBy(property) is null;

        // A key cannot be encrypted, and a token by which a change is noticed is none that opens anything.
        private bool IsClear(IPropertySymbol property) =>
            IsOfSecrets(property.Type)
            && !encrypted.Contains(property)
            && !property.Has(KnownTypeNames.Key)
            && !property.Has(KnownTypeNames.ConcurrencyCheck)
            && !property.Has(KnownTypeNames.Timestamp);

        private static bool IsOfSecrets(ITypeSymbol type) =>
            type.SpecialType == SpecialType.System_String
            || SecretTypes.ArgumentOf(type) is not null
            || SecretTypes.TextOf(type) == SecretTypes.Bytes
            || (SecretTypes.WithoutNull(type) as INamedTypeSymbol).IsNamed("System.Guid");

        /// <summary>The class of this project whose objects a JSON column, or a member of one, holds; null where it is none.</summary>
        private static INamedTypeSymbol? Held(IPropertySymbol property) =>
            Collections.HeldBy(property.Type) is INamedTypeSymbol { TypeKind: TypeKind.Class, SpecialType: SpecialType.None } held
            && held.DeclaringSyntaxReferences.Length > 0 && SecretTypes.ArgumentOf(held) is null && !Mapping.IsEntity(held)
                ? held.OriginalDefinition
                : null;
    }

    private static SecretWords Words(AnalyzerConfigOptions options, ConcurrentDictionary<(string?, string?), SecretWords> lists)
    {
        options.TryGetValue(WordsOption, out var words);
        options.TryGetValue(MoreWordsOption, out var more);
        return lists.GetOrAdd((words, more), static option => new SecretWords(
            (option.Item1 is { } instead ? instead.Split('|') : SecretWords.Usual.AsEnumerable())
                .Concat(option.Item2?.Split('|') ?? [])));
    }
}
