using System.Globalization;
using System.Net;
using System.Numerics;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>Values of many types, encrypted as text and read back.</summary>
public sealed class SecretTextTests
{
    private static readonly EncryptedField Field = new("pin", StoredFormats.All);
    private static readonly EncryptedField LaterOnly = new("later", StoredFormats.Envelope);

    [Flags]
    private enum Rights : byte
    {
        None = 0,
        Read = 1,
        Write = 2,
    }

    [Flags]
    private enum Wordy
    {
        TheFirstRightThatHasANameOfManyWords = 1,
        TheSecondRightThatHasANameOfManyWords = 2,
        TheThirdRightThatHasANameOfManyWords = 4,
        TheFourthRightThatHasANameOfManyWords = 8,
    }

    // Each with what stands in the ciphertext: what other programs read.
    [Fact]
    public void Each_type_is_written_as_its_invariant_text_and_comes_back()
    {
        var time = new DateTime(2024, 2, 29, 23, 59, 59, DateTimeKind.Utc).AddTicks(1234567);
        var before = CultureInfo.CurrentCulture;
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NumberDecimalSeparator = ",";
        odd.NumberFormat.NegativeSign = "~";
        odd.DateTimeFormat.DateSeparator = odd.DateTimeFormat.TimeSeparator = "~";
        CultureInfo.CurrentCulture = odd;

        Check(new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"), "0f8fad5b-d9cb-469f-a165-70867728950e");
        Check(-1234567, "-1234567");
        Check(ulong.MaxValue, "18446744073709551615");
        Check(1234.50m, "1234.50");
        Check(0.1 + 0.2, "0.30000000000000004");
        Check(double.NegativeInfinity, "-Infinity");
        Check(float.Epsilon, "1E-45");
        Check('ß', "ß");
        Check(time, "2024-02-29T23:59:59.1234567Z");
        Check(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), "2024-02-29T23:59:59.1234567");
        Check(new DateTimeOffset(time.Ticks, TimeSpan.FromHours(-9.5)), "2024-02-29T23:59:59.1234567-09:30");
        Check(new DateOnly(1, 12, 31), "0001-12-31");
        Check(new TimeOnly(time.TimeOfDay.Ticks), "23:59:59.1234567");
        Check(new TimeSpan(-1, 2, 3, 4, 5), "-21:56:55.9950000");
        Check(BigInteger.Pow(10, 300), "1" + new string('0', 300));
        Check(IPAddress.Parse("fe80::1"), "fe80::1");
        CultureInfo.CurrentCulture = before;

        void Check<T>(T value, string text)
            where T : ISpanFormattable, ISpanParsable<T> => AssertWritten(SecretText.Parsable<T>(), value, text);
    }

    [Fact]
    public void So_are_strings_bytes_Booleans_and_enums_by_their_names()
    {
        AssertWritten(SecretText.String, "пароль", "пароль");
        AssertWritten(SecretText.Bytes, [0xfb, 0xff, 0], "+/8A");
        AssertWritten(SecretText.Boolean, true, "True");
        AssertWritten(SecretText.Boolean, false, "False");
        AssertWritten(SecretText.Enum<DayOfWeek>(), DayOfWeek.Friday, "Friday");
        AssertWritten(SecretText.Enum<DayOfWeek>(), (DayOfWeek)17, "17");
        AssertWritten(SecretText.Enum<Rights>(), Rights.Read | Rights.Write, "Read, Write");
        AssertWritten(SecretText.Enum<Rights>(), Rights.None, "None");
        AssertWritten(
            SecretText.Enum<Wordy>(), (Wordy)15,
            "TheFirstRightThatHasANameOfManyWords, TheSecondRightThatHasANameOfManyWords, TheThirdRightThatHasANameOfManyWords, "
            + "TheFourthRightThatHasANameOfManyWords");
    }

    [Fact]
    public void Any_value_comes_back()
    {
        using var cipher = Keys.Cipher(Keys.A);
        Gen.Select(Gen.Guid, Gen.Decimal, Gen.Double, Gen.DateTimeOffset, Gen.Byte.Array[0, 200], Gen.Long).Sample(
            (id, amount, ratio, time, bytes, number) =>
            {
                Assert.Equal(id, ThereAndBack(SecretText.Parsable<Guid>(), id, cipher).Value);
                Assert.Equal(amount, ThereAndBack(SecretText.Parsable<decimal>(), amount, cipher).Value);
                Assert.Equal(ratio, ThereAndBack(SecretText.Parsable<double>(), ratio, cipher).Value);
                Assert.True(time.EqualsExact(ThereAndBack(SecretText.Parsable<DateTimeOffset>(), time, cipher).Value));
                Assert.Equal(bytes, ThereAndBack(SecretText.Bytes, bytes, cipher).Value);
                Assert.Equal(number, ThereAndBack(SecretText.Parsable<long>(), number, cipher).Value);
            },
            iter: 200);
    }

