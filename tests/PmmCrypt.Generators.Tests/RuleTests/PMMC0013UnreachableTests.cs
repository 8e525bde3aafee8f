using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0013UnreachableTests
{
    [Fact]
    public Task Lists_arrays_and_dictionaries_by_string_are_walked() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public List<Options> List { get; set; } = [];
            public Options[]? Array { get; set; }
            public Dictionary<string, Options>? Dictionary { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            public IList<Options>? A { get; set; }
            public ICollection<Options>? B { get; set; }
            public IReadOnlyList<Options>? C { get; set; }
            public IReadOnlyCollection<Options>? D { get; set; }
            public IDictionary<string, Options>? E { get; set; }
            public IReadOnlyDictionary<string, Options>? F { get; set; }
            public Inner? G { get; set; }
        }

        public class Inner
        {
            public List<Options>? Deep { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Other_collections_are_not_and_no_collections_of_collections() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public HashSet<Options>? {|PMMC0013:Set|} { get; set; }
            public IEnumerable<Options>? {|PMMC0013:Any|} { get; set; }
            public Options[,]? {|PMMC0013:Table|} { get; set; }
            public Options[][]? {|PMMC0013:Arrays|} { get; set; }
            public List<List<Options>>? {|PMMC0013:Lists|} { get; set; }
            public Dictionary<string, List<Options>>? {|PMMC0013:ListsByName|} { get; set; }
            public Dictionary<int, Options>? {|PMMC0013:ByNumber|} { get; set; }
            public System.Collections.Immutable.ImmutableArray<Options> {|PMMC0013:Immutable|} { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Nor_are_elements_that_are_no_class_or_one_of_several_or_out_of_reach() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public List<Pair>? {|PMMC0013:Pairs|} { get; set; }
            public List<IPair>? {|PMMC0013:Interfaces|} { get; set; }
            public Marked[]? {|PMMC0013:Marked|} { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            private List<Options>? {|PMMC0013:Options|} { get; set; }
        }

        public struct Pair
        {
            public Options? Left { get; set; }
        }

        public interface IPair
        {
            Options? Left { get; set; }
        }

        [JsonPolymorphic]
        public partial class Marked
        {
            [Encrypted] public string? Secret { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Nor_is_a_collection_class_of_the_users_own() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public OptionsList? {|PMMC0013:List|} { get; set; }
        }

        public class OptionsList : List<Options>;

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Nor_are_such_collections_within_a_JSON_class() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            public Options? Options { get; set; }
            public HashSet<Options>? {|PMMC0013:More|} { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_struct_is_no_object_to_walk() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Pair? {|PMMC0013:Pair|} { get; set; }
        }

        public struct Pair
        {
            public Options? Left { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_property_that_cannot_be_read_leads_nowhere() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            private Options? {|PMMC0013:Options|} { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Collections_of_what_has_no_secrets_are_not_our_business() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
            public List<string>? Tags { get; set; }
            public Dictionary<string, List<int[]>>? Numbers { get; set; }
        }
        """);

    [Fact]
    public Task Nor_is_one_of_several_classes() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Login? {|PMMC0013:Login|} { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            public Marked? {|PMMC0013:Marked|} { get; set; }
            public Clear? Clear { get; set; }
        }

        [JsonDerivedType(typeof(Password), "password")]
        public class Login;

        public partial class Password : Login
        {
            [Encrypted] public string? Secret { get; set; }
        }

        [JsonPolymorphic]
        public partial class Marked
        {
            [Encrypted] public string? Secret { get; set; }
        }

        [JsonDerivedType(typeof(More), 1)]
        public class Clear;

        public class More : Clear
        {
            public string? Text { get; set; }
        }
        """);

    [Fact]
    public Task A_collection_with_secrets_of_its_own_is_stored_without_them() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Endpoints? {|PMMC0013:Endpoints|} { get; set; }
            public List<Headers>? {|PMMC0013:Headers|} { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            public Headers? {|PMMC0013:Headers|} { get; set; }
        }

        public partial class Endpoints : List<string>
        {
            [Encrypted] public string? Secret { get; set; }
        }

        public partial class Headers : Dictionary<string, string>
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task A_class_that_holds_them_in_such_a_collection_alone_holds_them_too() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Outer? Outer { get; set; }
            public Options? Options { get; set; }
        }

        public class Outer
        {
            public HashSet<Options>? {|PMMC0013:More|} { get; set; }
            public Node? Tree { get; set; }
        }

        public class Node
        {
            public HashSet<Node>? Children { get; set; }
            public string? Name { get; set; }
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task Within_a_document_there_are_no_relations() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public HashSet<Account>? Related { get; set; }
            [Column(TypeName = "jsonb")] public HashSet<Account>? {|PMMC0013:Documents|} { get; set; }
            [Column("json", TypeName = "JSON")] public IEnumerable<Account>? {|PMMC0013:More|} { get; set; }
            public Outer? Outer { get; set; }
        }

        public class Outer
        {
            public Account? Owner { get; set; }
            public HashSet<Account>? {|PMMC0013:Set|} { get; set; }
            public IEnumerable<Account>? {|PMMC0013:Any|} { get; set; }
        }

        [Table("accounts")]
        public partial class Account
        {
            [Key] public int Id { get; set; }
            [Encrypted] public string? Secret { get; set; }
        }
        """);

    [Fact]
    public Task What_is_computed_must_say_whether_it_is_stored() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key] public int Id { get; set; }
            public Outer? Outer { get; set; }
            public Outer {|PMMC0013:Effective|} => Outer ?? new();
            public IEnumerable<Outer> {|PMMC0013:All|} => [Effective];
            [NotMapped] public Outer Unstored => Outer ?? new();
            [Column("list")] public List<Outer> Stored => _list;
            public List<Outer> Own { get; } = [];
            public string? Shown => Outer?.Options?.Secret;
            private readonly List<Outer> _list = [];
        }

        public class Outer
        {
            public Options? Options { get; set; }
            public Options {|PMMC0013:Effective|} => Options ?? new();
            [JsonIgnore] public Options Unstored => Options ?? new();
            [JsonPropertyName("list")] public List<Options> Stored => _list;
            public List<Options> Own { get; } = [];
            private readonly List<Options> _list = [];
        }

        public partial class Options
        {
            [Encrypted] public string? Secret { get; set; }
        }
        """);
}
