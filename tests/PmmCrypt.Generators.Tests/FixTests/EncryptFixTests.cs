using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.FixTests;

public sealed class EncryptFixTests
{
    [Fact]
    public Task It_is_marked_and_its_class_made_partial() => FixVerifier<LookAlikeAnalyzer, EncryptFix>.Run(
        """
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;

        [Table("agents")]
        public class Agent
        {
            [Key]
            public int Id { get; set; }

            [Column("secret")]
            public string? {|PMMC0019:Password|} { get; set; }

            // What its service knows it by.
            public string? {|PMMC0019:ApiToken|} { get; set; }
        }
        """,
        """
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;
        using PmmCrypt;

        [Table("agents")]
        public partial class Agent
        {
            [Key]
            public int Id { get; set; }

            [Encrypted]
            [Column("secret")]
            public string? Password { get; set; }

            // What its service knows it by.
            [Encrypted]
            public string? ApiToken { get; set; }
        }
        """);
}
