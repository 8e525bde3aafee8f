using System.CommandLine;
using PmmCrypt.Metadata;
using PmmCrypt.Pmm;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Tool.Databases;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool;

/// <summary>One call of the tool: its command line, what that names, and where to report.</summary>
internal sealed class ToolRun(ParseResult parsed, GlobalOptions options, Talk talk)
{
    private EncryptionModel? _model;

    /// <summary>Where to report.</summary>
    public Talk Talk { get; } = talk;

    /// <summary>Where the key file is.</summary>
    public KeyFileLocation KeyFile { get; } = KeyFilePaths.Find(parsed.GetValue(options.KeyFile));

    /// <summary>What is encrypted: PMM's tables, or those of an assembly, which is loaded when this is asked first.</summary>
    public EncryptionModel Model =>
        _model ??= parsed.GetValue(options.Assembly) is { } assembly ? Edition.Load(assembly) : PmmModel.Instance;

    /// <summary>How long to wait for a lock.</summary>
    public TimeSpan LockTimeout { get; } = parsed.GetValue(options.LockTimeout) ?? new RotationOptions().LockTimeout;

    /// <summary>The value of an option or argument.</summary>
    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <inheritdoc cref="Get{T}(Option{T})"/>
    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>Connects to the database, and runs something on its engine, with progress shown.</summary>
    public Task<T> WithEngineAsync<T>(Func<RotationEngine, IRotationStore, Task<T>> run, CancellationToken stop) =>
        WithEngineAsync(KeyFile, run, stop);

    /// <inheritdoc cref="WithEngineAsync{T}(Func{RotationEngine, IRotationStore, Task{T}}, CancellationToken)"/>
    public async Task<T> WithEngineAsync<T>(
        KeyFileLocation keyFile, Func<RotationEngine, IRotationStore, Task<T>> run, CancellationToken stop)
    {
        var model = Model;
        var location = Location();
        return await WithProgressAsync(async observer =>
        {
            var store = await location.OpenAsync(stop).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
                return await run(Engine(store, model, keyFile, observer), store).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>The engine for a store.</summary>
    public static RotationEngine Engine(IRotationStore store, EncryptionModel model, KeyFileLocation keyFile, IRotationObserver observer) =>
        new(store, model, keyFile, observer, TimeProvider.System);

    /// <summary>Runs something with its progress shown: a bar on a terminal, plain lines elsewhere.</summary>
    public Task<T> WithProgressAsync<T>(Func<IRotationObserver, Task<T>> run) =>
        Console.IsErrorRedirected ? run(new PlainProgress(Talk)) : ProgressBar.ShowAsync(run);

    private DatabaseLocation Location()
    {
        if (parsed.GetValue(options.Connection) is not { } connection)
        {
            if (parsed.GetValue(options.PostgresPassword) is { } password && password != "-")
                WarnOfPassword();
            return DatabaseLocation.Of(PmmConnection.Read(parsed, options, Prompt.Password));
        }

        var location = DatabaseLocation.Of(connection);
        if (location.HasPassword)
            WarnOfPassword();
        return location;
    }

    private void WarnOfPassword() => Talk.Warn(
        "a password on the command line can be read by every user of this machine; use PGPASSFILE, PGPASSWORD or PMM_POSTGRES_DBPASSWORD");
}
