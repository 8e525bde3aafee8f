using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// Whatever order an operator, a service and faults come in: after each step every value opens, with the key file on the disk, to what was
/// written last, and the key file holds the keys that the protocol's own words say it does.
/// </summary>
public sealed class ModelTests
{
    private enum Act
    {
        Write,          // a service writes a row, with the keyset that it loaded last or with the file as it is
        Wrap,           // a service that could not open a value encrypts it once more
        WriteBeside,    // a rotation, and a service that writes a row while it runs
        Stop,           // a rotation that is told to stop at a page, or whose database goes away there
        Rotate,
        Prune,          // after the service has loaded the file again
        AddKey,
        PromoteKey,
    }

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Enum<Act>(), Gen.Int[0, 4], Gen.Int[0, 3], Gen.Bool, Gen.Bool,
        (act, row, page, fresh, envelope) => new Step(act, row, page, fresh, envelope));

    [Fact]
    public Task Every_plaintext_survives_every_sequence_of_steps() => Gen.Select(Gen.Int[0, 2], Steps.Array[4, 12]).SampleAsync(
        async (writesBeforeInit, steps) =>
        {
            using var world = new World();
            for (var i = 0; i < writesBeforeInit; i++)
                world.WriteInTheClear(i);
            await world.InitAsync();
            foreach (var step in steps)
                await world.TakeAsync(step);
        },
        iter: 25, threads: 1);

    private sealed record Step(Act Act, int Row, int Page, bool Fresh, bool Envelope)
    {
        public string Id => "abcde"[Row].ToString();
    }

    private sealed class World : IDisposable
    {
        private readonly Vault _vault = new("a", "b", "c");
        private readonly Dictionary<string, string> _plaintexts = new[] { "a", "b", "c" }.ToDictionary(id => id, id => $"secret of {id}");
        private Keyset? _loaded;
        private int _written;

        public void WriteInTheClear(int row)
        {
            var (id, text) = ("abc"[row].ToString(), NewText());
            Store(id, text, text);
            _plaintexts[id] = text;
        }

        public async Task InitAsync()
        {
            await _vault.InitAsync();
            Load();
            AssertPlaintexts();
        }

        public async Task TakeAsync(Step step)
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
                    await RotateAsync(store => store.BeforeReplace = page =>
                    {
                        if (page == 1)
                            Write(step with { Fresh = false });
                    });
                    break;
                case Act.Stop:
                    await StopAsync(step);
                    break;
                case Act.Rotate:
                    await RotateAsync(_ => { });
                    break;
                case Act.Prune:
                    await PruneAsync(step.Fresh ? TimeSpan.Zero : TimeSpan.FromDays(7));
                    break;
                case Act.AddKey when Waiting is null:
                    _vault.Edit(manager => manager.Add());
                    break;
                case Act.PromoteKey when Waiting is { } waiting:
                    _vault.Edit(manager => manager.Promote(waiting));
                    break;
            }

            AssertPlaintexts();
        }

        public void Dispose()
        {
            _loaded?.Dispose();
            _vault.Dispose();
        }

        private uint? Waiting => _vault.Keys(keyset => keyset.Waiting.Count == 0 ? (uint?)null : keyset.Waiting[0].Id);

        private void Load()
        {
            _loaded?.Dispose();
            _loaded = _vault.LoadKeyset();
        }

        private string NewText() => $"text {++_written}";

        private void Write(Step step)
        {
            if (step.Fresh)
                Load();
            var text = NewText();
            var format = step.Envelope ? StoredFormat.Envelope : StoredFormat.Legacy;
            Store(step.Id, Vault.Seal(_loaded!, text, format), Vault.Seal(_loaded!, text, format));
            _plaintexts[step.Id] = text;
        }

        private void Store(string id, string password, string secret) => _vault.Execute(
            "INSERT INTO accounts VALUES ($1, $2, json_object('secret', $3), 'untouched') " +
            "ON CONFLICT (id) DO UPDATE SET password = excluded.password, options = excluded.options",
            id, password, secret);

        private void Wrap(Step step)
        {
            if (_vault.Stored(step.Id) is not { } stored)
                return;
            using var cipher = Cipher();
            if (cipher.Inspect(stored).Layers < 3)
                _vault.Execute("UPDATE accounts SET password = $2 WHERE id = $1", step.Id, Vault.Layer(_loaded!, stored));
        }

        /// <summary>A rotation that nothing stops: the key that the design names, and every value under it in one layer.</summary>
        private async Task RotateAsync(Action<WatchedStore> watch)
        {
            var (keys, expected) = (_vault.KeyIds, ExpectedAction());

            var report = await _vault.RotateAsync(watch: watch);

            Assert.Equal(expected, report.Key.Action);
            Assert.Equal(keys.Count + (expected == KeyAction.Add ? 1 : 0), _vault.KeyIds.Count);
            Assert.Subset(_vault.KeyIds.ToHashSet(), keys.ToHashSet());
            AssertUnderPrimary();
        }

        private async Task StopAsync(Step step)
        {
            var (keys, expected) = (_vault.KeyIds, ExpectedAction());
            using var stop = new CancellationTokenSource();
            try
            {
                await _vault.RotateAsync(stop: stop.Token, watch: store =>
                {
                    store.Sessions = asked => step.Page == 0 && asked == 2 ? throw new StoreException("the connection was lost") : [];
                    store.BeforeReplace = page =>
                    {
                        if (page != step.Page)
                            return;
                        if (step.Fresh)
                            throw new StoreException("the connection was lost");
                        stop.Cancel();
                    };
                });
            }
            catch (Exception e) when (e is StoreException or OperationCanceledException)
            {
                if (step.Page == 0)
                    Assert.Equal(keys, _vault.KeyIds);      // it was taken back
            }

            Assert.Subset(_vault.KeyIds.ToHashSet(), keys.ToHashSet());
            Assert.InRange(_vault.KeyIds.Count, keys.Count, keys.Count + (expected == KeyAction.Add ? 1 : 0));
        }

        private async Task PruneAsync(TimeSpan retain)
        {
            Load();
            var (primary, waiting, keys) = (_vault.Primary, Waiting, _vault.KeyIds);

            await _vault.RotateAsync(Vault.Patient with { Prune = true, Retain = retain });

            uint[] wanted = waiting is { } id ? [primary, id] : [primary];
            Assert.Equal(
                wanted,
                _vault.Keys(keyset => keyset.Keys.Where(key => key.Status == KeyStatus.Enabled).Select(key => key.Id).ToArray()));
            Assert.Equal(retain == TimeSpan.Zero ? wanted : keys, _vault.KeyIds);
            Assert.Equal(primary, _vault.Primary);
            AssertUnderPrimary();
        }

        private KeyAction ExpectedAction() =>
            Waiting is not null ? KeyAction.Promote
            : StoredValues().Any(stored => KeyIdOf(stored) != _vault.Primary) ? KeyAction.Finish
            : KeyAction.Add;

        private void AssertUnderPrimary()
        {
            using var cipher = Cipher();
            foreach (var stored in StoredValues())
            {
                Assert.Equal(_vault.Primary, KeyIdOf(stored));
                Assert.Equal(1, cipher.Inspect(stored).Layers);
            }
        }

        private void AssertPlaintexts()
        {
            using var cipher = Cipher();
            foreach (var (id, text) in _plaintexts)
            {
                Assert.Equal(text, cipher.Decrypt(_vault.Stored(id)));
                Assert.Equal(text, cipher.Decrypt(_vault.Secret(id)));
                Assert.Equal("untouched", _vault.Stored(id, "other"));
            }
        }

        private FieldCipher Cipher()
        {
            using var keyset = _vault.LoadKeyset();
            return new FieldCipher(keyset, StoredFormat.Legacy);
        }

        private IEnumerable<string> StoredValues() => _plaintexts.Keys.SelectMany(id => new[] { _vault.Stored(id)!, _vault.Secret(id)! });

        /// <summary>Read off the bytes, as Tink lays them: 0x01, then the key's id, big endian.</summary>
        private static uint KeyIdOf(string stored)
        {
            var bytes = Convert.FromBase64String(stored.StartsWith("pmm1$", StringComparison.Ordinal) ? stored["pmm1$".Length..] : stored);
            return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1));
        }
    }
}
