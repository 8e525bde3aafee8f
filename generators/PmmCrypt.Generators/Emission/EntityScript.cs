using PmmCrypt.Generators.Model;
using PmmCrypt.Generators.Parsing;
using Scriban.Runtime;

namespace PmmCrypt.Generators.Emission;

/// <summary>
/// An entity as its template sees it: the tree of members laid out as lists of fields, of walks over JSON objects and of visits of C#
/// objects, each with its name. Built by hand, and only of text, Booleans and lists, so that no decision is left to the template.
/// </summary>
internal sealed class EntityScript
{
    private readonly ScriptArray _fields = [];
    private readonly ScriptArray _columns = [];
    private readonly ScriptArray _walks = [];
    private readonly ScriptArray _visits = [];

    // What every class has, and what the template itself declares: members, and the parameters that would hide them.
    private readonly IdentifierPool _names = new(
        "Equals", "GetHashCode", "GetType", "ToString", "Finalize", "MemberwiseClone", "ReferenceEquals",
        TypeRules.FieldsClass, "Table", "Visit", "owner", "change", "json");

    private EntityScript()
    {
    }

    public static ScriptObject Of(EntitySpec spec)
    {
        var script = new EntityScript();
        script.AddEntity(spec);
        return new ScriptObject
        {
            ["keyword"] = spec.Declaration.Keyword,
            ["name"] = spec.Declaration.Name,
            ["type"] = spec.QualifiedName,
            ["schema"] = spec.Schema is null ? "null" : Literal.Of(spec.Schema),
            ["table"] = Literal.Of(spec.Table),
            ["table_in_docs"] = Literal.InDocs(spec.Table),
            ["keys"] = new ScriptArray(spec.Keys.Select(Key)),
            ["fields"] = script._fields,
            ["columns"] = script._columns,
            ["walks"] = script._walks,
            ["visits"] = script._visits,
        };
    }

    private void AddEntity(EntitySpec spec)
    {
        var visit = new ScriptArray();
        foreach (var column in spec.Columns)
        {
            var place = new Place(column.Property, column.StoredName, []);
            if (column.Value is { } value)
            {
                var field = AddField(place, value);
                _columns.Add(new ScriptObject { ["is_json"] = false, ["field"] = field });
                visit.Add(ValueVisit(column, field));
            }
            else
            {
                var added = AddObject(place, column.Object!);
                _columns.Add(new ScriptObject
                {
                    ["is_json"] = true,
                    ["name"] = Literal.Of(column.StoredName),
                    ["walk"] = added.Walk,
                    ["fields"] = string.Join(", ", added.Fields),
                });
                visit.Add(ObjectVisit(column, added));
            }
        }

        _visits.Insert(0, Visit("Visit", isEntity: true, spec.QualifiedName, visit));
    }

    private AddedObject AddObject(Place place, ObjectSpec spec)
    {
        var added = new AddedObject(_names.Take("Walk" + place.Name), _names.Take("Visit" + place.Name), []);
        var walk = new ScriptArray();
        var visit = new ScriptArray();
        _walks.Add(new ScriptObject { ["name"] = added.Walk, ["path"] = Literal.InDocs(place.Shown), ["members"] = walk });
        _visits.Add(Visit(added.Visit, isEntity: false, spec.Type, visit));
        foreach (var member in spec.Members)
        {
            var inner = new Place($"{place.Name}_{member.Property}", place.Column, [.. place.Path, member.StoredName]);
            var step = new ScriptObject
            {
                ["keyword"] = walk.Count == 0 ? "if" : "else if",
                ["literal"] = Literal.Of(member.StoredName) + "u8",
                ["is_value"] = member.Value is not null,
            };
            if (member.Value is { } value)
            {
                var field = AddField(inner, value);
                added.Fields.Add(field);
                step.Add("field", field);
                visit.Add(ValueVisit(member, field));
            }
            else
            {
                var nested = AddObject(inner, member.Object!);
                added.Fields.AddRange(nested.Fields);
                step.Add("first_field", nested.Fields[0]);
                step.Add("walk", nested.Walk);
                visit.Add(ObjectVisit(member, nested));
            }

            walk.Add(step);
        }

        return added;
    }

    private string AddField(Place place, ValueSpec value)
    {
        var name = _names.Take(place.Name);
        var formats = $"global::PmmCrypt.Fields.StoredFormats.{value.Formats}";
        _fields.Add(new ScriptObject
        {
            ["name"] = name,
            ["arguments"] = string.Join(", ", [Literal.Of(place.Column), formats, .. place.Path.Select(Literal.Of)]),
        });
        return name;
    }

    private static ScriptObject Key(KeySpec key) => new() { ["column"] = Literal.Of(key.Column), ["type"] = key.Type };

    private static ScriptObject Visit(string name, bool isEntity, string type, ScriptArray members) => new()
    {
        ["name"] = name,
        ["is_entity"] = isEntity,
        ["type"] = type,
        ["members"] = members,
    };

    private static ScriptObject ValueVisit(MemberSpec member, string field) => new()
    {
        ["is_value"] = true,
        ["property"] = Identifier.Escape(member.Property),
        ["text"] = member.Value!.Text is { } text ? $"global::PmmCrypt.Fields.SecretText.{text}, " : "",
        ["field"] = field,
        ["forgive_null"] = member.Value.AcceptsNull ? "" : "!",
    };

    private static ScriptObject ObjectVisit(MemberSpec member, AddedObject added) => new()
    {
        ["is_value"] = false,
        ["property"] = Identifier.Escape(member.Property),
        ["visit"] = added.Visit,
    };

    private sealed record Place(string Name, string Column, IReadOnlyList<string> Path)
    {
        public string Shown => string.Join(".", [Column, .. Path]);
    }

    private sealed record AddedObject(string Walk, string Visit, List<string> Fields);
}
