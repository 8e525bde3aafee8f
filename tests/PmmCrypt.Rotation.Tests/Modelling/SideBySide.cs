using System.Buffers.Binary;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests.Modelling;

/// <summary>
/// A database file and a key file, and beside them a <see cref="ModelVault"/>: each step is taken by both, and then they agree on the keys,
/// on the layers of every value and on its plaintext. Besides, every value that nobody damaged opens to what was written last with all the
/// keys that there ever were: whatever an operator did to the key file, nothing is lost that a backup would not bring back.
/// </summary>
internal sealed class SideBySide : IDisposable
{
    private const string Untouched = "untouched";

    private readonly Vault _vault = new("a", "b", "c");
    private readonly ModelVault _model = new();
    private readonly List<byte[]> _keyFiles = [];
    private KeysetManager? _everything;
    private Keyset? _loaded;
    private int _written;

    public SideBySide()
    {
        foreach (var id in (string[])["a", "b", "c"])
            SetClear(id, $"secret of {id}");
    }

    public async Task TakeAsync(Step step)
    {
        if (_model.HasKeyFile)
            await TakeWithKeysAsync(step);
        else
            await TakeInTheClearAsync(step);
        Remember();
        AssertAgree();
    }

    public void Dispose()
    {
        _loaded?.Dispose();
        _everything?.Dispose();
        _vault.Dispose();
    }

    private Task TakeInTheClearAsync(Step step)
    {
        switch (step.Act)
        {
            case Act.Write:
                var text = NewText();
                WriteRow(step.Id, text, text);
                SetClear(step.Id, text);
                return Task.CompletedTask;
            case Act.StopInit:
                return StopAsync(step, () => _vault.InitAsync(watch: Fault(step)));
            case Act.Rotate:
                return RefusedAsync(RotationFailure.Key, () => _vault.RotateAsync());
            case Act.Init:
                return InitAsync();
            default:
                return Task.CompletedTask;
        }
    }

    private Task TakeWithKeysAsync(Step step)
    {
        switch (step.Act)
        {
            case Act.Write:
                Write(step);
                break;
            case Act.Wrap:
                Wrap(step);
                break;
            case Act.WriteBeside:
                return WriteBesideAsync(step);
            case Act.Init:
                return InitAsync();
            case Act.StopInit:
                return StopAsync(step, () => _vault.InitAsync(watch: Fault(step)));
            case Act.Rotate:
                return RotateAsync(step);
            case Act.StopRotate:
                return StopAsync(step, () => _vault.RotateAsync(Options(step), Fault(step), Cancelled(step)));
            case Act.Prune:
                return PruneAsync(step);
            case Act.StopPrune:
                Load();
                return StopAsync(step, () => _vault.RotateAsync(Pruning(step), Fault(step), Cancelled(step)));
            case Act.AddKey when _model.Waiting is null:
                uint added = 0;
                _vault.Edit(manager => added = manager.Add());
                _model.Add(added);
                break;
            case Act.PromoteKey when Pick(step, key => key.IsEnabled) is { } key:
                _vault.Edit(manager => manager.Promote(key));
                _model.Promote(key);
                break;
            case Act.DisableKey or Act.DestroyKey when (Pick(step, IsBeneath) ?? Pick(step, key => key.Id != _model.Primary)) is { } key:
                return RetireAsync(key, step.Act == Act.DestroyKey);
            case Act.EnableKey when Pick(step, _ => true) is { } key:
                _vault.Edit(manager => manager.Enable(key));
                _model.Enable(key);
                break;
            case Act.RestoreKeyFile:
                File.WriteAllBytes(_vault.KeyPath, _keyFiles[step.Number % _keyFiles.Count]);
                Adopt();
                break;
            case Act.MergeKeyFile:
                Merge(step.Fresh ? _keyFiles[^1] : _keyFiles[step.Number % _keyFiles.Count]);
                break;
            case Act.LoseKeyFile:
                return LoseKeyFileAsync();
            case Act.Damage:
                Damage(step);
                break;
            case Act.Repair:
                foreach (var id in _model.Values.Where(entry => entry.Value.IsDamaged).Select(entry => entry.Key.Row).ToArray())
                    Write(step with { Row = id[0] - 'a', Fresh = true });
                break;
        }

        return Task.CompletedTask;
    }

