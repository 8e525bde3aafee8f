using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Accounts;
using Npgsql;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;
builder.Services.AddSingleton(_ => new Vault(settings["ACCOUNTS_KEY_FILE"] ?? "accounts.key"));
builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(settings["ACCOUNTS_DATABASE"] ?? "Host=localhost;Database=accounts"));
builder.Services.AddSingleton<AccountStore>();

var app = builder.Build();
var vault = app.Services.GetRequiredService<Vault>();   // a key file that cannot be read stops the service here, not its first request

// `kill -HUP`: what an operator does between the steps of a rotation, so that the service need not stop.
using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
{
    signal.Cancel = true;
    vault.Reload();
    app.Logger.LogInformation("The key file was loaded again; the primary key is {KeyId}", vault.Cipher.PrimaryKeyId);
});

// Which key this process writes with, and how many it reads with: ids, as `pmm-crypt key list` shows them, and no byte of a key.
app.MapGet("/health", () => Results.Ok(new { primary = vault.Cipher.PrimaryKeyId, keys = vault.Keys }));

app.MapPost("/accounts", async (Account account, AccountStore store) =>
{
    var id = await store.AddAsync(account);
    return Results.Created($"/accounts/{id}", new { id });
});

// What anybody may see.
app.MapGet("/accounts/{id:long}", async (long id, AccountStore store) =>
    await store.FindAsync(id) is { } account
        ? Results.Ok(new { account.Id, account.Name, SmtpHost = account.Smtp?.Host })
        : Results.NotFound());

// What the secret is for: it is used, and never shown.
app.MapGet("/accounts/{id:long}/signature", async (long id, string message, AccountStore store) =>
    await store.FindAsync(id) is { ApiToken: { } token }
        ? Results.Text(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(message))))
        : Results.NotFound());

// The same with the key that this service made: the value is read where it is needed. An account of before has none.
app.MapGet("/accounts/{id:long}/webhook", async (long id, string message, AccountStore store) =>
    await store.FindAsync(id) is { WebhookKey: { HasValue: true } key }
        ? Results.Text(Convert.ToHexStringLower(HMACSHA256.HashData(key.Value.ToByteArray(), Encoding.UTF8.GetBytes(message))))
        : Results.NotFound());

app.Run();
