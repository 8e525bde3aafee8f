using System.Text;

namespace PmmCrypt.Tests.Keysets;

/// <summary>Keysets, keys and ciphertexts of PMM's public tests, which Tink's Go library made.</summary>
internal static class KnownAnswers
{
    public const string KeyFileA =
        "CMatkOIIEmQKWAowdHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUuY3J5cHRvLnRpbmsuQWVzR2Nt"
        + "S2V5EiIaIKDxOKZxwiJl5Hj6oPZ/unTzmAvfwHWzZ1Wli0vac15YGAEQARjGrZDiCCAB";
    public const uint IdA = 2353272518;
    public const string MaterialA = "a0f138a671c22265e478faa0f67fba74f3980bdfc075b36755a58b4bda735e58";

    public const string KeyFileB =
        "CKnkq4MCEmQKWAowdHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUuY3J5cHRvLnRpbmsuQWVzR2Nt"
        + "S2V5EiIaIJmlB9DkdPQl72oX8bfZrsaBejSVjL0C8/T80Cvz/JxsGAEQARip5KuDAiAB";
    public const uint IdB = 543879721;
    public const string MaterialB = "99a507d0e474f425ef6a17f1b7d9aec6817a34958cbd02f3f4fcd02bf3fc9c6c";

    /// <summary>Key file, ciphertext (legacy format), plaintext.</summary>
    public static TheoryData<string, string, string> Values => new()
    {
        { KeyFileA, "AYxEFsZsg7lp9+eSy6+wPFHlaNNy0ZpTbYN0NuCLPnQOZUYf2S6H9B+XJdF4+DscxC/pJwI=", "pmm-managed-username" },
        { KeyFileA, "AYxEFsZuL5xZb5IxGGh8NI6GrjDxCzFGxIcHe94UXcg+dnZphu7GQSgmZm633XvZ8CBU2wo=", "pmm-managed-password" },
        { KeyFileB, "ASBq8ikTv4J8ZfHEa5QtAVG2S/rOx2PdZTNOVsi/Q8LDwTC+gSjRq3U=", "pmm-user" },
        { KeyFileB, "ASBq8ilSRlQyj8zkKrwyBVvKvdFxHeczDhibny6GLosCK1pvKVrY5Ky0Hu0BXjDv", "s3cr3t-p@ssw0rd" },
        { KeyFileB, "ASBq8ikQy0LPdgdHShTWnm7f2a3mzbXwhY5Xy9VZBS3eJVyid2FNvjkqwtv0MTTEpsOXQWVbKeBk", "пароль-密码-🔐" },
        {
            KeyFileB,
            "ASBq8imcY8aeNcbSZWLB5jpgVfEkNci3r73E7aSSCvpiIa+SVsngMsm//W/7+r6oD0dGXTAErchEtrmlgNtNImQn"
            + "n+Is+P/qdo/PrWuhqUccigxaQ0FENwLHJCiMRdrDKtpVfFDSln1QX722Z5siJGrm8G2I2N91evVIUrAebDU=",
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n"
        },
        { KeyFileB, "ASBq8imAYQb+FZFrvfJTnkkkpAUO84LIfWKAF8mYgQuTwc/a6TiXy/trtgF1gzV41L1Lp4A=", "AKIAIOSFODNN7EXAMPLE" },
    };

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
