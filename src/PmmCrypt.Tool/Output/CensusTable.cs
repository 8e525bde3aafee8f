using System.Globalization;
using PmmCrypt.Fields;
using PmmCrypt.Rotation.Counting;
using Spectre.Console;

namespace PmmCrypt.Tool.Output;

/// <summary>Writes a census for people: a line for each field, key and format.</summary>
internal static class CensusTable
{
    private const int ProblemsShown = 20;

    public static void Write(TextWriter output, Census census)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumns("table", "field", "key", "format");
        table.AddColumn(new TableColumn("values").RightAligned());
        foreach (var entry in census.Fields)
            Add(table, entry, census.PrimaryKeyId);
        if (table.Rows.Count == 0)
        {
            output.WriteLine("no values");
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = Math.Max(console.Profile.Width, 140);
        console.Write(table);
    }

    /// <summary>Names the values that do not open: the first of them, and how many there are.</summary>
    public static void WriteProblems(Talk talk, IReadOnlyList<ValueProblem> problems)
    {
        foreach (var problem in problems.Take(ProblemsShown))
            talk.Say(problem.ToString());
        if (problems.Count > ProblemsShown)
            talk.Say(string.Create(CultureInfo.InvariantCulture, $"… and {problems.Count - ProblemsShown:N0} more (--json lists them)"));
    }

    private static void Add(Table table, FieldCensus entry, uint primaryKeyId)
    {
        var places = entry.Encrypted.OrderBy(place => place.Key.KeyId == primaryKeyId ? 0 : 1).ThenBy(place => place.Key.KeyId);
        foreach (var ((keyId, format), count) in places)
            AddRow(Number(keyId) + (keyId == primaryKeyId ? " (primary)" : ""), FormatName(format), count);
        AddRow("in the clear", "", entry.Clear);
        AddRow("does not open", "", entry.Unreadable);

        void AddRow(string key, string format, long count)
        {
            if (count > 0)
                table.AddRow(Markup.Escape(entry.Field.Table.ToString()), Markup.Escape(entry.Field.Name), key, format, Number(count));
        }
    }

    private static string FormatName(StoredFormat format) => format.ToString().ToLowerInvariant();

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
