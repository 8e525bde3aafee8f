using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>One test for each invariant in the summary of <see cref="KeysetValidator"/>, in its order.</summary>
public sealed class KeysetValidatorTests
{
    [Fact]
    public void There_is_a_key() => Refused(null, "no key", 7);

    [Fact]
    public void No_key_has_the_id_0() => Refused(0, "id 0", 7, Key(7), Key(0));

    [Fact]
    public void No_two_keys_have_the_same_id() => Refused(9, "two keys", 7, Key(7), Key(9), Key(9, KeyStatus.Disabled));

    [Theory]
    [InlineData(KeyStatus.Unknown)]
    [InlineData((KeyStatus)3)]
    public void Every_key_is_enabled_or_disabled(KeyStatus status) => Refused(9, "neither ENABLED nor DISABLED", 7, Key(7), Key(9, status));

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    public void Every_key_has_32_bytes(int size) =>
        Assert.Equal(7u, Assert.Throws<InvalidKeysetException>(() => new KeysetKey(7, KeyStatus.Enabled, new byte[size])).KeyId);

    [Fact]
    public void A_primary_is_named() => Refused(0, "names no primary", 0, Key(7));

    [Fact]
    public void The_primary_is_in_the_keyset() => Refused(8, "not in the keyset", 8, Key(7));

    [Fact]
    public void The_primary_is_enabled() => Refused(7, "disabled", 7, Key(7, KeyStatus.Disabled), Key(8));

    [Fact]
    public void A_keyset_of_which_all_of_this_holds_is_one()
    {
        var keys = new[] { Key(9, KeyStatus.Disabled), Key(7) };

        Assert.Same(keys[1], KeysetValidator.Validate(7, keys));
    }

    private static void Refused(uint? keyId, string reason, uint primaryId, params KeysetKey[] keys)
    {
        var refused = Assert.Throws<InvalidKeysetException>(() => new Keyset(primaryId, keys));
        Assert.Equal(keyId, refused.KeyId);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static KeysetKey Key(uint id, KeyStatus status = KeyStatus.Enabled) => new(id, status, TinkWriter.Material);
}
