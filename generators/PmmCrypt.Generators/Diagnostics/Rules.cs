using System.Reflection;
using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Diagnostics;

/// <summary>
/// What is reported. Each rule has a page in <c>generators/rules</c>, a line in <c>AnalyzerReleases</c>, and a test.
/// What the generator refuses is an error: where one stands no code is generated, and a secret must not go into the database in the
/// clear over a warning. What analyzers see in the code around entities is a warning, or less where it may well be right.
/// </summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor TypeNotPartial = Error(
        "PMMC0001",
        "A type with encrypted properties must be partial",
        "'{0}' must be partial, so that the code which encrypts its properties can be added to it");

    public static readonly DiagnosticDescriptor NoTable = Error(
        "PMMC0002",
        "Encrypted properties belong to no table",
        "'{0}' has [Encrypted] properties, but it is no entity with [Table], and no entity of this project holds it in a JSON column");

    public static readonly DiagnosticDescriptor NoKey = Error(
        "PMMC0003",
        "An entity's rows must be told apart by a key",
        "'{0}' {1}: mark the properties of the primary key with [Key], or, for a table of one row, the class with [SingleRow]");

    public static readonly DiagnosticDescriptor UnsupportedKeyType = Error(
        "PMMC0004",
        "The key's type is not supported",
        "'{0}' is of type '{1}': a key column is a string, a Guid, a bool or an integer of up to 64 bits, signed where it has 64");

    public static readonly DiagnosticDescriptor NotEncryptable = Error(
        "PMMC0005",
        "The property cannot be encrypted",
        "'{0}' cannot be [Encrypted]: {1}");

    public static readonly DiagnosticDescriptor NotSettable = Error(
        "PMMC0006",
        "An encrypted property must be readable and settable",
        "'{0}' cannot be [Encrypted]: {1}");

    public static readonly DiagnosticDescriptor NameTaken = Error(
        "PMMC0007",
        "Two properties are stored in one place",
        "'{0}' and '{1}' are both stored in the {2} \"{3}\"");

    public static readonly DiagnosticDescriptor KeyEncrypted = Error(
        "PMMC0008",
        "A key column cannot be encrypted",
        "'{0}' is part of the key: its rows could not be found any more, because encrypting the same value twice gives two ciphertexts");

    public static readonly DiagnosticDescriptor RecursiveObject = Error(
        "PMMC0009",
        "A JSON class with encrypted properties contains itself",
        "'{0}' leads back to '{1}': the encrypted members of a JSON column must be countable, so its classes cannot be recursive");

    public static readonly DiagnosticDescriptor NotAccessible = Error(
        "PMMC0010",
        "The entity cannot be seen by its own assembly",
        "'{0}' is {1}: the assembly names its tables by their entities, so these must be internal or public");

    public static readonly DiagnosticDescriptor UnsupportedType = Error(
        "PMMC0011",
        "The type cannot have encrypted properties",
        "'{0}' cannot have [Encrypted] properties: {1}");

    public static readonly DiagnosticDescriptor MemberInTheWay = Error(
        "PMMC0012",
        "A member has the name of a generated one",
        "'{0}' is in the way: the generated part of '{1}' has a member of this name");

    public static readonly DiagnosticDescriptor Unreachable = Error(
        "PMMC0013",
        "Encrypted properties cannot be reached from here",
        "'{0}' holds [Encrypted] properties of '{1}' which cannot be reached: {2}");

    public static readonly DiagnosticDescriptor InvalidName = Error(
        "PMMC0014",
        "The name cannot be one of a table, a column or a JSON member",
        "'{0}' has an unusable {1} name: it is {2}");

    public static readonly DiagnosticDescriptor NoFormat = Error(
        "PMMC0015",
        "The property is encrypted in no stored format",
        "'{0}' is [Encrypted] in no format that exists: leave Formats out, or set it to StoredFormats.Legacy, Envelope or All");

    public static readonly DiagnosticDescriptor Queried = Warning(
        "PMMC0016",
        "An encrypted property decides a query",
        "'{0}' is [Encrypted], and the database compares ciphertexts: encrypting the same value twice gives two, so none is found by it");

    public static readonly DiagnosticDescriptor Exposed = Warning(
        "PMMC0017",
        "An encrypted property is logged, printed or thrown",
        "'{0}' is [Encrypted], and goes into {1}, where it is kept as it is");

    public static readonly DiagnosticDescriptor InText = Info(
        "PMMC0018",
        "An encrypted property becomes a part of a text",
        "'{0}' is [Encrypted], and becomes a part of a text, which does not show any more that it holds a secret");

    public static readonly DiagnosticDescriptor LooksSecret = Info(
        "PMMC0019",
        "A column looks like a secret, and is not encrypted",
        "'{0}' is stored in the clear, and its {1} says \"{2}\": if it is a secret, mark it with [Encrypted]");

    public static readonly DiagnosticDescriptor SavedDecrypted = Warning(
        "PMMC0020",
        "A decrypted entity is saved",
        "'{0}' may be decrypted here, and '{1}' would save it in the clear: call EncryptFields before");

    public static readonly DiagnosticDescriptor ShippedFieldGone = Error(
        "PMMC0021",
        "A shipped field is no longer encrypted",
        "'{0}' is no longer encrypted, and its ciphertexts are in databases: encrypt it again; or, before this line is removed, write its "
        + "values back in the clear with the last release (load each row, DecryptFields, save), or give them up: {1}");

    public static readonly DiagnosticDescriptor FieldNotListed = Warning(
        "PMMC0022",
        "An encrypted field is in neither list",
        "'{0}' is encrypted, and in neither list: add this line to EncryptedFields.Unshipped.txt");

    public static readonly DiagnosticDescriptor BaselineLine = Error(
        "PMMC0023",
        "A line of the baseline cannot be used",
        "'{0}' cannot be used: {1}");

    public static readonly DiagnosticDescriptor UnknownNaming = Error(
        "PMMC0024",
        "There is no such naming of columns",
        "The columns of '{0}' cannot be named: PmmCryptColumnNaming is '{1}', and there are as-is and snake_case");

    public static readonly DiagnosticDescriptor SharedColumn = Error(
        "PMMC0025",
        "Two classes of one table disagree about a column",
        "'{0}' is stored where '{1}' has the encrypted '{2}': {3}");

    private static readonly Dictionary<string, DiagnosticDescriptor> ById = All().ToDictionary(rule => rule.Id);

    /// <summary>The rule of this id: only ids cross the pipeline.</summary>
    public static DiagnosticDescriptor Get(string id) => ById[id];

    public static IEnumerable<DiagnosticDescriptor> All() =>
        typeof(Rules).GetFields(BindingFlags.Static | BindingFlags.Public).Select(field => (DiagnosticDescriptor)field.GetValue(null));

    // Where an error stands, no code is generated or a ciphertext is orphaned: no project and no line of a source switches one off. The
    // first tag keeps options and pragmas from it, the second [SuppressMessage], which is not applied to what the compiler itself says.
    private static DiagnosticDescriptor Error(string id, string title, string message) => Rule(
        id, title, message, DiagnosticSeverity.Error, WellKnownDiagnosticTags.NotConfigurable, WellKnownDiagnosticTags.Compiler);

    private static DiagnosticDescriptor Warning(string id, string title, string message) =>
        Rule(id, title, message, DiagnosticSeverity.Warning);

    private static DiagnosticDescriptor Info(string id, string title, string message) =>
        Rule(id, title, message, DiagnosticSeverity.Info);

    private static DiagnosticDescriptor Rule(
        string id, string title, string message, DiagnosticSeverity severity, params string[] tags) =>
        new(id, title, message, "PmmCrypt", severity, isEnabledByDefault: true, customTags: tags);
}
