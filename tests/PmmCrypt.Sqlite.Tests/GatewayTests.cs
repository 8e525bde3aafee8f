using System.Text.Json;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Contract;

namespace PmmCrypt.Sqlite.Tests;

/// <summary>An entity with lists and dictionaries, in memory: what its own methods encrypt the walk over its columns finds.</summary>
public sealed class GatewayTests
{
    private static readonly string[] Secrets = ["t1", "t2", "s1", "t3", "l1", "l2", "h1", "v1"];

    [Fact]
    public void An_entity_encrypts_each_value_once_and_decrypts_it_again()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var gateway = Full();
        var clear = Json(gateway);

        gateway.EncryptFields(cipher);
        var encrypted = Json(gateway);
        gateway.EncryptFields(cipher);

        Assert.Equal(encrypted, Json(gateway));
        Assert.DoesNotContain(Secrets, secret => encrypted.Contains($"\"{secret}\"", StringComparison.Ordinal));
        Assert.Equal(Secrets, Seen(gateway).Select(value => cipher.Decrypt(value)!));
        gateway.DecryptFields(cipher);
        Assert.Equal(clear, Json(gateway));
    }

    [Fact]
    public void An_entity_without_them_has_nothing_to_encrypt()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        foreach (var gateway in new[] { new Gateway(), new Gateway { Endpoints = [], Options = new(), Headers = [], Servers = [] } })
        {
            var before = Json(gateway);

            gateway.EncryptFields(cipher);
            gateway.DecryptFields(cipher);

            Assert.Equal(before, Json(gateway));
        }
    }

    private static Gateway Full() => new()
    {
        Endpoints = [new Endpoint { Token = "t1", Url = "u" }, null, new Endpoint(), new Endpoint { Token = "t2" }],
        Options = new GatewayOptions
        {
            Routes = [new Route { Path = "/", Secret = "s1", Targets = [new Endpoint { Token = "t3" }] }, new Route()],
            Labels = new SortedList<string, string?> { ["a"] = "l1", ["b"] = null, ["c"] = "l2", ["d"] = "" },
        },
        Headers = new() { ["x-key"] = "h1", [""] = "" },
        Servers = new() { ["eu"] = new Endpoint { Token = "v1" }, ["none"] = null! },
    };

    private static string Json(Gateway gateway) => JsonSerializer.Serialize(gateway, JsonOptions);

    private static JsonSerializerOptions JsonOptions { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The values that the walk finds in the columns as the entity stores them.</summary>
    private static List<string> Seen(Gateway gateway)
    {
        var seen = new List<string>();
        object?[] columns = [gateway.Endpoints, gateway.Options, gateway.Headers, gateway.Servers];
        foreach (var (column, value) in Gateway.EncryptedTable.Columns.Zip(columns))
        {
            column.Walk(
                JsonSerializer.SerializeToUtf8Bytes(value, JsonOptions),
                new ReplacingVisitor(stored =>
                {
                    seen.Add(stored);
                    return "";
                }),
                new System.Buffers.ArrayBufferWriter<byte>());
        }

        return seen;
    }
}
