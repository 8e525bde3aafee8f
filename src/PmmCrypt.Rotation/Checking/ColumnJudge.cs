using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Checking;

/// <summary>Says of an encrypted column what of the database's schema does not go with ciphertexts.</summary>
/// <remarks>NOT NULL does: NULL is never encrypted, and no ciphertext is NULL. So does a condition that asks for emptiness.</remarks>
internal sealed class ColumnJudge(EncryptedTable table, EncryptedColumn column, ColumnFacts facts)
{
    /// <summary>The secret that has to fit at least, in bytes: 256 bits in hexadecimal are 64, a password is 8 to 32.</summary>
    public const int OrdinarySecret = 32;

    /// <summary>What is off.</summary>
    public IEnumerable<SchemaFinding> Findings() => TypeFindings()
        .Concat(facts.Rules.Where(Concerns).DistinctBy(rule => (rule.Kind, rule.Name)).Select(OfRule));

    /// <summary>What of a limit is worth knowing although ordinary secrets fit; null where there is none.</summary>
    public string? Note() => IsLimited && facts.MaxLength >= Needed
        ? $"{table}.{column.Name} is {facts.Type}: it holds secrets of up to {Largest(StoredFormat.Legacy)} bytes"
            + $" ({Largest(StoredFormat.Envelope)} in the envelope format), and what is longer cannot be stored"
        : null;

    private static long Needed => CiphertextSize.Of(OrdinarySecret, StoredFormat.Envelope);

    // A JSON document is longer than its values: what it takes cannot be said.
    private bool IsLimited => facts.MaxLength is not null && !column.IsJson;

    private IEnumerable<SchemaFinding> TypeFindings()
    {
        if (facts.IsGenerated)
            yield return Found(SchemaFindingKind.Type, "the database computes its value", "encrypt the column that it is computed from");
        else if (facts.Holds == ColumnHolds.Other || (facts.Holds == ColumnHolds.Json && !column.IsJson))
            yield return Found(
                SchemaFindingKind.Type,
                $"its type is {facts.Type}, and a ciphertext is text",
                $"give it a type of text without a limit: {Alter("text")}");
        else if (column.IsJson && facts.MaxLength is { } limit)
            yield return Found(
                SchemaFindingKind.TooNarrow,
                $"its type is {facts.Type}: a JSON document of at most {limit} characters, and each encrypted value in it takes"
                + $" {CiphertextSize.Of(OrdinarySecret, StoredFormat.Envelope)} for a secret of {OrdinarySecret} bytes",
                $"give it a type without a limit: {Alter("text")}");
        else if (IsLimited && facts.MaxLength < Needed)
            yield return Found(
                SchemaFindingKind.TooNarrow,
                $"its type is {facts.Type}: {Room()}. A ciphertext takes at least {CiphertextSize.Of(1, StoredFormat.Legacy)} characters"
                + $" ({CiphertextSize.Of(1, StoredFormat.Envelope)} in the envelope format), for a secret of {OrdinarySecret} bytes"
                + $" {CiphertextSize.Of(OrdinarySecret, StoredFormat.Legacy)} ({Needed})",
                $"give it a type without a limit: {Alter("text")}");
    }

    private string Room() => CiphertextSize.LargestPlaintext(facts.MaxLength!.Value, StoredFormat.Legacy) is null
        ? "no ciphertext fits"
        : $"secrets of up to {Largest(StoredFormat.Legacy)} bytes fit ({Largest(StoredFormat.Envelope)} in the envelope format)";

    private int Largest(StoredFormat format) => CiphertextSize.LargestPlaintext(facts.MaxLength!.Value, format) ?? 0;

    private SchemaFinding OfRule(ColumnRule rule)
    {
        var name = rule.Name.Length > 0 ? $" {rule.Name}" : "";
        var value = column.IsJson ? "an encrypted member of it" : "it";
        return rule.Kind switch
        {
            ColumnRuleKind.Check => Found(
                SchemaFindingKind.Check,
                $"the CHECK{name} compares {value}, which is a ciphertext now: what it lets in has nothing to do with the secret",
                "drop the CHECK, and check the value before it is encrypted"),
            ColumnRuleKind.Unique => Found(
                SchemaFindingKind.Unique,
                $"unique{name} keeps nothing unique: the same secret encrypted twice is two ciphertexts",
                "drop it; where equal secrets must be found, store a keyed hash (HMAC) in a column of its own, and make that unique"),
            ColumnRuleKind.Index => Found(
                SchemaFindingKind.Index,
                $"the index{name} finds no row by its secret: the same secret encrypted twice is two ciphertexts",
                "drop it; where rows must be found by the secret, index a keyed hash (HMAC) in a column of its own"),
            ColumnRuleKind.ForeignKey => Found(
                SchemaFindingKind.ForeignKey,
                $"the foreign key{name} compares ciphertexts, which are never the same",
                "refer to a column that is not encrypted"),
            ColumnRuleKind.Default => Found(
                SchemaFindingKind.Default,
                "its default is a value in the clear, which the database stores without asking anybody",
                $"ALTER TABLE {table} ALTER COLUMN {column.Name} DROP DEFAULT"),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule.Kind, "No such rule."),
        };
    }

    private bool Concerns(ColumnRule rule)
    {
        if (rule.Kind == ColumnRuleKind.Default)
            return !column.IsJson;
        // An index over a whole document still finds the members that are not encrypted; that a document is unique says nothing any more.
        if (rule.IsOnValue)
            return !column.IsJson || rule.Kind is ColumnRuleKind.Unique or ColumnRuleKind.ForeignKey;
        return column.IsJson
            ? column.Fields.Any(field => Mentions(rule.Expression, field))
                && !SqlMeaning.IsSame(rule.Expression, column.Name)
            : !SqlMeaning.IsSame(rule.Expression, column.Name);
    }

    /// <summary>
    /// Whether an expression over the column may look at a field. A dictionary's name stands for its values, if it has one.
    /// </summary>
    private static bool Mentions(string expression, EncryptedField field)
    {
        var name = field.Path.LastOrDefault(step => step is not (EncryptedField.EachElement or EncryptedField.EachMember));
        return name is null ? SqlMeaning.MentionsAnyMember(expression) : SqlMeaning.MentionsMember(expression, name);
    }

    private string Alter(string type) => $"ALTER TABLE {table} ALTER COLUMN {column.Name} TYPE {type}";

    private SchemaFinding Found(SchemaFindingKind kind, string meaning, string action) =>
        new(kind, table.ToString(), column.Name, meaning, action);
}
