using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>How the values of a <see cref="Secret{T}"/> are written as text, which is encrypted, and read back.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <remarks>Generated code says which: it knows the type, so that nobody has to look for its members at run time.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class SecretText<T>
    where T : notnull
{
    private protected SecretText()
    {
    }

    /// <summary>The text to store for a value: it never is in a string before it is encrypted, unless it is one or is long.</summary>
    internal abstract string Encrypt(T value, FieldCipher cipher, EncryptedField field);

    /// <summary>Reads what <see cref="Encrypt"/> has written. False where that cannot be such a value's.</summary>
    internal abstract bool TryParse(ReadOnlySpan<char> text, out T value);
}

/// <summary>The texts of secrets. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class SecretText
{
    private const int ShortText = 128;

    /// <summary>Strings, as they are.</summary>
    public static SecretText<string> String { get; } = new StringText();

    /// <summary>Bytes, as base64.</summary>
    public static SecretText<byte[]> Bytes { get; } = new BytesText();

    /// <summary>Booleans, <c>True</c> and <c>False</c>.</summary>
    public static SecretText<bool> Boolean { get; } = new BooleanText();

    /// <summary>An enum by the names of its members; a value that has none by its number.</summary>
    /// <typeparam name="T">The enum.</typeparam>
    public static SecretText<T> Enum<T>()
        where T : struct, Enum => EnumText<T>.Instance;

    /// <summary>
    /// What writes and reads itself: in the invariant culture, and dates and times so that no tick, kind or offset is lost (<c>O</c>).
    /// </summary>
    /// <typeparam name="T">The type.</typeparam>
    public static SecretText<T> Parsable<T>()
        where T : ISpanFormattable, ISpanParsable<T> => ParsableText<T>.Instance;

    private sealed class StringText : SecretText<string>
    {
        internal override string Encrypt(string value, FieldCipher cipher, EncryptedField field) => cipher.EncryptText(value, field);

        internal override bool TryParse(ReadOnlySpan<char> text, out string value)
        {
            value = text.ToString();
            return true;
        }
    }

    private sealed class BytesText : SecretText<byte[]>
    {
        internal override string Encrypt(byte[] value, FieldCipher cipher, EncryptedField field)
        {
            var base64 = ArrayPool<char>.Shared.Rent((value.Length + 2) / 3 * 4);
            var written = 0;
            try
            {
                Convert.TryToBase64Chars(value, base64, out written);
                return cipher.EncryptText(base64.AsSpan(0, written), field);
            }
            finally
            {
                Clear(base64.AsSpan(0, written));
                ArrayPool<char>.Shared.Return(base64);
            }
        }

        internal override bool TryParse(ReadOnlySpan<char> text, out byte[] value)
        {
            var bytes = ArrayPool<byte>.Shared.Rent((text.Length / 4 * 3) + 3);
            var isBase64 = Convert.TryFromBase64Chars(text, bytes, out var written);
            value = isBase64 ? bytes[..written] : [];
            CryptographicOperations.ZeroMemory(bytes.AsSpan(0, isBase64 ? written : bytes.Length));
            ArrayPool<byte>.Shared.Return(bytes);
            return isBase64;
        }
    }

    private sealed class BooleanText : SecretText<bool>
    {
        internal override string Encrypt(bool value, FieldCipher cipher, EncryptedField field) =>
            cipher.EncryptText(value ? bool.TrueString : bool.FalseString, field);

        internal override bool TryParse(ReadOnlySpan<char> text, out bool value) => bool.TryParse(text, out value);
    }

    private sealed class EnumText<T> : SecretText<T>
        where T : struct, Enum
    {
        public static readonly EnumText<T> Instance = new();

        internal override string Encrypt(T value, FieldCipher cipher, EncryptedField field)
        {
            Span<char> text = stackalloc char[ShortText];
            if (!System.Enum.TryFormat(value, text, out var written))
                return cipher.EncryptText(value.ToString(), field);
            var stored = cipher.EncryptText(text[..written], field);
            Clear(text);
            return stored;
        }

        internal override bool TryParse(ReadOnlySpan<char> text, out T value) => System.Enum.TryParse(text, out value);
    }

    private sealed class ParsableText<T> : SecretText<T>
        where T : ISpanFormattable, ISpanParsable<T>
    {
        public static readonly ParsableText<T> Instance = new();

        // What the others write without being told how, they read back to what it was.
        private static readonly string? Format = default(T) is DateTime or DateTimeOffset or DateOnly or TimeOnly ? "O" : null;

        internal override string Encrypt(T value, FieldCipher cipher, EncryptedField field)
        {
            Span<char> text = stackalloc char[ShortText];
            if (!value.TryFormat(text, out var written, Format, CultureInfo.InvariantCulture))
                return Encrypt(value.ToString(Format, CultureInfo.InvariantCulture), cipher, field);
            var stored = Encrypt(text[..written], cipher, field);
            Clear(text);
            return stored;
        }

        internal override bool TryParse(ReadOnlySpan<char> text, out T value)
        {
            // By itself it would read a time of another zone, or of UTC, as one of this machine's.
            if (typeof(T) == typeof(DateTime))
            {
                var isTime = DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time);
                value = (T)(object)time;
                return isTime;
            }

            try
            {
                return T.TryParse(text, CultureInfo.InvariantCulture, out value!);
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
            {
                // A type of somebody's own: its message may quote the text.
                value = default!;
                return false;
            }
        }

        // Refused here rather than lost: a type of somebody's own may write what it does not read.
        private string Encrypt(ReadOnlySpan<char> text, FieldCipher cipher, EncryptedField field) =>
            text.IsEmpty || TryParse(text, out _)
                ? cipher.EncryptText(text, field)
                : throw new ArgumentException($"{field}: {typeof(T).Name} cannot read the text that it writes of this value.");
    }

    private static void Clear(Span<char> text) => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text));
}