    // The service

    private void Load()
    {
        _loaded?.Dispose();
        _loaded = _vault.LoadKeyset();
    }

    private void Write(Step step)
    {
        if (step.Fresh || _loaded is null)
            Load();
        var (text, format) = (NewText(), step.Envelope ? StoredFormat.Envelope : StoredFormat.Legacy);
        WriteRow(step.Id, Vault.Seal(_loaded!, text, format), Vault.Seal(_loaded!, text, format));
        foreach (var field in Fields)
            _model.Values[(step.Id, field)] = new ModelValue(text, [_loaded!.Primary.Id], format);
    }

    /// <summary>Both fields of a row, which the service may have written with the keyset that it had until then.</summary>
    private void Wrap(Step step)
    {
        if (step.Envelope)
            Write(step with { Fresh = false });
        if (step.Fresh || _loaded is null)
            Load();
        var values = Fields.Select(field => _model.Values.GetValueOrDefault((step.Id, field))).ToArray();
        if (values.Any(value => value is null || value.IsDamaged || value.Layers.Count is 0 or > 3))
            return;
        var row = _vault.Rows().Single(row => row.Id == step.Id);
        WriteRow(step.Id, Vault.Layer(_loaded!, row.Password), Vault.Layer(_loaded!, SecretOf(row.Options)));
        foreach (var (field, value) in Fields.Zip(values))
            _model.Values[(step.Id, field)] = value! with { Layers = [_loaded!.Primary.Id, .. value.Layers], Format = StoredFormat.Legacy };
    }

    /// <summary>Whether nothing but layers beneath others is under a key: the one that is most easily taken for unused.</summary>
    private bool IsBeneath(ModelKey key) => key.Id != _model.Primary
        && _model.Values.Values.Any(value => value.Layers.Skip(1).Contains(key.Id))
        && !_model.Values.Values.Any(value => value.Layers.Take(1).Contains(key.Id));

    // Runs

    private async Task InitAsync()
    {
        if (_model.Refusal() is { } refusal)
        {
            await RefusedAsync(refusal, () => _vault.InitAsync());
            return;
        }

        var existed = _model.HasKeyFile;
        await _vault.InitAsync();
        if (!existed)
        {
            Adopt();
            Assert.Single(_model.Keys);
        }

        _model.EncryptClear();
    }

    private async Task RotateAsync(Step step, Action<WatchedStore>? watch = null)
    {
        if (_model.Refusal() is { } refusal)
        {
            await RefusedAsync(refusal, () => _vault.RotateAsync(Options(step)));
            return;
        }

        var waiting = _model.Waiting?.Id;
        var isOffPrimary = _model.IsOffPrimary();
        var before = _model.Keys.ToArray();
        var report = await _vault.RotateAsync(Options(step), watch);

        if (waiting is { } promoted)
        {
            Assert.True(report.Key.Action is KeyAction.Promote or KeyAction.Resume, $"A key waited, and this was {report.Key.Action}.");
            _model.Promote(promoted);
        }
        else if (isOffPrimary)
            Assert.Equal(KeyAction.Finish, report.Key.Action);
        else
        {
            Assert.Equal(KeyAction.Add, report.Key.Action);
            Assert.DoesNotContain(before, key => key.Id == report.PrimaryKeyId);
            _model.Add(report.PrimaryKeyId);
            _model.Promote(report.PrimaryKeyId);
        }

        _model.Rotate();
    }

    private async Task WriteBesideAsync(Step step)
    {
        var wrote = false;
        // A service that cannot be read stays so: the rotation would rightly end with 4 instead of 0.
        var knows = _loaded is not null && _model.Keys.Exists(key => key.IsEnabled && key.Id == _loaded.Primary.Id);
        await RotateAsync(step, store => store.BeforeReplace = page =>
        {
            if (page != 1 || !knows)
                return;
            wrote = true;
            Write(step with { Fresh = false });
        });
        if (wrote)
            _model.Rotate();
    }

