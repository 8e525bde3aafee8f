using Spectre.Console;
using Spectre.Console.Rendering;

namespace PmmCrypt.Tool.Output;

/// <summary>Shows beside the bar that is moving how long it will go on.</summary>
internal sealed class RemainingColumn : ProgressColumn
{
    private volatile Shown? _shown;

    protected override bool NoWrap => true;

    /// <summary>Shows a time beside a bar, and beside no other; null for none.</summary>
    public void Show(ProgressTask? task, TimeSpan? left) => _shown = task is null || left is null ? null : new(task.Id, left.Value);

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
        new Text(_shown is { } shown && shown.Task == task.Id ? RemainingTime.InWords(shown.Left) : "");

    private sealed record Shown(int Task, TimeSpan Left);
}
