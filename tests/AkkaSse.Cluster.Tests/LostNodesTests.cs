using AkkaSse.Engine.Specs;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using Akka.Remote.Transport;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests;

/// <summary>Nodes that end without a word, are removed or cut off, and come back, with real remoting in one process.</summary>
[Trait("speed", "slow")]
public sealed class LostNodesTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness;
    private int _port;
    private Address? _cut;
    private string[]? _seeds;
    private string _hocon = "";

    public LostNodesTests() => _harness = new AkkaHarness(change: o =>
    {
        o.Hocon += "\nakka.remote.dot-netty.tcp.applied-adapters = [trttl]\n" + _hocon;
        o.Port = _port;
        if (_seeds is not null) o.Seeds = _seeds;
    });

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Node_that_the_others_have_removed_comes_back_and_keeps_what_is_still_its_own()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        var kept = await c.Engine.Claims.ClaimAsync(new ClaimRequest("z", "kept") { Instance = "i" }, default);
        kept.Status.ShouldBe(ClaimStatus.Granted);
        var before = _harness.Engines[2].Node!.Id;
        _harness.Engines[0].Node!.Cluster.Down(_harness.Engines[2].Node!.Self.Address);
        await Eventually.Until(() => _harness.Engines[2].Node is { } now && now.Id != before && c.Engine.State == EngineState.Ready,
            () => $"the removed node to come back; it is {c.Engine.State}\n{Logged}");
        await Eventually.Until(async () => (await a.Engine.Nodes.ListAsync(default)).Select(static n => n.Name)
            .SequenceEqual(["a", "b", "c"]), "all three to be listed");
        await Eventually.Until(async () => (await a.Engine.Claims.LocateAsync("z", "kept", default)).TryGet(out var places)
            && places is [{ Node: "c" } at] && at.Generation == kept.Generation, () => $"the claim to be where it was\n{Logged}");
        await Eventually.Until(async () => (await b.Hub.LoadOfAsync("c", default))?.Node == "c", "an answer of the node that came back");
    }

    [Fact]
    public async Task Node_that_ended_without_a_word_and_starts_again_at_its_address_is_a_member_at_once()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        var c = await _harness.StartNodeAsync("c");
        var was = _harness.Engines[2].Node!;
        await c.Engine.DisposeAsync();
        _port = was.Self.Address.Port!.Value;
        await using var again = await _harness.StartNodeAsync("c");
        _harness.Engines[3].Node!.Id.ShouldNotBe(was.Id);
        await Eventually.Until(() => _harness.Engines[0].Node!.View.Members is { Length: 3 } all && all.All(m => m.Id != was.Id),
            () => $"the old incarnation to be gone\n{Logged}");
        await Eventually.Until(async () => (await a.Hub.LoadOfAsync("c", default))?.Node == "c", "an answer of the new one");
    }

    [Fact]
    public async Task Removed_node_comes_back_at_the_same_address()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        _port = FreePort.Next();
        await using var c = await _harness.StartNodeAsync("c");
        var before = _harness.Engines[2].Node!;
        _harness.Engines[0].Node!.Cluster.Down(before.Self.Address);
        await Eventually.Until(() => _harness.Engines[2].Node is { } now && now.Id != before.Id && c.Engine.State == EngineState.Ready,
            () => $"the removed node to come back; it is {c.Engine.State}\n{Logged}");
        _harness.Engines[2].Node!.Self.Address.ShouldBe(before.Self.Address);
    }

    [Fact]
    public async Task Every_stream_that_is_followed_is_followed_in_the_next_ActorSystem()
    {
        // Each stream's actor ends with the ActorSystem, and the stream begins another at once: the first of them while it still seems to
        // go on.
        const int Streams = 300;
        // A region waits for a coordinator to take its shards, and there is none that could.
        _hocon = "akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 2s";
        await using var node = await _harness.StartNodeAsync("a");
        using var end = new CancellationTokenSource();
        var seen = new ConcurrentDictionary<string, string>();
        var readers = Enumerable.Range(0, Streams).Select(i => Task.Run(async () =>
        {
            try
            {
                await foreach (var e in node.Hub.ListenAsync($"s{i}", StartPosition.Earliest, end.Token)) seen[$"s{i}"] = e.Data ?? "";
            }
            catch (OperationCanceledException)
            {
                // The end.
            }
        })).ToList();
        await PublishAsync("0");
        for (var round = 1; round <= 3; round++)
        {
            var was = _harness.Engines[0].Node!;
            await was.System.Terminate();
            await Eventually.Until(() => _harness.Engines[0].Node is { } now && now != was && node.Engine.State == EngineState.Ready,
                () => $"the next ActorSystem; the engine is {node.Engine.State}\n{Logged}");
            await PublishAsync($"{round}");
        }
        await end.CancelAsync();
        await Task.WhenAll(readers);

        async Task PublishAsync(string data)
        {
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(async i =>
                await Eventually.Until(async () => (await node.AppendAsync($"s{i}", data)).Status == PublishStatus.Accepted,
                () => $"s{i} to accept {data}\n{Logged}")));
            await Eventually.Until(
                () => seen.Count == Streams && seen.Values.All(d => d == data),
                () => $"all readers to have " +
                    $"{data}; missing: {string.Join(' ', seen.Where(s => s.Value != data).Select(static s => s.Key))}\n{Logged}");
        }
    }

    [Fact]
    public async Task Cluster_whose_nodes_were_all_removed_begins_again_with_everything_it_had()
    {
        const int Streams = 60;
        int[] ports = [FreePort.Next(), FreePort.Next(), FreePort.Next()];
        _seeds = [.. ports.Select(static p => $"127.0.0.1:{p}")];
        // A region waits for a coordinator to take its shards, and there is none that could.
        _hocon = "akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.timeout = 2s";
        _port = ports[0];
        await using var a = await _harness.StartNodeAsync("a");
        _port = ports[1];
        await using var b = await _harness.StartNodeAsync("b");
        _port = ports[2];
        await using var c = await _harness.StartNodeAsync("c");
        Engine.Specs.EngineNode[] nodes = [a, b, c];
        var options = new StreamOptions { MaxEvents = 5_000 };
        var epochs = new string[Streams];
        for (var i = 0; i < Streams; i++)
        {
            var node = nodes[i % 3];
            await Eventually.Until(
                async () => (await node.Streams.CreateAsync($"s{i}", options, default)).Status is CreateStreamStatus.Created
                or CreateStreamStatus.Unchanged, () => $"s{i} to be created\n{Logged}");
            (await node.AppendAsync($"s{i}", "1")).Status.ShouldBe(PublishStatus.Accepted);
            (await node.AppendAsync($"s{i}", "2", new PublishOptions { IdempotencyKey = "k" })).Status.ShouldBe(PublishStatus.Accepted);
            epochs[i] = (await node.AppendAsync($"s{i}", "3")).Position.Epoch;
        }
        (await a.Streams.RemoveAsync("s0", default)).OrThrow().ShouldBeTrue();
        using var end = new CancellationTokenSource();
        var seen = new ConcurrentQueue<string>();
        var reading = Task.Run(async () =>
        {
            try
            {
                await foreach (var e in b.Hub.ListenAsync("s1", StartPosition.Earliest, end.Token)) seen.Enqueue(e.Data ?? "");
            }
            catch (OperationCanceledException)
            {
                // The end.
            }
        });
        await Eventually.Until(() => seen.Count == 3, "the reader to have read");

        var read = new List<string> { "1", "2", "3" };
        var anew = 0;
        // Where one is back before another has ended, logs find their voters one by one and go on as they were, as in a rolling restart:
        // then all end once more.
        for (var round = 1; anew == 0 && round <= 5; round++)
        {
            var was = _harness.Engines.Select(static e => e.Node!.Id).ToArray();
            await Task.WhenAll(_harness.Engines.Select(static e => e.Node!.System.Terminate()));
            await Eventually.Until(
                () => _harness.Engines.Index().All(e => e.Item.Node is { } now && now.Id != was[e.Index]
                && e.Item.State == EngineState.Ready), () => $"the nodes to come back\n{Logged}");
            for (var i = 1; i < Streams; i++)
            {
                var isAnew = await GoesOnAsync(i);
                if (isAnew) anew++;
                // Told of a new epoch a reader reads what there is from its beginning.
                if (i == 1) read.AddRange(isAnew ? ["gap", "1", "2", "3", "4"] : round == 1 ? ["4"] : []);
            }
        }
        anew.ShouldBeGreaterThan(0, Logged);
        (await a.Streams.ExistsAsync("s0", default)).OrThrow().ShouldBeFalse("it was removed");
        string[] Read() => [
            .. seen.Select(static d => d.StartsWith('{') && d.Contains("\"epoch-changed\"", StringComparison.Ordinal) ? "gap" : d)];
        await Eventually.Until(() => Read().Length >= read.Count, () => $"the reader to go on; it has {string.Join(' ', seen)}");
        Read().ShouldBe(read);
        await end.CancelAsync();
        await reading;
        await Eventually.Until(
            () => _harness.Log.Lines.Any(static l => l.Contains("A majority of its voters took part: True", StringComparison.Ordinal)),
            "the restoring to be told");

        // Everything is there and goes on, and whether in a new epoch.
        async Task<bool> GoesOnAsync(int i)
        {
            var (stream, node) = ($"s{i}", nodes[(i + 1) % 3]);
            AppendResult repeated = default;
            await Eventually.Until(
                async () => (repeated = await node.AppendAsync(
                stream, "2", new PublishOptions { IdempotencyKey = "k" })).Status == PublishStatus.Accepted,
                () => $"{stream} to have an owner; {repeated.Status} {repeated.Error}\n{Logged}");
            (repeated.Duplicate, repeated.Position.Offset).ShouldBe((true, 2));
            AppendResult next = default;
            await Eventually.Until(
                async () => (next = await node.AppendAsync(
                stream, "4", new PublishOptions { IdempotencyKey = "l" })).Status == PublishStatus.Accepted,
                () => $"{stream} to accept; {next.Status} {next.Error}\n{Logged}");
            (next.Status, next.Position.Offset).ShouldBe((PublishStatus.Accepted, 4));
            // Shards go back to their places meanwhile.
            HistoryPage page = null!;
            await Eventually.Until(
                async () => (page = await nodes[i % 3].Streams.ReadAsync(stream, null, 10, default)).State != HistoryState.Unavailable,
                () => $"{stream} to be read\n{Logged}");
            page.Events.Select(static e => e.Event.Data).ShouldBe(["1", "2", "3", "4"]);
            StreamInfo? info = null;
            await Eventually.Until(
                async () => (await a.Streams.GetAsync(stream, default)).TryGet(out info) && info is not null,
                () => $"{stream} to be found\n{Logged}");
            info!.Options.MaxEvents.ShouldBe(5_000);
            return info.Epoch != epochs[i];
        }
    }

    [Fact]
    public async Task Claims_of_a_lost_node_end_when_the_cluster_removes_it()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        // It comes back by itself, at the address that is cut off.
        _port = FreePort.Next();
        var c = await _harness.StartNodeAsync("c");
        var request = new ClaimRequest("z", "c1") { Instance = "i" };
        (await c.Engine.Claims.ClaimAsync(request, default)).Status.ShouldBe(ClaimStatus.Granted);
        (await a.Engine.Claims.ClaimAsync(request with { Instance = "j" }, default)).Status.ShouldBe(ClaimStatus.InUse);
        // Without a word to the others: its ActorSystem is cut off first.
        await CutAsync(2, 0, 1);
        await Eventually.Until(
            async () => (await a.Engine.Claims.ClaimAsync(request with { Instance = "j" }, default)).Status == ClaimStatus.Granted,
            () => $"the claim to end with its node\n{Logged}");
        await c.DisposeAsync();
        (await b.Engine.Claims.LocateAsync("z", "c1", default)).Known().Single().Node.ShouldBe("a");
    }

    [Fact]
    public async Task Node_in_the_minority_is_down_at_once_and_ready_after_the_path_is_back()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        _port = FreePort.Next();
        await using var c = await _harness.StartNodeAsync("c");
        await CutAsync(2, 0, 1);
        await Eventually.Until(() => c.Engine.State == EngineState.Down, () => $"the minority to refuse work\n{Logged}");
        (await c.Engine.Claims.ClaimAsync(new ClaimRequest("z", "x"), default)).Status.ShouldBe(ClaimStatus.Unavailable);
        await Eventually.Until(() => a.Engine.State == EngineState.Ready && _harness.Engines[0].Node!.View.Members.Length == 2,
            () => $"the majority to go on without it\n{Logged}");
        (await a.Engine.Claims.ClaimAsync(new ClaimRequest("z", "x"), default)).Status.ShouldBe(ClaimStatus.Granted);
        c.Engine.State.ShouldBe(EngineState.Down);
        await HealAsync(0, 1);
        await Eventually.Until(() => c.Engine.State == EngineState.Ready, () => $"the node to come back\n{Logged}");
        (await c.Engine.Claims.LocateAsync("z", "x", default)).Known().Single().Node.ShouldBe("a");
    }

    [Fact]
    public async Task Node_that_is_cut_off_ends_the_readers_that_wait_refuses_newcomers_and_keeps_those_who_read()
    {
        static void Soon(HubOptions o) => o.OpenTimeout = TimeSpan.FromMilliseconds(100);
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        _port = FreePort.Next();
        await using var c = await _harness.StartNodeAsync("c", Soon);
        string[] streams = [.. Enumerable.Range(0, 12).Select(static i => $"s{i}")];
        foreach (var stream in streams)
        {
            await Eventually.Until(
                async () => (await a.AppendAsync(stream, "1")).Status == PublishStatus.Accepted, () => $"an event of {stream}\n{Logged}");
        }
        using var gone = new CancellationTokenSource();
        await using var there = await ReadAsync(c.Hub, "there", gone.Token);
        await CutAsync(2, 0, 1);

        // Before the node knows: some of the streams have their owner on the other side.
        var readers = new List<ReadConnection>();
        foreach (var stream in streams)
        {
            try
            {
                readers.Add(await ReadAsync(c.Hub, stream, gone.Token));
            }
            catch (InvalidOperationException)
            {
                // It knew already.
                c.Engine.State.ShouldBe(EngineState.Down);
                break;
            }
        }
        readers.ShouldNotBeEmpty();
        await Eventually.Until(() => c.Engine.State == EngineState.Down, () => $"the minority to refuse work\n{Logged}");
        await Eventually.Until(
            () => readers.Any(static r => r.Ended.IsCompleted), () => $"readers that waited to be told\n{Logged}");
        foreach (var reader in readers.Where(static r => r.Ended.IsCompleted)) reader.Reason.ShouldBe(CloseReason.Unavailable);
        var refused = await Eventually.Within(
            c.Hub.ConnectAsync(new SubscribeRequest { Streams = [new("s0")] }, default).AsTask(), "an answer");
        refused.Status.ShouldBe(AdmissionStatus.Unavailable);
        refused.RetryAfter.ShouldNotBeNull();
        there.Ended.IsCompleted.ShouldBeFalse("established connections stay");

        await HealAsync(0, 1);
        await Eventually.Until(() => c.Engine.State == EngineState.Ready, () => $"the node to come back\n{Logged}");
        await using var again = await ReadAsync(c.Hub, "s0", gone.Token);
        await gone.CancelAsync();
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    /// <summary>Silence is not absence: clients give up for good on what does not exist.</summary>
    [Fact]
    public async Task Nothing_is_said_to_be_absent_while_its_owner_cannot_be_reached()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        _port = FreePort.Next();
        await using var c = await _harness.StartNodeAsync("c");
        int[] all = [.. Enumerable.Range(0, 12)];
        foreach (var i in all)
        {
            (await a.ClaimAsync(new ClaimRequest("z", $"c{i}"))).Status.ShouldBe(ClaimStatus.Granted);
            await Eventually.Until(
                async () => (await a.Engine.Values.PutAsync($"k{i}", new byte[1], TimeSpan.FromHours(1), null, default)).IsKnown,
                () => $"a value to be stored\n{Logged}");
        }
        await CutAsync(2, 0, 1);

        var unknown = 0;
        for (var round = 0; round < 2; round++)
        {
            await Task.WhenAll(all.Select(async i =>
            {
                if ((await b.Engine.Claims.LocateAsync("z", $"c{i}", default)).TryGet(out var places))
                    places.Count.ShouldBe(1, $"client {i} holds its id");
                else Interlocked.Increment(ref unknown);
                if ((await b.Engine.Values.GetAsync($"k{i}", default)).TryGet(out var value))
                    value.ShouldNotBeNull($"value {i} was stored");
                else Interlocked.Increment(ref unknown);
            }));
        }
        unknown.ShouldBePositive("the node that was cut off owned some of them");
        await Eventually.Until(
            async () => (await Task.WhenAll(
            all.Select(async i => (await b.Engine.Values.GetAsync($"k{i}", default)).IsKnown))).All(static k => k),
            () => $"all values to be found again\n{Logged}");
        // So that it need not wait for anybody at its end.
        await HealAsync(0, 1);
    }

    [Fact]
    public async Task Node_whose_seed_takes_connections_and_answers_nothing_begins_again_and_joins_later()
    {
        var (deaf, own) = (FreePort.Next(), FreePort.Next());
        _seeds = [$"127.0.0.1:{deaf}", $"127.0.0.1:{own}"];
        _port = own;
        Task<Engine.Specs.EngineNode> waiting;
        using (var listener = new TcpListener(IPAddress.Loopback, deaf))
        {
            listener.Start();
            waiting = _harness.StartNodeAsync("b").AsTask();
            await Eventually.Until(
                () => _harness.Log.Lines.Any(
                static l => l.Contains("takes connections and has answered nothing", StringComparison.Ordinal)),
                () => $"the node to begin again\n{Logged}");
        }
        _port = deaf;
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await waiting;
        b.Engine.State.ShouldBe(EngineState.Ready, Logged);
        (await a.Engine.Nodes.ListAsync(default)).Select(static n => n.Name).ShouldBe(["a", "b"]);
    }

    /// <summary>
    /// It may be out of reach of this ActorSystem alone, or frozen: a new ActorSystem is tried once, and then the others are joined.
    /// </summary>
    [Fact]
    public async Task Node_whose_seed_is_silent_while_another_is_in_a_cluster_begins_again_once_and_joins()
    {
        var (silent, first, own) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        using var listener = new TcpListener(IPAddress.Loopback, silent);
        _seeds = [$"127.0.0.1:{first}"];
        _port = first;
        await using var a = await _harness.StartNodeAsync("a");
        listener.Start();
        _seeds = [$"127.0.0.1:{first}", $"127.0.0.1:{silent}"];
        _port = own;
        await using var b = await _harness.StartNodeAsync("b");
        b.Engine.State.ShouldBe(EngineState.Ready, Logged);
        (await a.Engine.Nodes.ListAsync(default)).Select(static n => n.Name).ShouldBe(["a", "b"]);
        _harness.Log.Lines.Count(static l => l.Contains("takes connections and has answered nothing", StringComparison.Ordinal))
            .ShouldBe(1, Logged);
    }

    private static async Task<ReadConnection> ReadAsync(SseHub hub, string stream, CancellationToken gone)
    {
        var admission = await Eventually.Within(
            hub.ConnectAsync(new SubscribeRequest { Streams = [new(stream)] }, default).AsTask(), "an admission");
        return admission.Connection is { } connection
            ? new ReadConnection(connection, gone)
            : throw new InvalidOperationException($"{admission.Status} {admission.Error}");
    }

    // A connection whose peer takes everything.
    private sealed class ReadConnection(IClientConnection connection, CancellationToken gone) : IAsyncDisposable
    {
        internal Task Ended { get; } = connection.RunAsync(PipeWriter.Create(Stream.Null), static () => { }, gone);

        internal CloseReason Reason => connection.Reason;

        public async ValueTask DisposeAsync()
        {
            await connection.DisposeAsync();
            await Ended;
        }
    }

    private string Logged => string.Join('\n', _harness.Log.Lines.TakeLast(80));

    // Both ends drop what they would send and what comes.
    private async Task CutAsync(int node, params int[] others)
    {
        _cut = _harness.Engines[node].Node!.Self.Address;
        foreach (var other in others)
        {
            await SetAsync(_harness.Engines[node], _harness.Engines[other].Node!.Self.Address, Blackhole.Instance);
            await SetAsync(_harness.Engines[other], _cut, Blackhole.Instance);
        }
    }

    // The node that was cut off has a new ActorSystem meanwhile, which drops nothing.
    private async Task HealAsync(params int[] others)
    {
        foreach (var other in others) await SetAsync(_harness.Engines[other], _cut!, Unthrottled.Instance);
    }

    private static async Task SetAsync(AkkaClusterEngine at, Address to, ThrottleMode mode)
    {
        var transport = ((IRemoteActorRefProvider)((ExtendedActorSystem)at.Node!.System).Provider).Transport;
        (await transport.ManagementCommand(new SetThrottle(to, ThrottleTransportAdapter.Direction.Both, mode))).ShouldBeTrue();
    }
}