    private async Task PruneAsync(Step step)
    {
        Load();     // "once every service has loaded the new file"
        if (step.Number % 3 == 0)
            _vault.Clock.Moved += TimeSpan.FromDays(8);
        if (_model.Refusal() is { } refusal)
        {
            await RefusedAsync(refusal, () => _vault.RotateAsync(Pruning(step)));
            return;
        }

        var (before, waiting, primary) = (_model.Keys.ToArray(), _model.Waiting, _model.Primary);
        await _vault.RotateAsync(Pruning(step));
        _model.Rotate();
        Adopt();

        Assert.Equal(primary, _model.Primary);
        Assert.Equal(waiting, _model.Waiting);
        Assert.All(_model.Keys, key => Assert.True(key.Id == primary || key == waiting || !key.IsEnabled, $"{key} was kept."));
        var destroyed = before.Where(key => !_model.Keys.Exists(now => now.Id == key.Id)).ToArray();
        Assert.True(Pruning(step).Retain == TimeSpan.Zero || destroyed.All(key => !key.IsEnabled), "A key was destroyed at once.");
    }

    private async Task RetireAsync(uint key, bool destroy)
    {
        var refusal = _model.Refusal() ?? (_model.Refers(key) ? RotationFailure.Refused : null);
        if (refusal is { } failure)
            await RefusedAsync(failure, RunAsync);
        else
        {
            await RunAsync();
            if (destroy)
                _model.Destroy(key);
            else
                _model.Disable(key);
        }

        async Task RunAsync()
        {
            await using var store = await _vault.OpenAsync();
            await _vault.Engine(store).RetireAsync(key, destroy, Vault.Patient, default);
        }
    }

    /// <summary>A run that says why it did nothing, and did nothing.</summary>
    private async Task RefusedAsync(RotationFailure failure, Func<Task> run)
    {
        var (rows, keys) = (_vault.Rows(), KeyFileBytes());
        var refused = await Assert.ThrowsAsync<RotationException>(run);
        Assert.Equal(failure, refused.Failure);
        Assert.Equal(rows, _vault.Rows());
        Assert.Equal(keys, KeyFileBytes());
    }

    private async Task LoseKeyFileAsync()
    {
        if (_model.Values.Values.All(value => value.Layers.Count == 0))
            return;
        var away = _vault["away.key"];
        File.Move(_vault.KeyPath, away);
        await RefusedAsync(RotationFailure.Key, () => _vault.RotateAsync());
        await RefusedAsync(RotationFailure.Key, () => _vault.InitAsync());
        File.Move(away, _vault.KeyPath);
    }

    // Stops

    private CancellationTokenSource? _stop;

    private static bool IsCancelled(Step step) => step.Number is 0 or 1 or 2;

    private static bool IsCutOff(Step step) => step.Number is 3 or 4;

    private CancellationToken Cancelled(Step step) => IsCancelled(step) ? (_stop = new CancellationTokenSource()).Token : default;

    /// <summary>At the step that was drawn the run is told to stop, or dies; or one of its connections is lost before.</summary>
    private Action<WatchedStore> Fault(Step step) => store =>
    {
        var left = step.At;
        if (IsCutOff(step))
            store.Sessions = asked => asked == step.Number - 2 ? throw new StoreException("the connection was lost") : [];
        else
        {
            _vault.Said.OnReached = reached =>
            {
                if (--left != 0)
                    return;
                if (_stop is null)
                    throw new StoppedException(reached);
                _stop.Cancel();
            };
        }
    };

