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

    // What every class has, and what the template itself declares: members, and the parameters and variables that would hide them.
    private readonly IdentifierPool _names = new(
        "Equals", "GetHashCode", "GetType", "ToString", "Finalize", "MemberwiseClone", "ReferenceEquals",
        TypeRules.FieldsClass, "Table", "Visit", "owner", "change", "json", "values", "key", "item");

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
            ["is_obsolete"] = spec.IsObsolete,
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
            if (!column.IsJson)
            {
                var field = AddField(place, column.Value!);
                _columns.Add(new ScriptObject { ["is_json"] = false, ["field"] = field });
                visit.Add(ValueVisit(column, field));
            }
            else
            {
                var added = AddJson(place, column);
                _columns.Add(new ScriptObject
                {
                    ["is_json"] = true,
                    ["factory"] = column.IsList ? "JsonArray" : "Json",
                    ["name"] = Literal.Of(column.StoredName),
                    ["walk"] = added.Walk,
                    ["fields"] = string.Join(", ", added.Fields),
                });
                visit.Add(added.Step);
            }
        }

        _visits.Insert(0, Visit("Visit", isEntity: true, spec.QualifiedName, visit));
    }

    /// <summary>Adds what a property leads to that is stored as a JSON object or array.</summary>
    private AddedJson AddJson(Place place, MemberSpec member)
    {
        var inner = place with { Path = [.. place.Path, .. member.Steps] };
        if (!member.IsDictionary)
        {
            var (walk, visit, fields) = AddObject(inner, member.Object!);
            return new AddedJson(walk, fields, member.IsList ? EachVisit(member, visit) : ObjectVisit(member, visit));
        }

        var name = _names.Take("Walk" + place.Name);
        var script = new ScriptObject
        {
            ["name"] = name,
            ["path"] = Literal.InDocs(place.Shown),
            ["is_dictionary"] = true,
            ["is_value"] = member.Value is not null,
        };
        _walks.Add(script);
        if (member.Value is { } value)
        {
            var field = AddField(inner, value);
            script.Add("field", field);
            return new AddedJson(name, [field], ValuesVisit(member, field));
        }

        var objects = AddObject(inner, member.Object!, "_Value");
        script.Add("field", objects.Fields[0]);
        script.Add("walk", objects.Walk);
        return new AddedJson(name, objects.Fields, EachVisit(member, objects.Visit));
    }

    /// <summary>Adds the fields of a class, a walk over its stored members and a visit of an object of it.</summary>
    private (string Walk, string Visit, List<string> Fields) AddObject(Place place, ObjectSpec spec, string suffix = "")
    {
        var (name, visitName, fields) = (_names.Take("Walk" + place.Name + suffix), _names.Take("Visit" + place.Name), new List<string>());
        var walk = new ScriptArray();
        var visit = new ScriptArray();
        _walks.Add(new ScriptObject
        {
            ["name"] = name,
            ["path"] = Literal.InDocs(place.Shown),
            ["is_dictionary"] = false,
            ["members"] = walk,
        });
        _visits.Add(Visit(visitName, isEntity: false, spec.Type, visit));
        foreach (var member in spec.Members)
        {
            var inner = new Place($"{place.Name}_{member.Property}", place.Column, [.. place.Path, member.StoredName]);
            var step = new ScriptObject
            {
                ["keyword"] = walk.Count == 0 ? "if" : "else if",
                ["literal"] = Literal.Of(member.StoredName) + "u8",
                ["is_value"] = !member.IsJson,
                ["is_list"] = member.IsList,
            };
            if (!member.IsJson)
            {
                var field = AddField(inner, member.Value!);
                fields.Add(field);
                step.Add("field", field);
                visit.Add(ValueVisit(member, field));
            }
            else
            {
                var nested = AddJson(inner, member);
                fields.AddRange(nested.Fields);
                step.Add("first_field", nested.Fields[0]);
                step.Add("walk", nested.Walk);
                visit.Add(nested.Step);
            }

            walk.Add(step);
        }

        return (name, visitName, fields);
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

    private static ScriptObject ValueVisit(MemberSpec member, string field) => VisitStep("value", member, new()
    {
        ["text"] = member.Value!.Text is { } text ? $"global::PmmCrypt.Fields.SecretText.{text}, " : "",
        ["field"] = field,
        ["forgive_null"] = member.Value.AcceptsNull ? "" : "!",
    });

    private static ScriptObject ValuesVisit(MemberSpec member, string field) => VisitStep("values", member, new()
    {
        ["field"] = field,
        ["forgive_null"] = member.Value!.AcceptsNull ? "" : "!",
    });

    private static ScriptObject ObjectVisit(MemberSpec member, string visit) => VisitStep("object", member, new() { ["visit"] = visit });

    private static ScriptObject EachVisit(MemberSpec member, string visit) => VisitStep("objects", member, new()
    {
        ["visit"] = visit,
        ["all"] = member.IsDictionary ? ".Values" : "",
    });

    private static ScriptObject VisitStep(string kind, MemberSpec member, ScriptObject step)
    {
        step.Add("is_value", kind == "value");
        step.Add("is_values", kind == "values");
        step.Add("is_objects", kind == "objects");
        step.Add("property", Identifier.Escape(member.Property));
        return step;
    }

    /// <summary>Where something is stored, and how names within the generated class begin.</summary>
    private sealed record Place(string Name, string Column, IReadOnlyList<string> Path)
    {
        public string Shown => Path.Aggregate(Column, (name, step) => step == BaselineField.EachElement ? name + step : $"{name}.{step}");
    }

    /// <summary>What was added for a JSON object or array.</summary>
    /// <param name="Walk">The walk over the object's members, or over those of each of an array's objects.</param>
    /// <param name="Fields">The fields in it.</param>
    /// <param name="Step">The step of the visit of what holds it.</param>
    private sealed record AddedJson(string Walk, IReadOnlyList<string> Fields, ScriptObject Step);
}
