using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PmmCrypt.Testing;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// Which password reaches the server, seen from a server of the test's own that asks for it in the clear and refuses it. No PostgreSQL is
/// needed.
/// </summary>
[Trait("Category", "Slow")]
public sealed class PasswordTests
{
    private const string Password = "correct-horse-battery";

    [Fact]
    public async Task An_argument_is_used_and_warned_of()
    {
        var (result, sent) = await LogInAsync(["--postgres-password", Password], []);

        Assert.Equal(Password, sent);
        result.Says("warning: ", "PMM_POSTGRES_DBPASSWORD");
    }

    [Fact]
    public async Task A_dash_reads_it_from_standard_input_without_a_warning()
    {
        var (result, sent) = await LogInAsync(["--postgres-password", "-"], [], input: Password + "\n");

        Assert.Equal(Password, sent);
        Assert.DoesNotContain("warning: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_variable_is_used_and_an_argument_goes_before_it()
    {
        var variable = new Dictionary<string, string?> { ["PMM_POSTGRES_DBPASSWORD"] = Password };

        var (result, sent) = await LogInAsync([], variable);
        var (_, argument) = await LogInAsync(["--postgres-password", "another"], variable);

        Assert.Equal(Password, sent);
        Assert.DoesNotContain("warning: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("another", argument);
    }

    [Fact]
    public async Task Libpqs_variable_goes_before_PMMs_default()
    {
        var (_, preset) = await LogInAsync([], []);
        var (_, variable) = await LogInAsync([], new() { ["PGPASSWORD"] = Password });

        Assert.Equal("pmm-managed", preset);
        Assert.Equal(Password, variable);
    }

    [Fact]
    public async Task A_password_file_is_read()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["pgpass"], $"*:*:*:*:{Password}\n");
        File.SetUnixFileMode(folder["pgpass"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var (result, sent) = await LogInAsync([], new() { ["PGPASSFILE"] = folder["pgpass"] });

        Assert.Equal(Password, sent);
        Assert.DoesNotContain("warning: ", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Typed once the question is there: the terminal shows nothing of it.</summary>
    [SkippableFact]
    public async Task A_dash_asks_on_a_terminal_which_does_not_show_what_is_typed()
    {
        Skip.IfNot(File.Exists("/usr/bin/script"), "script, which makes a terminal, is needed");
        using var service = Service.Encrypted();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var sent = AskForPasswordAsync(server);
        var line = $"'{PmmCryptProgram.File}' status --key-file '{service.KeyFile}' --postgres-addr {server.LocalEndpoint}"
            + " --postgres-password -";
        var start = new ProcessStartInfo("/usr/bin/script", ["-qec", line, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm";

        using var terminal = Process.Start(start)!;
        var shown = new StringBuilder();
        var buffer = new char[1024];
        while (!shown.ToString().Contains("Password:", StringComparison.Ordinal)) shown.Append(buffer, 0, await ReadAsync());
        await Task.Delay(TimeSpan.FromSeconds(1));      // as long as nobody takes to begin to type
        await terminal.StandardInput.WriteAsync(Password + "\r");
        await terminal.StandardInput.FlushAsync();
        Assert.Equal(Password, await sent.WaitAsync(TimeSpan.FromSeconds(60)));
        terminal.StandardInput.Close();
        shown.Append(await terminal.StandardOutput.ReadToEndAsync());
        await terminal.WaitForExitAsync();

        Assert.Equal(8, terminal.ExitCode);
        Assert.Contains("refused the login", shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("correct", shown.ToString(), StringComparison.Ordinal);

        async Task<int> ReadAsync()
        {
            var read = await terminal.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(read > 0, $"It ended and did not ask:\n{shown}");
            return read;
        }
    }

    [Fact]
    public async Task One_in_a_connection_string_is_warned_of_as_an_option_is()
    {
        using var service = Service.Encrypted();

        foreach (var connection in new[] { $"Host=127.0.0.1;Port=1;Password={Password}", $"postgres://u:{Password}@127.0.0.1:1/d" })
            (await service.RunBareAsync(["status", "--connection", connection, "--key-file", service.KeyFile])).Fails(8)
                .Says("warning: ", "PGPASSFILE");
        var without = await service.RunBareAsync(["status", "--connection", "postgres://u@127.0.0.1:1/d", "--key-file", service.KeyFile]);
        Assert.DoesNotContain("warning: ", without.Fails(8).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_in_a_connection_string_is_not_repeated()
    {
        using var service = Service.Encrypted();

        string[] connections =
        [
            $"Host=127.0.0.1;Port=1;Password={Password}", $"postgres://u:{Password}@127.0.0.1:1/d", $"Password={Password};nonsense",
        ];
        foreach (var connection in connections)
        {
            var result = await service.RunBareAsync(["status", "--json", "--connection", connection, "--key-file", service.KeyFile]);
            Assert.Contains(result.ExitCode, new[] { 1, 8 });
            Assert.DoesNotContain(Password, result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Runs status against the server, and returns what it ended by and the password that was sent.</summary>
    private static async Task<(ToolResult Result, string Sent)> LogInAsync(
        string[] arguments, Dictionary<string, string?> environment, string? input = null)
    {
        using var service = Service.Encrypted();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var sent = AskForPasswordAsync(server);
        var result = await service.RunBareAsync(
            ["status", "--postgres-addr", $"{server.LocalEndpoint}", "--key-file", service.KeyFile, .. arguments], environment, input);
        result.Ends(8).Says("error: ", "hint: ", "refused the login");
        Assert.DoesNotContain(Password, result.Output + result.Error, StringComparison.Ordinal);
        return (result, await sent.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    /// <summary>The server's side of PostgreSQL's start-up: AuthenticationCleartextPassword, then ErrorResponse 28P01.</summary>
    private static async Task<string> AskForPasswordAsync(TcpListener server)
    {
        while (true)
        {
            using var client = await server.AcceptTcpClientAsync();
            try
            {
                return await AskForPasswordAsync(client.GetStream());
            }
            catch (EndOfStreamException)
            {
                // A client that finds no Kerberos here hangs up, and calls again without.
            }
        }
    }

    private static async Task<string> AskForPasswordAsync(NetworkStream stream)
    {
        // A client first asks whether the connection may be encrypted, in eight bytes.
        while ((await ReadMessageAsync(stream, sizeof(int))).Length == sizeof(int))
            await stream.WriteAsync(new[] { (byte)'N' });
        await stream.WriteAsync(new byte[] { (byte)'R', 0, 0, 0, 8, 0, 0, 0, 3 });
        await stream.ReadExactlyAsync(new byte[1]);
        var password = await ReadMessageAsync(stream, sizeof(int));
        var fields = Encoding.ASCII.GetBytes("SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0");
        var header = new byte[5];
        header[0] = (byte)'E';
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), fields.Length + sizeof(int));
        await stream.WriteAsync(header);
        await stream.WriteAsync(fields);
        return Encoding.UTF8.GetString(password).TrimEnd('\0');
    }

    private static async Task<byte[]> ReadMessageAsync(NetworkStream stream, int lengthSize)
    {
        var length = new byte[lengthSize];
        await stream.ReadExactlyAsync(length);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(length) - lengthSize];
        await stream.ReadExactlyAsync(body);
        return body;
    }
}
