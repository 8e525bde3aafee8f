using System.Data;
using System.Text.Json;
using Dapper;
using Npgsql;
using NpgsqlTypes;
using PmmCrypt;

namespace Accounts;

/// <summary>The one place where accounts go into the database and come out of it: encrypted before, decrypted after.</summary>
public sealed class AccountStore(NpgsqlDataSource database, Vault vault)
{
    static AccountStore()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new SmtpColumn());
        SqlMapper.AddTypeHandler(new SecretColumn<Guid>());
    }

    /// <summary>Stores a new account, with a key of its own. The instance is left encrypted: it is not to be used afterwards.</summary>
    /// <returns>Its id.</returns>
    public async Task<long> AddAsync(Account account)
    {
        account.WebhookKey = Guid.NewGuid();
        account.EncryptFields(vault.Cipher);
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(
            "INSERT INTO accounts (name, api_token, webhook_key, smtp) VALUES (@Name, @ApiToken, @WebhookKey, @Smtp) RETURNING id",
            account);
    }

    /// <summary>An account; null where there is none.</summary>
    public async Task<Account?> FindAsync(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        var account = await connection.QuerySingleOrDefaultAsync<Account>(
            "SELECT id, name, api_token, webhook_key, smtp FROM accounts WHERE id = @id", new { id });
        account?.DecryptFields(vault.Cipher);
        return account;
    }

    private sealed class SecretColumn<T> : SqlMapper.TypeHandler<Secret<T>>
        where T : notnull
    {
        public override Secret<T> Parse(object value) => Secret<T>.FromStored((string)value);

        public override void SetValue(IDbDataParameter parameter, Secret<T> value) =>
            parameter.Value = value.Stored ?? (object)DBNull.Value;
    }

    private sealed class SmtpColumn : SqlMapper.TypeHandler<SmtpSettings>
    {
        public override SmtpSettings? Parse(object value) => JsonSerializer.Deserialize<SmtpSettings>((string)value);

        public override void SetValue(IDbDataParameter parameter, SmtpSettings? value)
        {
            parameter.Value = value is null ? DBNull.Value : JsonSerializer.Serialize(value);
            ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Jsonb;
        }
    }
}
