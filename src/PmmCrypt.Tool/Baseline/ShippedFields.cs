using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Model;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Checking;

namespace PmmCrypt.Tool.Baseline;

/// <summary>The list of the encrypted fields that releases have, as it lies beside a project.</summary>
internal sealed class ShippedFields
{
    private readonly IReadOnlyList<BaselineField> _fields;

    private ShippedFields(IReadOnlyList<BaselineField> fields) => _fields = fields;

    /// <summary>Reads it.</summary>
    /// <exception cref="UsageException">There is no such file, or a line of it is none.</exception>
    public static ShippedFields Read(string path)
    {
        if (!File.Exists(path))
            throw new UsageException($"there is no list of fields {path}", "name the EncryptedFields.Shipped.txt beside your project");
        var fields = new List<BaselineField>();
        foreach (var (number, line) in Lines(path).Index())
        {
            if (line.Trim() is "" || line.TrimStart().StartsWith('#'))
                continue;
            fields.Add(FieldText.Parse(line) ?? throw new UsageException(
                $"line {number + 1} of {path} does not read as 'table.column -> member: type'",
                "correct it; the build says the same as PMMC0023"));
        }

        return new ShippedFields(fields);
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}", "run this as a user who may read it");
        }
    }

    /// <summary>The fields that the model does not have any more.</summary>
    public IEnumerable<SchemaFinding> GoneFrom(EncryptionModel model) =>
        _fields.Where(line => !model.Tables.SelectMany(table => table.Fields).Any(field => IsSame(field, line))).Select(Finding);

    private static bool IsSame(EncryptedField field, BaselineField line) =>
        field.Table.Schema == line.Schema && field.Table.Name == line.Table && field.Column == line.Column
        && field.Path.SequenceEqual(line.Path);

    private static SchemaFinding Finding(BaselineField line) => new(
        SchemaFindingKind.ShippedFieldGone,
        line.Schema is null ? line.Table : $"{line.Schema}.{line.Table}",
        line.Path.Aggregate(line.Column, (name, step) => step == BaselineField.EachElement ? name + step : $"{name}.{step}"),
        "a release encrypted it and the model has it no longer: nobody opens what is stored there, and no rotation finds it",
        "put [Encrypted] back; or bring the values into the clear with the release before, and take the line out (see PMMC0021)");
}