    /// <summary>Whatever a stopped run had done: no value and no key that was needed is gone, and what it rewrote is under the primary.</summary>
    private async Task StopAsync(Step step, Func<Task> run)
    {
        var rows = _vault.Rows();
        var (before, primary, waiting) = (_model.Keys.ToArray(), _model.Primary, _model.Waiting);
        var opened = _model.Values.ToDictionary(entry => entry.Key, entry => _model.Open(entry.Value).Opened);
        var refusal = _model.HasKeyFile ? _model.Refusal() : null;
        try
        {
            await run();
        }
        catch (StoppedException)
        {
        }
        catch (OperationCanceledException) when (IsCancelled(step))
        {
        }
        catch (StoreException) when (IsCutOff(step))
        {
        }
        catch (RotationException e) when (e.Failure == refusal || (IsCancelled(step) && e.Failure == RotationFailure.Interrupted))
        {
        }
        finally
        {
            _vault.Said.OnReached = _ => { };
            _stop?.Dispose();
            _stop = null;
        }

        if (KeyFileBytes().Length > 0)
            Adopt();
        Assert.InRange(_model.Keys.Count(key => !before.Contains(key) && !before.Any(old => old.Id == key.Id)), 0, 1);
        if (step.Act != Act.StopPrune)
        {
            var taken = before.Where(key => !_model.Keys.Contains(key)).ToArray();
            Assert.All(taken, key => Assert.Equal(waiting, key));     // a killed run's own, which nothing is under
        }
        else
            Assert.Equal((primary, waiting), (_model.Primary, _model.Waiting));

        foreach (var (old, now) in rows.Zip(_vault.Rows()))
        {
            AdoptValue((old.Id, Password), old.Password, now.Password);
            AdoptValue((old.Id, Secret), SecretOf(old.Options), SecretOf(now.Options));
        }

        // Whatever keys it left, to the model too: what opened goes on opening.
        foreach (var place in opened.Where(entry => entry.Value > 0).Select(entry => entry.Key))
            Assert.Equal(StoredValueState.Opened, _model.Open(_model.Values[place]).State);

        void AdoptValue((string, string) place, string old, string now)
        {
            if (old == now)
                return;
            var value = _model.Values[place];
            Assert.Equal(_model.Primary, KeyIdOf(now));
            _model.Values[place] = value with
            {
                Layers = [KeyIdOf(now), .. value.Layers.Skip(opened[place])],
                Format = now.StartsWith("pmm1$", StringComparison.Ordinal) ? StoredFormat.Envelope : StoredFormat.Legacy,
            };
        }
    }

    // The operator

    private void Merge(byte[] keyFile)
    {
        var path = _vault["other.key"];
        File.WriteAllBytes(path, keyFile);
        using var other = KeyFile.Load(path);
        _vault.Edit(manager => manager.Merge(other.Keyset));
        var theirs = new ModelVault();
        theirs.Load(KeysOf(other.Keyset), other.Keyset.Primary.Id);
        _model.Merge(theirs);
    }

    private void Damage(Step step)
    {
        var field = step.Fresh ? Password : Secret;
        if (!_model.Values.TryGetValue((step.Id, field), out var value) || value.Layers.Count == 0 || value.IsDamaged)
            return;
        var row = _vault.Rows().Single(row => row.Id == step.Id);
        var (password, secret) = (row.Password, SecretOf(row.Options));
        WriteRow(step.Id, field == Password ? Damaged(password) : password, field == Secret ? Damaged(secret) : secret);
        _model.Values[(step.Id, field)] = value with { IsDamaged = true };

        string Damaged(string stored)
        {
            var start = stored.StartsWith("pmm1$", StringComparison.Ordinal) ? 5 : 0;
            var bytes = Convert.FromBase64String(stored[start..]);
            if (step.Envelope)
                bytes[5 + (step.Number % (bytes.Length - 5))] ^= 1;
            return stored[..start] + Convert.ToBase64String(step.Envelope ? bytes : bytes[..^1]);
        }
    }

    // What both hold

    private const string Password = "password";
    private const string Secret = "secret";
    private static readonly string[] Fields = [Password, Secret];

    private string NewText() => $"text {++_written}";

    private void SetClear(string id, string text)
    {
        foreach (var field in Fields)
            _model.Values[(id, field)] = new ModelValue(text, [], StoredFormat.Unknown);
    }

    private void WriteRow(string id, string password, string secret) => _vault.Execute(
        "INSERT INTO accounts VALUES ($1, $2, $3, $4) "
        + "ON CONFLICT (id) DO UPDATE SET password = excluded.password, options = excluded.options",
        id, password, OptionsOf(secret), Untouched);

    private static string OptionsOf(string secret) => $$"""{"n": 1.50, "secret": "{{secret}}", "unknown": [1]}""";

