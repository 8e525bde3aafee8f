using System.Diagnostics;
using PmmCrypt.Testing;

namespace PmmCrypt.Tool.Tests;

/// <summary>Stopped or killed in the middle of a sweep: what is there opens, and the same command finishes without another key.</summary>
[Trait("Category", "Slow")]
public sealed class InterruptionTests
{
    private const int Agents = 2_000;

    /// <summary>Enough to be sure that the sweep goes on, few enough that it is far from its end.</summary>
    private const int Begun = 5;

    [Fact]
    public async Task Ctrl_C_stops_after_the_page_and_the_same_command_goes_on()
    {
        using var service = Service.Encrypted(Agents);
        service.Remember();
        using var run = service.Start("rotate", "--batch-size", "1");
        await WaitForRewrittenRowsAsync(service, run);

        run.Interrupt();
        var result = ToolResult.Of("rotate, interrupted", await run.WaitAsync(PmmCryptProgram.Timeout));

        result.Fails(6).Says("same command again");
        await RequireFinishesAsync(service);
    }

    [Fact]
    public async Task Ctrl_C_is_one_JSON_document_too()
    {
        using var service = Service.Encrypted(Agents);
        service.Remember();
        using var run = service.Start("rotate", "--batch-size", "1", "--json");
        await WaitForRewrittenRowsAsync(service, run);

        run.Interrupt();
        var result = ToolResult.Of("rotate --json, interrupted", await run.WaitAsync(PmmCryptProgram.Timeout));

        Assert.NotEmpty(result.Ends(6).Json().GetProperty("hint").GetString()!);
    }

    [Fact]
    public async Task Terminated_as_by_a_service_manager_it_stops_after_the_page_as_well()
    {
        using var service = Service.Encrypted(Agents);
        service.Remember();
        using var run = service.Start("rotate", "--batch-size", "1");
        await WaitForRewrittenRowsAsync(service, run);

        run.Terminate();

        ToolResult.Of("rotate, terminated", await run.WaitAsync(PmmCryptProgram.Timeout)).Fails(6);
        await RequireFinishesAsync(service);
    }

    [Fact]
    public async Task Killed_in_the_sweep_every_value_opens_and_the_same_command_finishes()
    {
        using var service = Service.Encrypted(Agents);
        service.Remember();
        using var run = service.Start("rotate", "--batch-size", "1");
        await WaitForRewrittenRowsAsync(service, run);

        run.Kill();
        ToolResult.Of("rotate, killed", await run.WaitAsync(PmmCryptProgram.Timeout)).Ends(128 + 9);

        await RequireFinishesAsync(service);
    }

    private static async Task RequireFinishesAsync(Service service)
    {
        Assert.InRange(service.Rewritten(), Begun, Agents - 1);
        var primary = service.Keys.Primary;
        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllOpen();
        (await service.RunAsync("status")).Ends(2);

        (await service.RunAsync("rotate")).Ends(0);

        Assert.Equal(primary, service.Keys.Primary);
        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
    }

    private static async Task WaitForRewrittenRowsAsync(Service service, CliProcess run)
    {
        var clock = Stopwatch.StartNew();
        while (service.Rewritten() < Begun)
        {
            Assert.False(run.HasExited, "The rotation ended before a row of it was seen.");
            Assert.True(clock.Elapsed < PmmCryptProgram.Timeout, "No row was rewritten.");
            await Task.Delay(10);
        }
    }
}
