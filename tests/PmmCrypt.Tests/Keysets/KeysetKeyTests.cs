using System.Diagnostics;
using System.Reflection;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

public sealed class KeysetKeyTests
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;

    // printf 'PmmCrypt key check value 1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:<the key>, its first eight digits
    [Theory]
    [InlineData(KnownAnswers.KeyFileA, "7e7c 4ca6")]
    [InlineData(KnownAnswers.KeyFileB, "e332 cb2c")]
    public void The_check_value_is_the_one_that_openssl_computes(string keyFile, string expected)
    {
        using var keyset = InsecureCleartextKeyset.Read(keyFile);

        Assert.Equal(expected, keyset.Primary.CheckValue);
    }

    [Fact]
    public void A_key_of_another_size_is_refused_by_id_and_size()
    {
        var refused = Assert.Throws<InvalidKeysetException>(() => new KeysetKey(7, KeyStatus.Enabled, new byte[16]));

        Assert.Contains("key 7: it has 16 bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(7u, refused.KeyId);
    }

    [Fact]
    public void The_check_value_is_of_the_bytes_and_of_nothing_else()
    {
        var key = new KeysetKey(1, KeyStatus.Enabled, TinkWriter.Material);

        Assert.Equal(key.CheckValue, new KeysetKey(2, KeyStatus.Disabled, TinkWriter.Material).CheckValue);
        Assert.NotEqual(key.CheckValue, new KeysetKey(1, KeyStatus.Enabled, new byte[32]).CheckValue);
    }

    [Fact]
    public void A_disposed_keyset_has_zeros_and_hands_out_none_of_them()
    {
        var keyset = InsecureCleartextKeyset.Read(KnownAnswers.KeyFileA);
        var bytes = (byte[])typeof(KeysetKey).GetField("_material", Hidden)!.GetValue(keyset.Primary)!;
        Assert.Equal(KnownAnswers.MaterialA, Convert.ToHexStringLower(bytes));

        keyset.Dispose();

        Assert.All(bytes, b => Assert.Equal(0, b));
        Assert.Throws<ObjectDisposedException>(() => keyset.Primary.Material.Length);
        Assert.Equal(KnownAnswers.IdA, keyset.Primary.Id);
    }

    [Fact]
    public void Nothing_public_of_a_keyset_shows_a_byte_of_a_key()
    {
        using var keyset = InsecureCleartextKeyset.Read(KnownAnswers.KeyFileA);

        Assert.Equal("2353272518 Enabled (primary)", keyset.ToString());
        Assert.Equal(["CheckValue", "Id", "Status"], typeof(KeysetKey).GetProperties().Select(p => p.Name).Order());
        Assert.Equal(["Keys", "Primary", "Waiting"], typeof(Keyset).GetProperties().Select(p => p.Name).Order());
        foreach (var type in (Type[])[typeof(KeysetKey), typeof(Keyset)])
            Assert.Equal("{ToString(),nq}", type.GetCustomAttribute<DebuggerDisplayAttribute>()?.Value);
        MemberInfo[] secret = [typeof(KeysetKey).GetField("_material", Hidden)!, typeof(KeysetKey).GetProperty("Material", Hidden)!];
        Assert.All(secret, member =>
            Assert.Equal(DebuggerBrowsableState.Never, member.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State));
    }
}
