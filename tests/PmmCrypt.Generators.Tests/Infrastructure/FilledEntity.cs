using System.Collections;
using System.ComponentModel.DataAnnotations.Schema;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using PmmCrypt.Fields;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>An entity of a golden case with something in each of its encrypted properties, and in each object that it holds.</summary>
internal sealed class FilledEntity
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private readonly List<FilledValue> _values = [];
    private readonly Stack<Type> _within = new();

    private FilledEntity(Type type)
    {
        Entity = Make(type);
        foreach (var property in PropertiesOf(type))
            Fill(Entity, property, property.Name, property.Name, isColumn: true);
    }

    public object Entity { get; }

    /// <summary>What was set, in the order of the columns and, within each, of the document.</summary>
    public IReadOnlyList<FilledValue> Values => _values;

    public static FilledEntity Of(Type type) => new(type);

    /// <summary>A property of the entity as a column of JSON holds it.</summary>
    public string Document(string property)
    {
        var value = PropertiesOf(Entity.GetType()).Single(found => found.Name == property).GetValue(Entity)!;
        return JsonSerializer.Serialize(value, value.GetType());
    }

    // Base classes first, and of those of one name the last.
    private static IEnumerable<PropertyInfo> PropertiesOf(Type type)
    {
        var seen = new HashSet<string>();
        var levels = new Stack<PropertyInfo[]>();
        for (var level = type; level != typeof(object); level = level.BaseType!)
        {
            levels.Push([.. level.GetProperties(Declared)
                .Where(property => property.GetIndexParameters().Length == 0 && !property.GetMethod!.IsStatic && seen.Add(property.Name))]);
        }

        return levels.SelectMany(level => level);
    }

    private static object Make(Type type)
    {
        // A record has one that copies another.
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            .Where(found => found.GetParameters() is not [var copied] || copied.ParameterType != type)
            .OrderBy(found => found.GetParameters().Length).First();
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => (object?)null)]);
    }

    private void Fill(object owner, PropertyInfo property, string column, string path, bool isColumn)
    {
        var type = property.PropertyType;
        if (Attribute.GetCustomAttribute(property, typeof(EncryptedAttribute)) is EncryptedAttribute encrypted)
        {
            FillValue(owner, property, column, path, encrypted.Formats);
            return;
        }

        var isLeftOut = isColumn
            ? Attribute.IsDefined(property, typeof(NotMappedAttribute))
            : property.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Always };
        var isDictionary = type.IsGenericType && type.GetGenericArguments() is [var name, _] && name == typeof(string);
        var held = type.IsArray ? type.GetElementType()!
            : isDictionary ? type.GetGenericArguments()[1]
            : typeof(IEnumerable).IsAssignableFrom(type) && type.IsGenericType ? type.GetGenericArguments().Single()
            : type;
        var isRelation = isColumn && held.IsDefined(typeof(TableAttribute))
            && Attribute.GetCustomAttribute(property, typeof(ColumnAttribute)) is not ColumnAttribute { TypeName: "jsonb" };
        if (isLeftOut || isRelation || !held.IsClass || held.Assembly != Entity.GetType().Assembly || _within.Contains(held))
            return;
        if (held == type)
        {
            Set(owner, property, Filled(held, column, path));
            return;
        }

        var objects = new[] { Filled(held, column, path + "[]"), Filled(held, column, path + "[]") };
        if (isDictionary)
        {
            var made = (IDictionary)Make(typeof(Dictionary<,>).MakeGenericType(typeof(string), held));
            foreach (var one in objects)
                made.Add($"name {made.Count}", one);
            Set(owner, property, made);
            return;
        }

        var array = Array.CreateInstance(held, objects.Length);
        objects.CopyTo(array, 0);
        if (property.SetMethod is null)
        {
            foreach (var one in objects)
                ((IList)property.GetValue(owner)!).Add(one);
        }
        else
        {
            Set(owner, property, type.IsArray ? array : Activator.CreateInstance(typeof(List<>).MakeGenericType(held), array)!);
        }
    }

    private object Filled(Type type, string column, string path)
    {
        var made = Make(type);
        _within.Push(type);
        foreach (var property in PropertiesOf(type))
            Fill(made, property, column, $"{path}.{property.Name}", isColumn: false);
        _within.Pop();
        return made;
    }

    private void FillValue(object owner, PropertyInfo property, string column, string path, StoredFormats formats)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(string))
        {
            var set = $"secret {_values.Count}";
            Set(owner, property, set);
            _values.Add(new(column, path, formats, set, () => (string?)property.GetValue(owner), () => property.GetValue(owner)));
        }
        else if (type.GetGenericTypeDefinition() == typeof(Secret<>))
        {
            var set = Sample(type.GetGenericArguments().Single());
            Set(owner, property, type.GetMethod("op_Implicit")!.Invoke(null, [set]));
            _values.Add(new(
                column, path, formats, set,
                () => (string?)type.GetProperty("Stored")!.GetValue(property.GetValue(owner)),
                () => type.GetProperty("Value")!.GetValue(property.GetValue(owner))));
        }
        else
        {
            var all = new Dictionary<string, string>();
            Set(owner, property, all);
            foreach (var name in new[] { "first", "second" })
            {
                var set = all[name] = $"secret {_values.Count}";
                _values.Add(new(column, path + "[]", formats, set, () => all[name], () => all[name]));
            }
        }
    }

    // The one that declares it has the private setter, too; an override may have neither.
    private static void Set(object owner, PropertyInfo property, object? value)
    {
        var declared = property;
        for (var type = property.DeclaringType!; declared.SetMethod is null; type = type.BaseType!)
            declared = type.BaseType!.GetProperty(property.Name, Declared) ?? declared;
        declared.SetValue(owner, value);
    }

    private static object Sample(Type type) => type switch
    {
        _ when type == typeof(string) => "a secret",
        _ when type == typeof(byte[]) => new byte[] { 0, 255, 7 },
        _ when type == typeof(bool) => true,
        _ when type == typeof(Guid) => new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
        _ when type == typeof(DateOnly) => new DateOnly(2024, 2, 29),
        _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(1)),
        _ when type == typeof(IPAddress) => IPAddress.Loopback,
        { IsEnum: true } => Enum.GetValues(type).GetValue(1)!,
        _ => type.GetMethod("Parse", [typeof(string), typeof(IFormatProvider)])!.Invoke(null, ["7", CultureInfo.InvariantCulture])!,
    };
}

/// <summary>A value that was set in an entity.</summary>
/// <param name="Column">The entity's own property that leads to it.</param>
/// <param name="Path">The properties that lead to it, the same for all values of one field.</param>
/// <param name="Formats">The formats in which it is to be encrypted.</param>
/// <param name="Set">What was set.</param>
/// <param name="ReadStored">Reads what is to be stored.</param>
/// <param name="ReadValue">Reads the value.</param>
internal sealed record FilledValue(
    string Column, string Path, StoredFormats Formats, object Set, Func<string?> ReadStored, Func<object?> ReadValue)
{
    public string? Stored => ReadStored();

    public object? Value => ReadValue();

    public bool IsEncryptedIn(StoredFormat format) =>
        Formats.HasFlag(format == StoredFormat.Legacy ? StoredFormats.Legacy : StoredFormats.Envelope);
}
