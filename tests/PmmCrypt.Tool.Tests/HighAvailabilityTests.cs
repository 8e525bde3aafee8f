using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// docs/ha.md, step by step: two nodes of a service, each with its own copy of the key file, that it is given when the step says so, and of
/// which it holds in memory what it loaded last. At each step both write, each its own row, and each reads what either wrote.
/// </summary>
[Trait("Category", "Slow")]
public sealed class HighAvailabilityTests
{
    [Fact]
    public async Task No_node_meets_a_value_that_it_cannot_open_at_any_step_of_a_rotation()
    {
        using var service = Service.Encrypted();
        var old = service.Keys.Primary;
        var first = new Node(service, 1, "first.key");
        var second = new Node(service, 2, "second.key");
        Node[] nodes = [first, second];
        Work(nodes);

        // 1. add: a key that waits. One node has and loads the file before the other.
        (await service.RunAsync("key", "add")).Ends(0);
        first.Receive();
        Work(nodes);
        second.Receive();
        Work(nodes);

        // 2. rotate: the key is promoted, while both nodes still write with the old one.
        (await service.RunAsync("rotate")).Ends(0);
        Assert.NotEqual(old, service.Keys.Primary);
        Work(nodes);

        // 3. load everywhere, one after the other: values under either key are written meanwhile.
        first.Receive();
        Work(nodes);
        Assert.NotEqual(first.Primary, second.Primary);
        second.Receive();

        // 4. rotate once more: what was written with the old key follows, and no key is added, also where nothing is left to follow.
        (await service.RunAsync("rotate", "--dry-run")).Ends(2).Prints("without adding a key");
        (await service.RunAsync("rotate", "--join")).Ends(0).Prints("no key was added");
        (await service.RunAsync("rotate", "--join")).Ends(0);
        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
        Work(nodes);

        // 5. prune: the old key is disabled, a week later destroyed. A node that has not loaded the file yet does no harm.
        (await service.RunAsync("rotate", "--prune")).Ends(0).Prints($"disabled key {old}");
        first.Receive();
        Work(nodes);
        (await service.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0).Prints($"destroyed key {old}");
        Work(nodes);
        second.Receive();
        Work(nodes);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Values_of_a_node_whose_key_file_drifted_open_once_the_files_are_merged()
    {
        using var service = Service.Encrypted();
        var first = new Node(service, 1, "first.key");
        // The other node found no key file at its start and made one of its own, as PMM 3 does.
        HandKeyset.Generate().Save(service["second.key"]);
        var second = new Node(service, 2, "second.key");
        second.Write();

        (await service.RunAsync("rotate")).Fails(4).Says($"{second.Primary}");
        (await service.RunAsync("key", "merge", service["second.key"])).Ends(0).Says($"{second.Primary}");
        first.Receive();
        Work([first]);
        (await service.RunAsync("rotate")).Ends(0);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Two_keys_that_wait_are_refused_until_one_is_chosen()
    {
        using var service = Service.Encrypted();
        File.Copy(service.KeyFile, service["second.key"]);
        (await service.RunAsync("key", "add")).Ends(0);
        (await service.RunBareAsync(["key", "add", "--key-file", service["second.key"]])).Ends(0);

        // Merged, the other node's key opens, and does not wait: this file's own does.
        (await service.RunAsync("key", "merge", service["second.key"])).Ends(0);
        Assert.Equal(3, service.Keys.Keys.Count);
        (await service.RunAsync("key", "add")).Fails(5).Says("waiting already");

        // A file that something else wrote may hold two that wait.
        var another = HandKeyset.Generate();
        service.Keys.WithWaiting(another).Save(service.KeyFile);
        var before = await File.ReadAllTextAsync(service.KeyFile);
        (await service.RunAsync("rotate")).Fails(5).Says("more than one key is waiting", $"{another.Primary}");
        Assert.Equal(before, await File.ReadAllTextAsync(service.KeyFile));
        service.RequireAllUnderPrimary();
    }

    /// <summary>Each node writes in turn, and after each all read everything.</summary>
    private static void Work(Node[] nodes)
    {
        foreach (var writer in nodes)
        {
            writer.Write();
            foreach (var reader in nodes)
                reader.ReadAll();
        }
    }

    /// <summary>A node: its copy of the key file, and the keyset as it loaded it last. Its row is an agent's, whose password it sets.</summary>
    private sealed class Node
    {
        private readonly Service _service;
        private readonly int _agent;
        private readonly string _file;
        private HandKeyset _keys;

        /// <param name="service">The service.</param>
        /// <param name="agent">Whose row it writes.</param>
        /// <param name="file">Its key file; where it has none yet, a copy of the one that the tool works on.</param>
        public Node(Service service, int agent, string file)
        {
            _service = service;
            _agent = agent;
            _file = service[file];
            if (!File.Exists(_file))
                File.Copy(service.KeyFile, _file);
            _keys = HandKeyset.Load(_file);
        }

        public uint Primary => _keys.Primary;

        /// <summary>Is given the key file that the tool works on, and loads it.</summary>
        public void Receive()
        {
            File.Copy(_service.KeyFile, _file, overwrite: true);
            _keys = HandKeyset.Load(_file);
        }

        /// <summary>Sets a password anew, to what it was, as a service does that saves an agent.</summary>
        public void Write() => _service.Execute(
            $"UPDATE agents SET password = '{_keys.Seal(Service.Password(_agent))}' WHERE agent_id = '00000{_agent}'");

        public void ReadAll() => _service.RequireAllOpen(_keys);
    }
}
