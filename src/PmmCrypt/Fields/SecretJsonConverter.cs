using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PmmCrypt.Fields;

/// <summary>
/// Writes a <see cref="Secret{T}"/> into JSON as the text that is stored, and reads it as such: null, or a string. One that has not been
/// encrypted cannot be written.
/// </summary>
/// <remarks>For reflection and for generated contexts alike, also where the program is trimmed or compiled ahead of time.</remarks>
public sealed class SecretJsonConverter : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) => typeof(ISecret).IsAssignableFrom(typeToConvert);

    /// <inheritdoc/>
    [UnconditionalSuppressMessage(
        "Trimming", "IL2067", Justification = "Only Secret<T> is an ISecret: a struct, whose default takes no constructor.")]
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        // Its own code knows T, so that no type has to be made at run time.
        ((ISecret)RuntimeHelpers.GetUninitializedObject(typeToConvert)).CreateJsonConverter();

    internal sealed class Of<T> : JsonConverter<Secret<T>>
        where T : notnull
    {
        public override bool HandleNull => true;

        public override Secret<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType switch
            {
                JsonTokenType.Null => default,
                JsonTokenType.String => Secret<T>.FromStored(reader.GetString()),
                _ => throw new JsonException("A secret is stored as a string."),
            };

        public override void Write(Utf8JsonWriter writer, Secret<T> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Stored);
    }
}

/// <summary>A <see cref="Secret{T}"/>, whatever it is of.</summary>
internal interface ISecret
{
    /// <summary>A converter for secrets of the same type.</summary>
    JsonConverter CreateJsonConverter();
}
