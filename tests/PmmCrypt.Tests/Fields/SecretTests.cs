using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PmmCrypt.Tests.Fields;

/// <summary>A secret is nothing, stored, or a value, and never shows which value.</summary>
public sealed partial class SecretTests
{
    private const string Ciphertext = "pmm1$ciphertext";

    private static readonly Guid Id = new("0f8fad5b-d9cb-469f-a165-70867728950e");

    [Fact]
    public void The_default_is_nothing()
    {
        foreach (var nothing in new[] { default, Secret<Guid>.FromStored(null), Secret.From<Guid>(null) })
        {
            Assert.True(nothing.IsNull);
            Assert.False(nothing.HasValue || nothing.IsStored || nothing.TryGetValue(out _));
            Assert.Null(nothing.Stored);
            Assert.Contains("nothing", Assert.Throws<InvalidOperationException>(() => nothing.Value).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_null_is_nothing()
    {
        Secret<byte[]> bytes = (byte[]?)null;
        Secret<string> text = (string?)null;

        Assert.True(bytes.IsNull && text.IsNull);
    }

    [Fact]
    public void What_is_stored_has_no_value_before_it_is_decrypted()
    {
        var secret = Secret<Guid>.FromStored(Ciphertext);

        Assert.True(secret.IsStored);
        Assert.False(secret.IsNull || secret.HasValue || secret.TryGetValue(out _));
        Assert.Equal(Ciphertext, secret.Stored);
        var failure = Assert.Throws<InvalidOperationException>(() => secret.Value);
        Assert.Contains("DecryptFields", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Ciphertext, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_has_nothing_to_store_before_it_is_encrypted()
    {
        Secret<Guid> secret = Id;

        Assert.True(secret.HasValue && secret.TryGetValue(out var value) && value == Id);
        Assert.False(secret.IsNull || secret.IsStored);
        Assert.Equal(Id, secret.Value);
        Assert.Equal(secret, Secret.From<Guid>(Id));
        var failure = Assert.Throws<InvalidOperationException>(() => secret.Stored);
        Assert.Contains("EncryptFields", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Id.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_only_which_of_the_three_it_is()
    {
        Assert.Equal("(nothing)", default(Secret<Guid>).ToString());
        Assert.Equal("(stored)", Secret<Guid>.FromStored(Ciphertext).ToString());
        Assert.Equal("(secret)", $"{(Secret<Guid>)Id}");
        Assert.Equal("Holder { Token = (secret) }", new Holder(Id).ToString());
    }

    [Fact]
    public void Nor_does_a_debugger_unfold_more()
    {
        var type = typeof(Secret<Guid>);
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var shown = type.GetMembers(All).Where(member => member is PropertyInfo or FieldInfo { FieldType.IsPrimitive: false }
            && member.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State != DebuggerBrowsableState.Never);

        Assert.Equal("{ToString(),nq}", type.GetCustomAttribute<DebuggerDisplayAttribute>()!.Value);
        Assert.Equal(["HasValue", "IsNull", "IsStored"], shown.Select(member => member.Name).Order());
    }

    [Fact]
    public void Two_are_equal_by_what_they_hold()
    {
        Secret<Guid> value = Id;
        var stored = Secret<Guid>.FromStored(Ciphertext);
        Secret<Guid>[] different = [default, stored, Secret<Guid>.FromStored("other"), value, Guid.Empty, Secret<Guid>.FromStored("")];

        Assert.True(value == (Secret<Guid>)Id && stored == Secret<Guid>.FromStored(Ciphertext) && default(Secret<Guid>) == default);
        Assert.Equal(value.GetHashCode(), ((Secret<Guid>)Id).GetHashCode());
        Assert.Equal(stored.GetHashCode(), Secret<Guid>.FromStored(new string(Ciphertext)).GetHashCode());
        Assert.NotEqual(stored.GetHashCode(), Secret<Guid>.FromStored("other").GetHashCode());
        Assert.NotEqual(value.GetHashCode(), ((Secret<Guid>)Guid.Empty).GetHashCode());
        Assert.True(value.Equals((object)value) && !value.Equals((object)Id));
        foreach (var (i, one) in different.Index())
            Assert.All(different.Index(), other => Assert.Equal(i != other.Index, one != other.Item));
    }

    [Fact]
    public void Bytes_are_equal_by_what_is_in_them()
    {
        Secret<byte[]> one = new byte[] { 1, 2, 3 }, same = new byte[] { 1, 2, 3 }, other = new byte[] { 1, 2, 4 };

        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
        Assert.NotEqual(one.GetHashCode(), other.GetHashCode());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void In_JSON_it_is_what_is_stored(bool isGenerated)
    {
        var options = isGenerated ? Context.Default.Options : JsonSerializerOptions.Default;
        var document = new Document { Token = Secret<Guid>.FromStored(Ciphertext), Maybe = Secret<int>.FromStored("") };

        var json = JsonSerializer.Serialize(document, options);
        var read = JsonSerializer.Deserialize<Document>(json, options)!;

        Assert.Equal("""{"Token":"pmm1$ciphertext","Maybe":"","Key":null}""", json);
        Assert.Equal((document.Token, document.Maybe, default(Secret<byte[]>)), (read.Token, read.Maybe, read.Key));
        Assert.Null(JsonSerializer.Deserialize<Document>("""{"Maybe": null}""", options)!.Maybe);
        Assert.True(JsonSerializer.Deserialize<Document>("""{"Token": null}""", options)!.Token.IsNull);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Document>("""{"Maybe": 17}""", options));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void JSON_takes_no_value_that_is_not_encrypted(bool isGenerated)
    {
        var options = isGenerated ? Context.Default.Options : JsonSerializerOptions.Default;

        var failure = Assert.ThrowsAny<Exception>(() => JsonSerializer.Serialize(new Document { Token = Id }, options));

        Assert.Contains("EncryptFields", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Id.ToString(), failure.ToString(), StringComparison.Ordinal);
    }

    private sealed record Holder(Secret<Guid> Token);

    internal sealed class Document
    {
        public Secret<Guid> Token { get; set; }

        public Secret<int>? Maybe { get; set; }

        public Secret<byte[]> Key { get; set; }
    }

    [JsonSerializable(typeof(Document))]
    internal sealed partial class Context : JsonSerializerContext;
}
