using System.Net.Security;
using System.Net.Sockets;
using PmmCrypt.Testing;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool.Tests;

/// <summary><c>--ready-url</c>: a service that was started again is waited for until it answers, not only until it runs.</summary>
[Trait("Category", "Slow")]
public sealed class ReadyTests
{
    [SkippableTheory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Goes_on_asking_until_the_service_is_ready(bool asPmm, bool withTls)
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await using var ready = ReadyEndpoint.Start(503, withTls);
        using var run = asPmm ? server.Start(null, "--ready-url", ready.Url)
            : server.StartVerb("rotate", "--restart-service", "pmm-managed", "--ready-url", ready.Url);
        await ready.WaitUntilAskedAsync(PmmCryptProgram.Timeout);
        await ready.WaitUntilAskedAsync(PmmCryptProgram.Timeout);
        Assert.False(run.HasExited);
        Assert.Equal("RUNNING", server.State);
        ready.Status = 204;

        ToolResult.Of("the rotation", await run.WaitAsync(PmmCryptProgram.Timeout)).Ends(0);

        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Says_that_the_rotation_is_done_where_the_service_does_not_come_to_be_ready(bool asPmm)
    {
        await using var server = await PmmServerFolder.CreateAsync();
        server.Ready.Status = 503;
        using var run = asPmm ? server.Start()
            : server.StartVerb("rotate", "--restart-service", "pmm-managed", "--ready-url", server.Ready.Url + "?token=not-shown");
        await server.Ready.WaitUntilAskedAsync(PmmCryptProgram.Timeout);
        server.SetState("FATAL");

        var result = ToolResult.Of("the rotation", await run.WaitAsync(PmmCryptProgram.Timeout)).Ends(asPmm ? 4 : 2)
            .Says("the rotation is done and verified, but pmm-managed is FATAL and not ready", $"{server.Ready.Url} answers 503");

        result.Require(!result.Error.Contains("not-shown", StringComparison.Ordinal), "not to show what may be a token");
        Assert.Equal(2, server.Keys.Keys.Count);
        await server.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Gives_up_where_it_runs_and_is_not_ready_in_its_time()
    {
        await using var server = await PmmServerFolder.CreateAsync(rows: 1);
        await using var ready = ReadyEndpoint.Start(500);
        using var check = new ReadyCheck(new Uri(ready.Url));
        var service = new SupervisorService("pmm-managed", check) { Program = server["supervisorctl"], Timeout = TimeSpan.Zero };

        var e = await Assert.ThrowsAsync<ServiceNotStartedException>(service.StartAsync);

        Assert.Contains(
            $"pmm-managed is RUNNING and not ready, 0 s after {server["supervisorctl"]} start: {ready.Url} answers 500", e.Message);
    }

    [Fact]
    public async Task Gives_up_a_manager_that_does_not_answer()
    {
        using var folder = new TempFolder();
        var program = folder["supervisorctl"];
        await File.WriteAllTextAsync(program, "#!/bin/sh\nread answer && exit 1\nexec sleep 600\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var service = new SupervisorService("pmm-managed") { Program = program, Timeout = TimeSpan.Zero };

        var e = await Assert.ThrowsAsync<ServiceNotStoppedException>(service.StopAsync);

        Assert.Contains($"{program} status did not end in 5 s", e.Message);
    }

    [SkippableFact]
    public async Task As_the_tool_of_PMM_it_asks_PMM_where_PMM_answers()
    {
        await using var server = await PmmServerFolder.CreateAsync();
        await using var ready = PmmsOwn();
        server.SaysWhereToAsk = false;

        (await server.RunAsync()).Ends(0);

        await ready.WaitUntilAskedAsync(PmmCryptProgram.Timeout);
        Assert.Equal("GET /v1/server/readyz HTTP/1.1", ready.Asked);
        await server.RequireAllUnderPrimaryAsync();
    }

    [Fact]
    public async Task Nobody_who_answers_is_a_reason_in_words()
    {
        var gone = ReadyEndpoint.Start();
        var url = gone.Url;
        await gone.DisposeAsync();
        using var check = new ReadyCheck(new Uri(url));

        Assert.StartsWith($"{url} does not answer: ", await check.WhyNotAsync());
    }

    [Fact]
    public void A_certificate_that_nobody_vouches_for_is_taken_on_this_machine_alone()
    {
        Assert.True(ReadyCheck.Trusts(new Uri("https://127.0.0.1:8443/ready"), SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.True(ReadyCheck.Trusts(new Uri("https://[::1]:8443/ready"), SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.False(ReadyCheck.Trusts(new Uri("https://pmm.example/ready"), SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(ReadyCheck.Trusts(new Uri("https://10.0.0.1/ready"), SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.True(ReadyCheck.Trusts(new Uri("https://pmm.example/ready"), SslPolicyErrors.None));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/ready")]
    [InlineData("/ready")]
    [InlineData("http://somebody:hidden-word@127.0.0.1/ready")]
    public async Task A_URL_that_cannot_be_asked_is_wrong_usage_and_not_repeated(string url)
    {
        var result = (await PmmCryptProgram.RunAsync(["rotate", "--restart-service", "pmm-managed", "--ready-url", url])).Fails(1)
            .Says("--ready-url");

        result.Require(!result.Error.Contains("hidden-word", StringComparison.Ordinal), "not to show a password");
    }

    [Fact]
    public async Task Without_a_service_that_is_started_there_is_nothing_to_wait_for() =>
        (await PmmCryptProgram.RunAsync(["rotate", "--ready-url", "http://127.0.0.1/ready"])).Fails(1).Says("--restart-service");

    private static ReadyEndpoint PmmsOwn()
    {
        try
        {
            return ReadyEndpoint.Start(port: 8080);
        }
        catch (SocketException e)
        {
            throw new SkipException($"PMM's port is taken here: {e.Message}");
        }
    }
}
