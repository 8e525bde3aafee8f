using System;
using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;
using PmmCrypt;
using PmmCrypt.Fields;

namespace Shop.Data;

[Table("people")]
public sealed partial class Person
{
    [Key, Column("id")]
    public int Id { get; set; }

    [Encrypted, Column("token")]
    public Secret<Guid> Token { get; set; }

    [Encrypted(Formats = StoredFormats.Envelope), Column("seen")]
    public Secret<DateTimeOffset>? Seen { get; private set; }

    [Encrypted, Column("salary"), DisallowNull]
    public Secret<decimal>? Salary { get; set; }

    [Encrypted, Column("pin")]
    public required Secret<int> Pin { get; set; }

    [Encrypted, Column("rights")]
    internal Secret<Rights> Rights { get; set; }

    [Encrypted, Column("picture")]
    public Secret<byte[]> Picture { get; set; } = new byte[] { 1, 2, 3 };

    [Encrypted, Column("name")]
    public Secret<string> Name { get; set; } = "";

    [Encrypted, Column("is_admin")]
    public Secret<bool> IsAdmin { get; set; }

    [Encrypted, Column("address")]
    public Secret<IPAddress> Address { get; set; } = (IPAddress?)null;

    [Encrypted, Column("at")]
    public Secret<@event.Place> At { get; set; }

    [Encrypted, Column("tagged")]
    public Secret<@event.Tagged<string?>> Tagged { get; set; }

    [Encrypted, Column("note")]
    public string? Note { get; set; }

    [Column("options")]
    public Options? Options { get; set; }
}

internal enum Rights
{
    None,
    All,
}

public sealed partial class Options
{
    [Encrypted, JsonPropertyName("born")]
    public Secret<DateOnly> Born { get; set; }
}

public static class @event
{
    // A type of somebody's own.
    public readonly record struct Place(int Row) : ISpanFormattable, ISpanParsable<Place>
    {
        public static Place Parse(string s, IFormatProvider? provider) => new(int.Parse(s, provider));

        public static Place Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => new(int.Parse(s, provider));

        public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Place result) =>
            TryParse(s.AsSpan(), provider, out result);

        public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Place result)
        {
            var isRow = int.TryParse(s, provider, out var row);
            result = new(row);
            return isRow;
        }

        public string ToString(string? format, IFormatProvider? formatProvider) => Row.ToString(format, formatProvider);

        public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
            Row.TryFormat(destination, out charsWritten, format, provider);
    }

    public sealed record Tagged<T>(string Text) : ISpanFormattable, ISpanParsable<Tagged<T>>
    {
        public static Tagged<T> Parse(string s, IFormatProvider? provider) => new(s);

        public static Tagged<T> Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => new(s.ToString());

        public static bool TryParse(
            [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Tagged<T> result) =>
            TryParse(s.AsSpan(), provider, out result);

        public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, [MaybeNullWhen(false)] out Tagged<T> result)
        {
            result = new(s.ToString());
            return true;
        }

        public string ToString(string? format, IFormatProvider? formatProvider) => Text;

        public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
        {
            charsWritten = Text.Length;
            return Text.TryCopyTo(destination);
        }
    }
}
