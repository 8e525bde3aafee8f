using PmmCrypt.CodeFixes;
using PmmCrypt.Generators.Analysis;
using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.FixTests;

public sealed class AddKeyFixTests
{
    [Fact]
    public Task The_property_that_is_named_so_is_the_key() => FixVerifier<FixableAnalyzer, AddKeyFix>.Run(
        """
        using System.ComponentModel.DataAnnotations.Schema;
        using PmmCrypt;

        [Table("agents")]
        public partial class {|PMMC0003:Agent|}
        {
            [Column("agent_id")]
            public string AgentId { get; set; } = "";

            [Encrypted]
            public string? Password { get; set; }
        }

        [Table("nodes")]
        public partial class {|PMMC0003:Node|}
        {
            public int Id { get; set; }

            public int AgentId { get; set; }

            [Encrypted]
            public string? Password { get; set; }
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
            [Column("agent_id")]
            public string AgentId { get; set; } = "";

            [Encrypted]
            public string? Password { get; set; }
        }

        [Table("nodes")]
        public partial class Node
        {
            [Key]
            public int Id { get; set; }

            public int AgentId { get; set; }

            [Encrypted]
            public string? Password { get; set; }
        }
        """);

    [Fact]
    public Task Of_two_none_is_and_where_there_is_one_it_is_not_the_cause() => FixVerifier<FixableAnalyzer, AddKeyFix>.Leaves(
        """
        [Table("agents")]
        public partial class {|PMMC0003:Agent|}
        {
            public int Id { get; set; }
            public string AgentId { get; set; } = "";
            [Encrypted] public string? Password { get; set; }
        }

        [Table("nodes")]
        public partial class {|PMMC0003:Node|}
        {
            public string? Name { get; set; }
            [Encrypted] public string? Password { get; set; }
        }

        [Table("settings"), SingleRow]
        public partial class {|PMMC0003:Settings|}
        {
            public int Id { get; set; }
            [Key] public string Name { get; set; } = "";
            [Encrypted] public string? Password { get; set; }
        }

        [Table("numbers")]
        public partial class {|PMMC0003:Number|}
        {
            [NotMapped] public int Id { get; set; }
            public static int NumberId { get; set; }
            [Encrypted] public string? Password { get; set; }
        }
        """);
}
