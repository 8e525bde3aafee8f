using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using PmmCrypt.Fields;

namespace PmmCrypt;

/// <summary>
/// A value of an <c>[Encrypted]</c> property that is no text: a <see cref="Guid"/>, a number, a date, an enum, bytes. It is nothing, or the
/// text that the database stores, or the value: <c>EncryptFields</c> turns the value into the text, <c>DecryptFields</c> the text into the
/// value.
/// </summary>
/// <remarks>
/// Nothing of it is shown by accident: <see cref="ToString"/> and a debugger say only which of the three it is, and what has not been
/// encrypted has no <see cref="Stored"/>, so that it cannot be saved in the clear. The default is nothing, SQL NULL.
/// </remarks>
/// <typeparam name="T">
/// A string, <c>byte[]</c>, a Boolean, an enum, or any type that is both <see cref="ISpanFormattable"/> and <see cref="ISpanParsable{T}"/>.
/// </typeparam>
[JsonConverter(typeof(SecretJsonConverter))]
[DebuggerDisplay("{ToString(),nq}")]
[SuppressMessage("Design", "CA1000", Justification = "FromStored makes a Secret<T>, and nothing it is given says what T is.")]
public readonly struct Secret<T> : IEquatable<Secret<T>>, ISecret
    where T : notnull
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly T? _value;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string? _stored;

    private Secret(T? value, string? stored, bool hasValue)
    {
        _value = value;
        _stored = stored;
        HasValue = hasValue;
    }

    /// <summary>The secret that the database stores as <paramref name="text"/>; null for SQL NULL.</summary>
    public static Secret<T> FromStored(string? text) => new(default, text, hasValue: false);

    /// <summary>A value, to be encrypted. Null is nothing.</summary>
    /// <param name="value">The value. An array is not copied.</param>
    public static implicit operator Secret<T>(T? value) => value is null ? default : new(value, null, hasValue: true);

    /// <summary>Whether it is the value, which is in memory in the clear.</summary>
    public bool HasValue { get; }

    /// <summary>Whether it is the text that the database stores: mostly a ciphertext.</summary>
    [MemberNotNullWhen(true, nameof(_stored))]
    public bool IsStored => _stored is not null;

    /// <summary>Whether it is nothing, which is stored as NULL.</summary>
    public bool IsNull => !HasValue && !IsStored;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">It is nothing, or has not been decrypted.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public T Value => HasValue ? _value! : throw new InvalidOperationException(
        _stored switch
        {
            null => $"The Secret<{typeof(T).Name}> is nothing, and has no value.",
            "" => $"The Secret<{typeof(T).Name}> is stored as the empty string, and has no value.",
            _ => $"The Secret<{typeof(T).Name}> is as it was stored: call DecryptFields before its value is read.",
        });

    /// <summary>What goes into the database: the ciphertext, or null where there is nothing.</summary>
    /// <exception cref="InvalidOperationException">It is a value that has not been encrypted.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? Stored => !HasValue ? _stored : throw new InvalidOperationException(
        $"The Secret<{typeof(T).Name}> has not been encrypted: call EncryptFields before it is stored.");

    /// <summary>Reads the value where it is there.</summary>
    public bool TryGetValue([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return HasValue;
    }

    /// <summary>Whether both are nothing, or stored as the same text, or equal values; arrays of bytes by what is in them.</summary>
    /// <remarks>Encrypting one value twice gives two texts, so two that are stored may differ and yet hold the same value.</remarks>
    public bool Equals(Secret<T> other) =>
        HasValue == other.HasValue && (HasValue ? AreEqual(_value!, other._value!) : _stored == other._stored);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Secret<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (!HasValue)
            return _stored?.GetHashCode(StringComparison.Ordinal) ?? 0;
        if (_value is not byte[] bytes)
            return _value!.GetHashCode();
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    /// <summary>Whether both are nothing, or stored as the same text, or equal values.</summary>
    public static bool operator ==(Secret<T> left, Secret<T> right) => left.Equals(right);

    /// <summary>Whether they differ in what they are, or in what they hold.</summary>
    public static bool operator !=(Secret<T> left, Secret<T> right) => !left.Equals(right);

    /// <summary>Which of the three it is. Never the value, nor the text.</summary>
    public override string ToString() => HasValue ? "(secret)" : IsStored ? "(stored)" : "(nothing)";

    JsonConverter ISecret.CreateJsonConverter() => new SecretJsonConverter.Of<T>();

    private static bool AreEqual(T value, T other) => value is byte[] bytes && other is byte[] others
        ? CryptographicOperations.FixedTimeEquals(bytes, others)
        : EqualityComparer<T>.Default.Equals(value, other);
}

/// <summary>Makes secrets of values that may be null.</summary>
public static class Secret
{
    /// <summary>A value, to be encrypted; nothing where it is null.</summary>
    public static Secret<T> From<T>(T? value)
        where T : struct => value is { } there ? there : default(Secret<T>);
}
