using System.Reflection;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Tests;

/// <summary>Only data crosses the pipeline: a symbol or a syntax node would keep a whole compilation alive, and equal no other.</summary>
public sealed class ModelShapeTests
{
    private static readonly Type[] Model = [.. typeof(EntitySpec).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(EntitySpec).Namespace && !type.IsNested)];

    public static TheoryData<string> Types => [.. Model.Select(type => type.Name)];

    [Fact]
    public void There_is_a_model() => Assert.True(Model.Length >= 10, $"Only {Model.Length} types are in the model's namespace.");

    [Theory]
    [MemberData(nameof(Types))]
    public void It_holds_only_data(string name)
    {
        var type = Model.Single(type => type.Name == name);
        const BindingFlags Every = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var fields = type.GetFields(Every);
        Assert.NotEmpty(fields);
        Assert.All(fields, field => Assert.True(field.IsInitOnly, $"{field.Name} can be changed."));
        Assert.All(fields.SelectMany(field => Parts(field.FieldType)), part => Assert.True(IsData(part), $"{part} is no data."));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void It_is_equal_by_what_it_holds(string name)
    {
        var type = Model.Single(type => type.Name == name);
        if (type.IsGenericTypeDefinition)
            type = type.MakeGenericType(typeof(string));
        Assert.True(type.IsSealed);
        Assert.True(typeof(IEquatable<>).MakeGenericType(type).IsAssignableFrom(type));
    }

    [Fact]
    public void Lists_are_equal_by_their_elements()
    {
        var list = new EquatableArray<string>(["a", "b"]);
        Assert.Equal(list, new(["a", "b"]));
        Assert.Equal(list.GetHashCode(), new EquatableArray<string>(["a", "b"]).GetHashCode());
        Assert.NotEqual(list, new(["b", "a"]));
        Assert.NotEqual(list, new(["a"]));
        Assert.Equal(default, new EquatableArray<string>([]));
        Assert.Empty(default(EquatableArray<string>));
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.IsArray ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition())
        : [type];

    private static bool IsData(Type type) =>
        type.IsGenericParameter || type.IsPrimitive || type == typeof(string) || Model.Contains(type);
}