    [Fact]
    public void A_time_keeps_its_kind()
    {
        using var cipher = Keys.Cipher(Keys.A);
        foreach (var kind in Enum.GetValues<DateTimeKind>())
        {
            var time = new DateTime(638_000_000_000_000_001, kind);
            var read = ThereAndBack(SecretText.Parsable<DateTime>(), time, cipher).Value;
            Assert.Equal((time, time.Kind), (read, read.Kind));
        }
    }

    [Fact]
    public void Encrypting_and_decrypting_twice_does_no_harm()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var text = SecretText.Parsable<int>();
        var encrypted = FieldChange.Encrypting(cipher).Apply((Secret<int>)17, text, Field);

        Assert.Equal(encrypted, FieldChange.Encrypting(cipher).Apply(encrypted, text, Field));
        var decrypted = FieldChange.Decrypting(cipher).Apply(encrypted, text, Field);
        Assert.Equal(17, FieldChange.Decrypting(cipher).Apply(decrypted, text, Field).Value);
    }

    [Fact]
    public void Nothing_stays_nothing_and_the_empty_text_is_a_value_only_of_those_that_write_it()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var (encrypt, decrypt) = (FieldChange.Encrypting(cipher), FieldChange.Decrypting(cipher));

        Assert.True(encrypt.Apply(default(Secret<int>), SecretText.Parsable<int>(), Field).IsNull);
        Assert.True(decrypt.Apply(default(Secret<int>), SecretText.Parsable<int>(), Field).IsNull);
        Assert.Null(encrypt.Apply((Secret<int>?)null, SecretText.Parsable<int>(), Field));
        Assert.Null(decrypt.Apply((Secret<int>?)null, SecretText.Parsable<int>(), Field));
        Assert.Equal("", encrypt.Apply((Secret<byte[]>)Array.Empty<byte>(), SecretText.Bytes, Field).Stored);
        Assert.Empty(decrypt.Apply(Secret<byte[]>.FromStored(""), SecretText.Bytes, Field).Value);
        Assert.Equal("", decrypt.Apply(Secret<string>.FromStored(""), SecretText.String, Field).Value);
        var empty = decrypt.Apply(Secret<int>.FromStored(""), SecretText.Parsable<int>(), Field);
        Assert.Equal("", empty.Stored);
        Assert.Contains("empty", Assert.Throws<InvalidOperationException>(() => empty.Value).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_nullable_one_is_the_same()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var encrypted = FieldChange.Encrypting(cipher).Apply((Secret<int>?)17, SecretText.Parsable<int>(), Field);

        Assert.True(encrypted!.Value.IsStored);
        Assert.Equal(17, FieldChange.Decrypting(cipher).Apply(encrypted, SecretText.Parsable<int>(), Field)!.Value.Value);
    }

    [Fact]
    public void In_a_format_in_which_the_field_is_not_encrypted_the_text_is_in_the_clear()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var clear = FieldChange.Encrypting(cipher).Apply((Secret<int>)17, SecretText.Parsable<int>(), LaterOnly);

        Assert.Equal("17", clear.Stored);
        Assert.Equal(17, FieldChange.Decrypting(cipher).Apply(clear, SecretText.Parsable<int>(), LaterOnly).Value);
    }

    [Fact]
    public void What_was_stored_in_the_clear_is_encrypted_and_read_as_the_cipher_is_told()
    {
        using var strict = Keys.Cipher(Keys.A);
        using var lenient = Keys.Cipher(Keys.A, clearText: ClearText.Passed);
        var clear = Secret<int>.FromStored("17");

        Assert.Equal(17, FieldChange.Decrypting(lenient).Apply(clear, SecretText.Parsable<int>(), Field).Value);
        var refused = Assert.Throws<FieldDecryptionException>(
            () => FieldChange.Decrypting(strict).Apply(clear, SecretText.Parsable<int>(), Field));
        Assert.Equal(StoredValueState.Clear, refused.State);
        Assert.Equal("17", strict.Decrypt(FieldChange.Encrypting(strict).Apply(clear, SecretText.Parsable<int>(), Field).Stored));
    }

    [Fact]
    public void What_opens_to_no_such_value_is_an_error_that_names_the_field_and_not_the_value()
    {
        const string Marker = "MARKED-SECRET-4711";
        using var cipher = Keys.Cipher(Keys.A, clearText: ClearText.Passed);
        foreach (var stored in new[] { Marker, cipher.Encrypt(Marker)! })
        {
            Check(SecretText.Parsable<int>(), "Int32");
            Check(SecretText.Parsable<DateTime>(), "DateTime");
            Check(SecretText.Parsable<Quoting>(), "Quoting");
            Check(SecretText.Enum<DayOfWeek>(), "DayOfWeek");
            Check(SecretText.Boolean, "Boolean");
            Check(SecretText.Bytes, "Byte[]");

            void Check<T>(SecretText<T> text, string name)
                where T : notnull
            {
                var failure = Assert.Throws<FieldDecryptionException>(
                    () => FieldChange.Decrypting(cipher).Apply(Secret<T>.FromStored(stored), text, Field));
                Assert.Same(Field, failure.Field);
                Assert.StartsWith("pin ", failure.Message, StringComparison.Ordinal);
                Assert.EndsWith($"no {name}.", failure.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(Marker, failure.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void What_opens_to_bytes_that_are_no_text_is_named()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var written = new System.Buffers.ArrayBufferWriter<byte>();
        cipher.Encrypt([0xff], StoredFormat.Legacy, written);
        var stored = Secret<int>.FromStored(System.Text.Encoding.UTF8.GetString(written.WrittenSpan));

        var failure = Assert.Throws<FieldDecryptionException>(
            () => FieldChange.Decrypting(cipher).Apply(stored, SecretText.Parsable<int>(), Field));

        Assert.Contains("not UTF-8", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Its own ciphertext would be taken for a layer, and opened to what is in it: other bytes than were encrypted.</summary>
    [Fact]
    public void Bytes_that_are_a_ciphertext_of_the_keyset_are_refused()
    {
        using var cipher = Keys.Cipher(Keys.A);
        Secret<byte[]> own = Convert.FromBase64String(cipher.Encrypt("inner")!);
        Secret<byte[]> foreign = Convert.FromBase64String(Keys.Layer(Keys.B, "inner"));

        var failure = Assert.Throws<ArgumentException>(() => FieldChange.Encrypting(cipher).Apply(own, SecretText.Bytes, Field));

        Assert.Contains("pin", failure.Message, StringComparison.Ordinal);
        Assert.Equal(foreign, ThereAndBack(SecretText.Bytes, foreign.Value, cipher));
    }

    [Fact]
    public void A_value_whose_text_cannot_be_read_back_is_refused_without_being_quoted()
    {
        using var cipher = Keys.Cipher(Keys.A);
        Secret<Quoting> value = new Quoting("MARKED-SECRET-4711");

        var failure = Assert.Throws<ArgumentException>(
            () => FieldChange.Encrypting(cipher).Apply(value, SecretText.Parsable<Quoting>(), Field));

        Assert.Contains("pin", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_allocates_what_is_stored_and_nothing_else()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var id = Guid.NewGuid();
        var encrypt = FieldChange.Encrypting(cipher);
        var decrypt = FieldChange.Decrypting(cipher);
        var stored = encrypt.Apply((Secret<Guid>)id, SecretText.Parsable<Guid>(), Field);

        Assert.Equal(
            Allocated(() => GC.KeepAlive(new string('x', stored.Stored!.Length))),
            Allocated(() => encrypt.Apply((Secret<Guid>)id, SecretText.Parsable<Guid>(), Field)));
        Assert.Equal(0, Allocated(() => decrypt.Apply(stored, SecretText.Parsable<Guid>(), Field)));
    }

    private static void AssertWritten<T>(SecretText<T> text, T value, string expected)
        where T : notnull
    {
        using var cipher = Keys.Cipher(Keys.A);
        var encrypted = FieldChange.Encrypting(cipher).Apply((Secret<T>)value, text, Field);

        Assert.Equal(expected, cipher.Decrypt(encrypted.Stored));
        Assert.Equal(KnownAnswers.IdA, cipher.Inspect(encrypted.Stored).KeyId);
        Assert.Equal(value, FieldChange.Decrypting(cipher).Apply(encrypted, text, Field).Value);
    }

    private static Secret<T> ThereAndBack<T>(SecretText<T> text, T value, FieldCipher cipher)
        where T : notnull =>
        FieldChange.Decrypting(cipher).Apply(FieldChange.Encrypting(cipher).Apply((Secret<T>)value, text, Field), text, Field);

    private static long Allocated(Action act)
    {
        const int Times = 20;
        for (var i = 0; i < Times; i++)
            act();
        return Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Times; i++)
                act();
            return (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
        });
    }

    /// <summary>Somebody's own type, which does not read what it writes, and quotes it.</summary>
    private sealed record Quoting(string Text) : ISpanFormattable, ISpanParsable<Quoting>
    {
        public static Quoting Parse(string s, IFormatProvider? provider) => throw new FormatException(s);

        public static Quoting Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => throw new FormatException(s.ToString());

        public static bool TryParse(string? s, IFormatProvider? provider, out Quoting result) => throw new FormatException(s);

        public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Quoting result) =>
            throw new FormatException(s.ToString());

        public string ToString(string? format, IFormatProvider? formatProvider) => Text;

        public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
        {
            charsWritten = Text.Length;
            return Text.TryCopyTo(destination);
        }
    }
}
