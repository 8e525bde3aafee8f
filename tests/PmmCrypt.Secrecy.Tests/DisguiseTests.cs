using System.Text;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>The search finds what is there: each form, planted where a leak would be.</summary>
public sealed class DisguiseTests
{
    private static readonly byte[] Around = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];

    /// <summary>Encoders that are none of the search's, on a text of which the secret is a part.</summary>
    public static TheoryData<string, Func<string, byte[]>> Encoders => new()
    {
        { "bytes", Encoding.UTF8.GetBytes },
        { "base64", text => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))) },
        { "base64url", text => Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))) },
        { "hex", text => Encoding.ASCII.GetBytes(string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"{b:x2}"))) },
        { "HEX", text => Encoding.ASCII.GetBytes(string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"{b:X2}"))) },
        { "UTF-16", Encoding.Unicode.GetBytes },
        { "UTF-16, big end first", Encoding.BigEndianUnicode.GetBytes },
        { "JSON", text => Encoding.UTF8.GetBytes(System.Text.Json.Nodes.JsonValue.Create(text).ToJsonString()) },
        { "URL", text => Encoding.ASCII.GetBytes(Uri.EscapeDataString(text)) },
        { "form", text => Encoding.ASCII.GetBytes(System.Net.WebUtility.UrlEncode(text)) },
    };

    [Theory, MemberData(nameof(Encoders))]
    public void A_plaintext_is_found_wherever_in_a_text_it_begins(string encoding, Func<string, byte[]> encode)
    {
        var search = new SecretSearch();
        Assert.Empty(search.Find(encode("no secret")));

        for (var before = 0; before < 6; before++)
        {
            var text = new string('x', before) + search.Mark("") + new string('y', before);
            Assert.True(search.Find([.. Around, .. encode(text), .. Around]) is { Count: > 0 }, $"{encoding}, behind {before}");
            var awkward = new string('x', before) + search.AwkwardMarker + "y";
            Assert.True(search.Find([.. Around, .. encode(awkward), .. Around]) is { Count: > 0 }, $"{encoding}, awkward, behind {before}");
        }
    }

    [Fact]
    public void A_key_is_found_in_each_form_whole_or_by_half_and_in_its_key_file()
    {
        var search = new SecretSearch();
        var keys = HandKeyset.Generate();
        search.Add(keys);
        var material = keys.Keys[0].Material;

        for (var before = 0; before < 3; before++)
        {
            byte[] bytes = [.. Around[..before], .. material, .. Around[..before]];
            foreach (var half in new[] { bytes, bytes[..(before + 16)], bytes[(before + 16)..] })
            {
                Assert.NotEmpty(search.Find(half));
                foreach (var text in new[]
                {
                    Convert.ToBase64String(half), System.Buffers.Text.Base64Url.EncodeToString(half), Convert.ToHexString(half),
                    Convert.ToHexStringLower(half),
                })
                {
                    Assert.NotEmpty(search.Find(Encoding.ASCII.GetBytes(text)));
                    Assert.NotEmpty(search.Find(Encoding.Unicode.GetBytes(text)));
                }
            }
        }
        Assert.NotEmpty(search.Find(Encoding.ASCII.GetBytes(keys.ToText())));
        Assert.Empty(search.Find(Encoding.ASCII.GetBytes(HandKeyset.Generate().ToText())));
    }

    [Fact]
    public void What_lies_over_the_border_of_two_pieces_of_a_large_file_is_found()
    {
        var search = new SecretSearch();
        var secret = Encoding.UTF8.GetBytes(search.Marker);
        foreach (var at in new[] { (1 << 20) - secret.Length, (1 << 20) - 5, 1 << 20, (3 << 20) - 1 })
        {
            var file = new byte[4 << 20];
            secret.CopyTo(file, at);
            Assert.Single(search.Find(file));
        }
    }

    [Fact]
    public void A_file_of_any_name_is_searched_and_a_file_name_too()
    {
        using var folder = new TempFolder();
        var search = new SecretSearch();
        Directory.CreateDirectory(folder[".hidden"]);
        File.WriteAllText(folder[".hidden/none"], "nothing");
        Assert.Equal(1, search.RequireNoneBelow(folder.Path));
        File.WriteAllText(folder[".hidden/.file"], search.Mark(""));
        Assert.ThrowsAny<Exception>(() => search.RequireNoneBelow(folder.Path));
        Assert.Equal(1, search.RequireNoneBelow(folder.Path, file => file.EndsWith(".file", StringComparison.Ordinal)));
        using (var locked = new FileStream(folder[".hidden/.file"], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Throws<SecretFoundException>(() => search.RequireNoneBelow(folder.Path));
        File.Move(folder[".hidden/.file"], folder[search.Marker]);
        File.WriteAllText(folder[search.Marker], "");
        Assert.ThrowsAny<Exception>(() => search.RequireNoneBelow(folder.Path));
    }

    /// <summary>As a leak would come there: as a statement's text, as its parameter, as an error, and as a stored value.</summary>
    [SkippableTheory, Trait("Category", "Slow")]
    [InlineData("text")]
    [InlineData("parameter")]
    [InlineData("parameter of a statement that fails")]
    [InlineData("error")]
    [InlineData("value")]
    public async Task A_secret_in_the_servers_log_and_in_its_data_folder_is_found(string planted)
    {
        await using var cluster = await TalkativeCluster.StartAsync();
        await using var vault = await Vault.EncryptedAsync(cluster);
        var search = vault.Search;
        var secret = search.Mark("");
        Assert.Empty(search.Find(cluster.ReadLog()));

        switch (planted)
        {
            case "text":
                await vault.Database.ExecuteAsync($"SELECT '{secret.Replace("'", "''", StringComparison.Ordinal)}'");
                break;
            case "parameter":
                await vault.Database.ExecuteAsync("SELECT $1", secret);
                break;
            case "parameter of a statement that fails":
                await Assert.ThrowsAnyAsync<Exception>(() => vault.Database.ExecuteAsync("SELECT 1 / length($1) * 0 / 0", secret));
                break;
            case "error":
                await Assert.ThrowsAnyAsync<Exception>(() => vault.Database.ExecuteAsync("SELECT $1::int", secret));
                break;
            case "value":
                const string Plant = "UPDATE agents SET mysql_options = jsonb_build_object('tls_key', repeat($1, 40))";
                await vault.Database.ExecuteAsync(Plant, secret);
                break;
        }

        Assert.NotEmpty(search.Find(cluster.ReadLog()));
        await cluster.StopAsync();
        if (planted != "value") return;
        Assert.ThrowsAny<Exception>(() => search.RequireNoneBelow(Path.Combine(cluster.Data, "pg_wal")));
        Assert.ThrowsAny<Exception>(() => search.RequireNoneBelow(Path.Combine(cluster.Data, "base")));
    }
}
