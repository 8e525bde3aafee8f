using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Kill.Tests;

/// <summary>A few of the kills, for who has no minutes: one before, one between and one after the key's last change.</summary>
[Collection(KillGroup.Name)]
public sealed class QuickKillTests(PackedTool tool, Rehearsals rehearsals)
{
    [Theory]
    [InlineData("key-noted", 1)]
    [InlineData("key-renamed", 2)]
    [InlineData("page-updated", 2)]
    public async Task A_rotation_that_is_killed_loses_nothing_and_is_finished_by_the_same_command(string step, int occurrence)
    {
        var rehearsal = await rehearsals.OfAsync(tool, new Scenario(Backend.Sqlite, PmmStorage.Envelope, "rotate", Start.UnderOneKey));

        await rehearsal.KillAtAsync(new KillPoint(step, occurrence));
    }
}
