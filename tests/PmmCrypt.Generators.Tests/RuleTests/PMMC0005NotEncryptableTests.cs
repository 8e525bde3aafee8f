using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0005NotEncryptableTests
{
    [Fact]
    public Task Only_strings_and_secrets_are_encrypted() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public byte[]? {|PMMC0005:Bytes|} { get; set; }
            [Encrypted] public int {|PMMC0005:Number|} { get; set; }
            [Encrypted] public object? {|PMMC0005:Object|} { get; set; }
        }

        [Table("u")]
        public partial class Sound
        {
            [Key] public int Id { get; set; }
            [Encrypted] public Secret<byte[]> Bytes { get; set; }
            [Encrypted] public Secret<int> Number { get; set; }
            [Encrypted] public Secret<int>? Maybe { get; set; }
            [Encrypted] public Secret<string> Text { get; set; }
            [Encrypted] public Secret<DayOfWeek> Day { get; set; }
            [Encrypted] public Secret<bool> IsSo { get; set; }
            [Encrypted] public Secret<Guid> Id2 { get; set; }
        }
        """);

    [Theory]
    [InlineData("Secret<int?>")]
    [InlineData("Secret<string?>")]
    [InlineData("Secret<byte[]?>")]
    [InlineData("Secret<DayOfWeek?>?")]
    public Task Nothing_is_written_in_one_way(string type) => Refuses(type);

    [Theory]
    [InlineData("Secret<object>")]
    [InlineData("Secret<Secret<int>>")]
    [InlineData("Secret<int[]>")]
    [InlineData("Secret<byte[][]>")]
    [InlineData("Secret<byte[,]>")]
    [InlineData("Secret<List<string>>")]
    [InlineData("Secret<Uri>")]
    [InlineData("Secret<ISpanFormattable>")]
    [InlineData("Secret<Half[]>")]
    [InlineData("Secret<Borrowed>")]
    public Task What_cannot_be_written_as_text_and_read_back_is_refused(string type) => Refuses(type);

    [Fact]
    public Task A_Secret_of_somebody_else_is_none() => RuleVerifier.Reports(
        """
        namespace Mine
        {
            public readonly struct Secret<T>;

            [Table("t")]
            public partial class Entity
            {
                [Key] public int Id { get; set; }
                [Encrypted] public Secret<int> {|PMMC0005:Number|} { get; set; }
            }
        }
        """);

    private static Task Refuses(string type) => RuleVerifier.Reports(
        $$"""
        #nullable disable warnings
        #nullable enable annotations
        // It reads no value of its own type.
        public readonly struct Borrowed : ISpanFormattable, ISpanParsable<int>
        {
            public string ToString(string? format, IFormatProvider? provider) => "";
            public bool TryFormat(Span<char> to, out int written, ReadOnlySpan<char> format, IFormatProvider? provider) =>
                throw new NotSupportedException();
            static int IParsable<int>.Parse(string s, IFormatProvider? provider) => 0;
            static bool IParsable<int>.TryParse(string? s, IFormatProvider? provider, out int result) => throw new NotSupportedException();
            static int ISpanParsable<int>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => 0;
            static bool ISpanParsable<int>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out int result) =>
                throw new NotSupportedException();
        }

        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public {{type}} {|PMMC0005:Value|} { get; set; }
        }
        """);

    [Fact]
    public Task And_dictionaries_of_strings_that_can_be_set() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public Dictionary<string, string>? Headers { get; set; }
            [Encrypted] public IDictionary<string, string?> More { get; set; } = new Dictionary<string, string?>();
            [Encrypted] public IReadOnlyDictionary<string, string>? {|PMMC0005:Fixed|} { get; set; }
            [Encrypted] public Dictionary<int, string>? {|PMMC0005:ByNumber|} { get; set; }
            [Encrypted] public Dictionary<string, int>? {|PMMC0005:Numbers|} { get; set; }
            [Encrypted] public List<string>? {|PMMC0005:List|} { get; set; }
            [Encrypted] public Options? {|PMMC0005:Object|} { get; set; }
            [Encrypted] public List<Options>? {|PMMC0005:Objects|} { get; set; }
        }

        public partial class Options
        {
            public string? Text { get; set; }
        }
        """);

    [Fact]
    public Task A_static_property_belongs_to_no_row() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public static string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task An_indexer_has_no_one_value() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? {|PMMC0005:this|}[int index] { get => null; set { } }
        }
        """);

    [Fact]
    public Task An_explicit_implementation_has_no_name_of_its_own() => RuleVerifier.Reports(
        """
        public interface ISecret
        {
            string? Secret { get; set; }
        }

        [Table("t")]
        public partial class Entity : ISecret
        {
            [Key] public int Id { get; set; }
            [Encrypted] string? ISecret.{|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task What_is_not_mapped_is_not_stored() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted, NotMapped] public string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task What_JSON_ignores_is_not_stored_in_JSON() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted, JsonIgnore] public string? {|PMMC0005:Secret|} { get; set; }
        }
        """);

    [Fact]
    public Task What_is_hidden_would_be_forgotten() => RuleVerifier.Reports(
        """
        public abstract partial class Row
        {
            [Encrypted] public string? {|PMMC0005:Secret|} { get; set; }
        }

        [Table("t")]
        public partial class Entity : Row
        {
            [Key] public int Id { get; set; }
            public new string? Secret { get; set; }
            [Encrypted] public string? Other { get; set; }
        }
        """);
}
