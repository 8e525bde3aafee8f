namespace PmmCrypt.Packages.Tests;

/// <summary>What a user of the packages writes.</summary>
internal static class ShopSource
{
    /// <summary>An entity with an integer key, an encrypted text column and a JSON column with an encrypted member.</summary>
    public const string Entity =
        """
        using System.ComponentModel.DataAnnotations;
        using System.ComponentModel.DataAnnotations.Schema;
        using System.Text.Json.Serialization;
        using PmmCrypt;

        namespace Shop.Data;

        [Table("accounts")]
        public sealed partial class Account
        {
            [Key, Column("id")]
            public required long Id { get; init; }

            [Column("name")]
            public string? Name { get; set; }

            [Encrypted, Column("api_token")]
            public string? ApiToken { get; set; }

            [Column("smtp")]
            public SmtpSettings? Smtp { get; set; }
        }

        public sealed partial class SmtpSettings
        {
            [JsonPropertyName("host")]
            public string? Host { get; set; }

            [Encrypted, JsonPropertyName("password")]
            public string? Password { get; set; }
        }
        """;

    /// <summary>A program that encrypts an instance, shows it, and decrypts it again.</summary>
    public const string Program =
        """
        using PmmCrypt.Fields;
        using PmmCrypt.Keysets;
        using Shop.Data;

        #pragma warning disable PMMC0017 // what is printed is what the test reads

        using var keyFile = KeyFile.Load(args[0]);
        using var cipher = new FieldCipher(keyFile.Keyset, StoredFormat.Legacy);
        var smtp = new SmtpSettings { Host = "mail", Password = "пароль" };
        var account = new Account { Id = 7, Name = "Ann", ApiToken = "token of Ann", Smtp = smtp };
        account.EncryptFields(cipher);
        Console.WriteLine(string.Join('\n', account.Name, account.ApiToken, account.Smtp.Host, account.Smtp.Password));
        account.DecryptFields(cipher);
        Console.WriteLine(string.Join('\n', account.ApiToken, account.Smtp.Password));
        """;
}
