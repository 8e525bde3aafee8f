using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Testing.Pmm;

/// <summary>
/// A service that does with PMM's rows what PMM 3.0 to 3.9 do: it loads the key file once, at its start, reads every credential again and
/// again, takes the ciphertext for the secret where its keyset does not open it, and encrypts with the primary key that it has loaded.
/// </summary>
public sealed class PmmLegacyService : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly PmmDatabase _pmm;
    private readonly NpgsqlConnection _connection;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, byte> _misread = new();
    private readonly Task _working;
    private bool _isDisposed;

    private PmmLegacyService(PmmDatabase pmm, NpgsqlConnection connection, HandKeyset keys)
    {
        _pmm = pmm;
        _connection = connection;
        Keys = keys;
        _working = Task.Run(WorkAsync);
    }

    /// <summary>The keyset that it has loaded.</summary>
    public HandKeyset Keys { get; }

    /// <summary>The places at which it took a ciphertext for the secret, and the key of that. No secret is in it.</summary>
    public IReadOnlyList<string> Misread => [.. _misread.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Starts it.</summary>
    public static async Task<PmmLegacyService> StartAsync(PmmDatabase pmm, string keyFile)
    {
        var keys = HandKeyset.Load(keyFile);
        return new PmmLegacyService(pmm, await pmm.Database.OpenAsync(), keys);
    }

    /// <summary>Reads every credential once; where one was misread, here or before, that is a failure.</summary>
    public async Task ReadAsync()
    {
        await ReadAllAsync();
        if (!_misread.IsEmpty) throw new InvalidOperationException($"It used ciphertext as a secret:\n{string.Join('\n', Misread)}");
    }

    /// <summary>Sets the password of agent i, as where its user changes it.</summary>
    public async Task WriteAsync(int i, string password)
    {
        await _turn.WaitAsync();
        try
        {
            await using var command = new NpgsqlCommand("UPDATE agents SET password = $1 WHERE agent_id = $2", _connection)
            {
                Parameters = { new() { Value = Keys.Seal(password) }, new() { Value = _pmm.Rows.AgentId(i) } },
            };
            if (await command.ExecuteNonQueryAsync() != 1) throw new InvalidOperationException("No such agent.");
        }
        finally
        {
            _turn.Release();
        }

        _pmm.Expect(i, row => row["password"] = password);
    }

    /// <summary>Stops it, as the manager of services does: it has ended, and its session with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _stop.CancelAsync();
        await _working;
        await _connection.DisposeAsync();
        _turn.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await ReadAllAsync();
            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAllAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await using var command = new NpgsqlCommand("SELECT to_jsonb(a)::text FROM agents a", _connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) Use(JsonNode.Parse(reader.GetString(0))!.AsObject());
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Use(JsonObject row)
    {
        foreach (var (column, members) in PmmFields.Agents.Where(field => PmmFields.IsEncrypted(field.Key, PmmStorage.Legacy)))
        {
            if (members is []) Use(row, column, (string?)row[column]);
            foreach (var member in members) Use(row, $"{column}.{member}", (string?)row[column]?[member]);
        }
    }

    private void Use(JsonObject row, string field, string? stored)
    {
        if (string.IsNullOrEmpty(stored)) return;
        var secret = Decrypt(stored);
        if (HandKeyset.KeyIdOf(secret) is var id and not 0) _misread.TryAdd($"{row["agent_id"]} {field}, under key {id}", 0);
    }

    /// <summary>Tink opens with enabled keys alone; PMM goes on with what it was given where that fails.</summary>
    private string Decrypt(string stored)
    {
        try
        {
            var (id, plaintext) = Keys.Open(stored);
            return Keys.Keys.Single(key => key.Id == id).IsEnabled ? plaintext : stored;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return stored;
        }
    }
}
