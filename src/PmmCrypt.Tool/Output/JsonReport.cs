using System.Text.Encodings.Web;
using System.Text.Json;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Checking;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Healing;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Retirement;

namespace PmmCrypt.Tool.Output;

/// <summary>Writes what a verb found and did as one JSON document. Names stay as they are: scripts read them.</summary>
internal static class JsonReport
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a document; <paramref name="members"/> writes its members.</summary>
    public static void Write(TextWriter output, int exitCode, Action<Utf8JsonWriter> members)
    {
        using var document = new MemoryStream();
        using (var json = new Utf8JsonWriter(document, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteNumber("exitCode", exitCode);
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(document.GetBuffer().AsSpan(0, (int)document.Length)));
    }

    public static void WriteFailure(TextWriter output, int exitCode, string error, string? hint, IReadOnlyList<ValueProblem> problems) =>
        Write(output, exitCode, json =>
        {
            json.WriteString("error", error);
            json.WriteString("hint", hint);
            if (problems.Count > 0)
                WriteProblems(json, problems);
        });

    public static void WriteInspection(Utf8JsonWriter json, Inspection inspection)
    {
        json.WriteBoolean("countedByPrefix", inspection.Census.ToldByPrefix > 0);
        json.WriteString("format", Name(inspection.Format));
        WriteIds(json, "waitingKeys", inspection.Waiting);
        WriteStrings(json, "missing", inspection.Missing);
        WriteCensus(json, inspection.Census);
    }

    public static void WriteReport(Utf8JsonWriter json, RotationReport report, bool dryRun)
    {
        json.WriteBoolean("dryRun", dryRun);
        json.WriteStartObject("key");
        json.WriteString("action", JsonNamingPolicy.CamelCase.ConvertName(report.Key.Action.ToString()));
        if (report.Key.KeyId != 0)
            json.WriteNumber("id", report.Key.KeyId);
        json.WriteEndObject();
        json.WriteNumber("primaryKeyId", report.PrimaryKeyId);
        json.WriteBoolean("joined", report.Joined);
        json.WriteNumber("rowsReplaced", report.RowsReplaced);
        WriteStrings(json, "healed", report.Healed);
        json.WriteNumber("normalized", report.Normalized);
        WriteStrings(json, "putIntoClear", report.PutIntoClear);
        WriteStrings(json, "missing", report.Missing);
        WriteCensus(json, "plan", report.Plan);
        if (report.Verified is { } verified)
            WriteCensus(json, "verified", verified);
        if (report.Retirement is { } retirement)
            WriteRetirement(json, retirement);
        if (report.Loss is { } loss)
        {
            json.WriteStartObject("loss");
            WriteStrings(json, "files", loss.Files);
            json.WriteNumber("count", loss.Count);
            WriteProblems(json, "values", loss.Values);
            json.WriteEndObject();
        }

        json.WriteStartObject("phases");
        foreach (var (phase, duration) in report.Durations)
            json.WriteNumber(PhaseNames.Key(phase), Math.Round(duration.TotalMilliseconds));
        json.WriteEndObject();
    }

    public static void WriteCheck(
        Utf8JsonWriter json, string model, IReadOnlyList<SchemaFinding> findings, IReadOnlyList<string> notes)
    {
        json.WriteString("model", model);
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("kind", JsonNamingPolicy.CamelCase.ConvertName(finding.Kind.ToString()));
            json.WriteString("table", finding.Table);
            json.WriteString("column", finding.Column);
            json.WriteString("meaning", finding.Meaning);
            json.WriteString("action", finding.Action);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteStrings(json, "notes", notes);
    }

    public static void WriteRepair(Utf8JsonWriter json, RepairReport repair, bool dryRun)
    {
        json.WriteStartArray("oldKeyFiles");
        foreach (var keys in repair.Borrowed)
        {
            json.WriteStartObject();
            json.WriteString("path", keys.Path);
            WriteIds(json, "keys", keys.KeyIds);
            json.WriteNumber("layers", repair.LayersUnder(keys));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteReport(json, repair.Rotation, dryRun);
    }

    public static void WriteRestoration(Utf8JsonWriter json, RestorationReport report, bool dryRun)
    {
        json.WriteBoolean("dryRun", dryRun);
        json.WriteNumber("primaryKeyId", report.PrimaryKeyId);
        WriteProblems(json, "restored", report.Restored);
        json.WriteNumber("inPlace", report.InPlace);
        WriteProblems(json, "left", report.Left);
        WriteProblems(json, "unopened", report.Unopened);
        WriteStrings(json, "unknownTables", report.UnknownTables);
    }

    public static void WriteRetirement(Utf8JsonWriter json, RetirementReport retirement)
    {
        json.WriteStartObject("retirement");
        WriteIds(json, "disabled", retirement.Disabled);
        WriteIds(json, "destroyed", retirement.Destroyed);
        json.WriteStartArray("kept");
        foreach (var (keyId, why) in retirement.Kept)
        {
            json.WriteStartObject();
            json.WriteNumber("id", keyId);
            json.WriteString("why", why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("archive", retirement.ArchivePath);
        json.WriteEndObject();
    }

    public static void WriteKeyset(Utf8JsonWriter json, Keyset keyset)
    {
        json.WriteStartArray("keys");
        foreach (var key in keyset.Keys)
        {
            json.WriteStartObject();
            json.WriteNumber("id", key.Id);
            json.WriteString("status", key.Status.ToString().ToUpperInvariant());
            json.WriteBoolean("primary", key.Id == keyset.Primary.Id);
            json.WriteBoolean("waiting", keyset.Waiting.Contains(key));
            json.WriteString("checkValue", key.CheckValue);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCensus(Utf8JsonWriter json, string name, Census census)
    {
        json.WriteStartObject(name);
        WriteCensus(json, census);
        json.WriteEndObject();
    }

    public static void WriteCensus(Utf8JsonWriter json, Census census)
    {
        json.WriteNumber("primaryKeyId", census.PrimaryKeyId);
        json.WriteNumber("rows", census.Rows);
        json.WriteNumber("opened", census.Opened);
        json.WriteNumber("offPrimary", census.OffPrimary);
        json.WriteNumber("layered", census.Layered);
        json.WriteNumber("clear", census.Clear);
        json.WriteNumber("unreadable", census.Unreadable);
        json.WriteNumber("looksEncrypted", census.LooksEncrypted);
        json.WriteNumber("objectsInStrings", census.ObjectsInStrings);
        json.WriteStartArray("secretKeys");
        foreach (var (keyId, count) in census.SecretKeys.OrderBy(key => key.Key))
        {
            json.WriteStartObject();
            json.WriteNumber("keyId", keyId);
            json.WriteNumber("values", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("fields");
        foreach (var entry in census.Fields)
            WriteField(json, entry);
        json.WriteEndArray();
        WriteProblems(json, census.Problems);
    }

    private static void WriteField(Utf8JsonWriter json, FieldCensus entry)
    {
        json.WriteStartObject();
        json.WriteString("table", entry.Field.Table.ToString());
        json.WriteString("field", entry.Field.Name);
        json.WriteStartArray("encrypted");
        foreach (var ((keyId, format), count) in entry.Encrypted.OrderBy(place => place.Key.KeyId))
        {
            json.WriteStartObject();
            json.WriteNumber("keyId", keyId);
            json.WriteString("format", Name(format));
            json.WriteNumber("values", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("clear", entry.Clear);
        json.WriteNumber("unreadable", entry.Unreadable);
        json.WriteNumber("layered", entry.Layered);
        json.WriteNumber("looksEncrypted", entry.LooksEncrypted);
        json.WriteEndObject();
    }

    private static void WriteProblems(Utf8JsonWriter json, IReadOnlyList<ValueProblem> problems) => WriteProblems(json, "problems", problems);

    private static void WriteProblems(Utf8JsonWriter json, string name, IReadOnlyList<ValueProblem> problems)
    {
        json.WriteStartArray(name);
        foreach (var problem in problems)
        {
            json.WriteStartObject();
            json.WriteString("table", problem.Field.Table.ToString());
            json.WriteString("row", problem.Row.ToString());
            json.WriteString("field", problem.Field.Name);
            json.WriteString("what", problem.What);
            json.WriteString("format", problem.Format == StoredFormat.Unknown ? null : Name(problem.Format));
            if (problem.KeyId != 0)
                json.WriteNumber("keyId", problem.KeyId);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteIds(Utf8JsonWriter json, string name, IEnumerable<uint> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids)
            json.WriteNumberValue(id);
        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static string Name(StoredFormat format) => format.ToString().ToLowerInvariant();
}