    /// <summary>The secret in a row's document, of which every other byte must be as it was written.</summary>
    private static string SecretOf(string options)
    {
        var (head, tail) = ("{\"n\": 1.50, \"secret\": \"".Length, "\", \"unknown\": [1]}".Length);
        var secret = options[head..^tail];
        Assert.Equal(OptionsOf(secret), options);
        return secret;
    }

    private uint? Pick(Step step, Func<ModelKey, bool> which)
    {
        var keys = _model.Keys.Where(which).ToArray();
        return keys.Length == 0 ? null : keys[step.Number % keys.Length].Id;
    }

    private static RotationOptions Options(Step step) => Vault.Patient with { PageSize = new PageSize(1 + (step.Row % 3), 1 << 20) };

    private static RotationOptions Pruning(Step step) => Options(step) with
    {
        Prune = true,
        Retain = step.Fresh ? TimeSpan.Zero : TimeSpan.FromDays(7),
    };

    private byte[] KeyFileBytes() => File.Exists(_vault.KeyPath) ? File.ReadAllBytes(_vault.KeyPath) : [];

    private static ModelKey[] KeysOf(Keyset keyset) =>
        [.. keyset.Keys.Select(key => new ModelKey(key.Id, key.Status == KeyStatus.Enabled))];

    private void Adopt()
    {
        using var keyset = _vault.LoadKeyset();
        _model.Load(KeysOf(keyset), keyset.Primary.Id);
    }

    /// <summary>Keeps a copy of the key file, as a careful operator does, and of every key.</summary>
    private void Remember()
    {
        if (KeyFileBytes() is not { Length: > 0 } bytes)
            return;
        if (!_keyFiles.Exists(known => known.AsSpan().SequenceEqual(bytes)))
            _keyFiles.Add(bytes);
        using var keyset = _vault.LoadKeyset();
        if (_everything is null)
            _everything = new KeysetManager(keyset);
        else
            _everything.Merge(keyset);
    }

    private void AssertAgree()
    {
        var rows = _vault.Rows();
        Assert.Equal(_model.Values.Count, 2 * rows.Count);
        if (!_model.HasKeyFile)
        {
            Assert.All(rows, row => Assert.Equal((row.Password, SecretOf(row.Options)), (PlaintextOf(row.Id), PlaintextOf(row.Id))));
            return;
        }

        using var keyset = _vault.LoadKeyset();
        Assert.Equal(_model.Keys, KeysOf(keyset));
        Assert.Equal(_model.Primary, keyset.Primary.Id);
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy, ClearText.Passed);
        using var all = _everything!.ToKeyset();
        using var master = new FieldCipher(all, StoredFormat.Legacy, ClearText.Passed);
        foreach (var row in rows)
        {
            Assert.Equal(Untouched, row.Other);
            AssertAgree((row.Id, Password), row.Password, cipher, master);
            AssertAgree((row.Id, Secret), SecretOf(row.Options), cipher, master);
        }
    }

    private string PlaintextOf(string id) => _model.Values[(id, Password)].Plaintext;

    private void AssertAgree((string Row, string Field) place, string stored, FieldCipher cipher, FieldCipher master)
    {
        var value = _model.Values[place];
        var (state, opened) = _model.Open(value);
        var real = cipher.Inspect(stored);
        Assert.Equal((state, opened), (real.State, real.Layers));
        if (state == StoredValueState.Opened)
            Assert.Equal((value.Format, value.Layers[0]), (real.Format, real.KeyId));
        if (!value.IsDamaged)
            Assert.Equal(value.Plaintext, master.Decrypt(stored));
        if (!real.IsReadable)
            Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored));
        else if (opened == value.Layers.Count)
            Assert.Equal(value.Plaintext, cipher.Decrypt(stored));
        else
            Assert.Equal(value.Plaintext, master.Decrypt(cipher.Decrypt(stored)));     // what lies beneath is under a key that is away
    }

    /// <summary>Read off the bytes, as Tink lays them: 0x01, then the key's id, big endian.</summary>
    private static uint KeyIdOf(string stored)
    {
        var bytes = Convert.FromBase64String(stored.StartsWith("pmm1$", StringComparison.Ordinal) ? stored["pmm1$".Length..] : stored);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1));
    }

    private sealed class StoppedException(string step) : Exception(step);
}
