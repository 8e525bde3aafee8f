using PmmCrypt.Generators.Tests.Infrastructure;

namespace PmmCrypt.Generators.Tests.RuleTests;

public sealed class PMMC0008KeyEncryptedTests
{
    [Fact]
    public Task An_encrypted_key_is_refused() => RuleVerifier.Reports(
        """
        [Table("t")]
        public partial class Entity
        {
            [Key, Encrypted] public string? {|PMMC0008:Id|} { get; set; }
        }
        """);
}
