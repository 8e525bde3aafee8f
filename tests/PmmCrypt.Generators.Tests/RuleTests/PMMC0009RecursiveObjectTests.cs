using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0009RecursiveObjectTests
{
    [Fact]
    public Task A_class_that_holds_itself_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Node? Node { get; set; }
        }

        public partial class Node
        {
            [Encrypted] public string? Secret { get; set; }
            public Node? {|PMMC0009:Next|} { get; set; }
        }
        """);

    [Fact]
    public Task A_longer_way_back_is_refused_too() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public A? A { get; set; }
        }

        public class A
        {
            public B? B { get; set; }
        }

        public partial class B
        {
            public A? {|PMMC0009:A|} { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task So_is_one_that_holds_itself_in_a_list_or_a_dictionary() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public List<Node>? Nodes { get; set; }
        }

        public partial class Node
        {
            [Encrypted] public string? Secret { get; set; }
            public List<Node>? {|PMMC0009:Children|} { get; set; }
            public Node[]? {|PMMC0009:More|} { get; set; }
            public Dictionary<string, Node>? {|PMMC0009:ByName|} { get; set; }
            public Node? {|PMMC0009:Next|} { get; set; }
        }
        """);

    [Fact]
    public Task A_generic_class_that_grows_for_ever_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Box<int>? Box { get; set; }
        }

        public class Box<T>
        {
            public Box<Box<T>>? {|PMMC0009:Inner|} { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task The_same_class_twice_side_by_side_is_no_recursion() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Pair? Pair { get; set; }
        }

        public class Pair
        {
            public Options? Left { get; set; }
            public Options? Right { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_recursion_without_secrets_is_not_our_business() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Options? Options { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
            public Tree? Tree { get; set; }
        }

        public class Tree
        {
            public Tree? Left { get; set; }
        }
        """);
}
