using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.FixTests;

public sealed class SecretTypeFixTests
{
    [Fact]
    public Task What_can_be_written_as_text_becomes_a_secret() => FixVerifier<FixableAnalyzer, SecretTypeFix>.Fixes(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public Guid {|PMMC0005:Token|} { get; set; }
            [Encrypted] public int? {|PMMC0005:Pin|} { get; set; } = 17;
            [Encrypted] public required byte[]? {|PMMC0005:Picture|} { get; set; }
            [Encrypted] public byte[] {|PMMC0005:Key|} { get; set; } = new byte[] { 1 };
            [Encrypted] public DayOfWeek {|PMMC0005:Day|} { get; private set; }
            [Encrypted] public Secret<decimal?> {|PMMC0005:Salary|} { get; set; }
            [Encrypted] public Secret<string?>? {|PMMC0005:Name|} { get; set; }
        }
        """,
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public Secret<Guid> Token { get; set; }
            [Encrypted] public Secret<int> Pin { get; set; } = 17;
            [Encrypted] public required Secret<byte[]> Picture { get; set; }
            [Encrypted] public Secret<byte[]> Key { get; set; } = new byte[] { 1 };
            [Encrypted] public Secret<DayOfWeek> Day { get; private set; }
            [Encrypted] public Secret<decimal> Salary { get; set; }
            [Encrypted] public Secret<string> Name { get; set; }
        }
        """);

    [Fact]
    public Task What_cannot_or_would_mean_something_else_stays() => FixVerifier<FixableAnalyzer, SecretTypeFix>.Leaves(
        """
        [Table("t")]
        public partial class Entity
        {
            private Guid _token;

            [Key] public int Id { get; set; }
            [Encrypted] public object? {|PMMC0005:Anything|} { get; set; }
            [Encrypted] public Guid {|PMMC0005:Token|} { get => _token; set => _token = value; }
            [Encrypted] public Guid {|PMMC0005:Other|} { get; set; } = new();
            [Encrypted] public byte[] {|PMMC0005:Key|} { get; set; } = [];
            [Encrypted] public static Guid {|PMMC0005:Shared|} { get; set; }
            [Encrypted, NotMapped] public string? {|PMMC0005:Unstored|} { get; set; }
            [Encrypted, NotMapped] public Secret<Guid> {|PMMC0005:UnstoredToo|} { get; set; }
        }
        """);

    [Fact]
    public Task It_gets_the_using_that_it_takes() => FixVerifier<FixableAnalyzer, SecretTypeFix>.Run(
        """
        [System.ComponentModel.DataAnnotations.Schema.Table("t")]
        public partial class Entity
        {
            [System.ComponentModel.DataAnnotations.Key] public int Id { get; set; }
            [PmmCrypt.Encrypted] public System.Guid {|PMMC0005:Token|} { get; set; }
        }
        """,
        """
        using System;
        using PmmCrypt;

        [System.ComponentModel.DataAnnotations.Schema.Table("t")]
        public partial class Entity
        {
            [System.ComponentModel.DataAnnotations.Key] public int Id { get; set; }
            [PmmCrypt.Encrypted] public Secret<Guid> Token { get; set; }
        }
        """);
}
