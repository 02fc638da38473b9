using AkkaSse.Engine.Specs;
using Akka.Actor;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Streams;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests;

/// <summary>Nodes that come and leave as they should, and what they say to each other, with real remoting in one process.</summary>
public sealed class EngineTests : IAsyncLifetime
{
    private readonly AkkaHarness _harness = new(change: static o => o.LeaveLimit = TimeSpan.FromSeconds(30));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Claims_outlive_the_node_that_decides_about_them()
    {
        var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        const int clients = 60;
        var granted = new long[clients];
        for (var i = 0; i < clients; i++)
            granted[i] = (await b.Engine.Claims.ClaimAsync(new ClaimRequest("z", $"c{i}") { Instance = "i" }, default)).Generation;
        for (var i = 0; i < clients; i++) await b.Engine.Claims.RefuseAsync("z", $"bad{i}", null, TimeSpan.FromMinutes(10), default);
        // Some of the sixty are decided there; it leaves as it does in a rolling update.
        await a.Engine.DrainAsync(default);
        await a.DisposeAsync();
        await Eventually.Until(async () => (await c.Engine.Nodes.ListAsync(default)).Count == 2, "the node to have left");
        for (var i = 0; i < clients; i++)
        {
            var client = $"c{i}";
            var place = default(ClaimLocation);
            await Eventually.Until(async () => (await c.Engine.Claims.LocateAsync("z", client, default)).TryGet(out var places)
                && (place = places.SingleOrDefault()).Node == "b", () => $"{client} to be found\n{Logged}");
            place.Generation.ShouldBe(granted[i]);
            (await c.Engine.Claims.ClaimAsync(
                new ClaimRequest("z", client) { Instance = "j" }, default)).Status.ShouldBe(ClaimStatus.InUse);
            var bad = new ClaimRequest("z", $"bad{i}") { Instance = "k" };
            var status = ClaimStatus.Unavailable;
            await Eventually.Until(
                async () => (status = (await c.Engine.Claims.ClaimAsync(bad, default)).Status) != ClaimStatus.Unavailable,
                () => $"bad{i} to be decided\n{Logged}");
            status.ShouldBe(ClaimStatus.Refused);
            (await b.Engine.Claims.IsRefusedAsync("z", bad.Client, "k", default)).Known().ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Node_that_remembers_where_a_client_is_hears_of_another_zone_and_of_its_end()
    {
        // The hubs' clock stands still: what a node remembers is right for ever, if it is told of nothing.
        await using var harness = new AkkaHarness(new ManualTimeProvider());
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        await b.Engine.Claims.ClaimAsync(new ClaimRequest("z", "c"), default);
        (await a.Engine.Claims.LocateAsync(null, "c", default)).Known().Count.ShouldBe(1);
        var second = await b.Engine.Claims.ClaimAsync(new ClaimRequest("y", "c"), default);
        await Eventually.Until(async () => (await a.Engine.Claims.LocateAsync(null, "c", default)).TryGet(out var places)
            && places.Count == 2, "the second zone to be seen");
        await b.Engine.Claims.ReleaseAsync("y", "c", second.Generation);
        await Eventually.Until(async () => (await a.Engine.Claims.LocateAsync(null, "c", default)).TryGet(out var places)
            && places.Count == 1, "the end of it to be seen");
    }

    [Fact]
    public async Task Publish_after_a_look_at_nothing_that_was_due_finds_its_owner_at_once()
    {
        // Less than the 10 s after which the stream's actor would look again by itself.
        await using var harness = new AkkaHarness(change: static o => o.AppendTimeout = TimeSpan.FromSeconds(8));
        await using var a = await harness.StartNodeAsync("a");
        (await a.AppendAsync("s", "1")).Status.ShouldBe(PublishStatus.Accepted);
        var system = harness.Engines[0].Node!.System;
        var owner = await system.ActorSelection("/system/sharding/akkasse-streams/*/s").ResolveOne(Eventually.Deadline);
        // Its shard moves: nobody needs another owner, so nobody looks for one.
        (await owner.GracefulStop(Eventually.Deadline, StopOwner.Instance)).ShouldBeTrue();
        // While something was on its way the stream's actor looked every 250 ms; now every 10 s, and when it is told to.
        await Task.Delay(600);
        ((AkkaStreams)a.Streams).Of("s").Connect();
        await Task.Delay(100);
        (await a.AppendAsync("s", "2")).Status.ShouldBe(PublishStatus.Accepted, string.Join('\n', harness.Log.Lines.TakeLast(80)));
    }

    [Fact]
    public async Task Node_that_nobody_follows_ends_although_its_streams_are_read_inside_the_process()
    {
        await using var harness = new AkkaHarness();
        var a = await harness.StartNodeAsync("a");
        for (var i = 0; i < 5; i++) (await a.AppendAsync($"s{i}", "1")).Status.ShouldBe(PublishStatus.Accepted);
        var readers = new List<IAsyncEnumerator<Protocol.SseEvent>>();
        for (var i = 0; i < 5; i++)
        {
            // One that has taken an event and is busy with it: it does not hear of the end.
            var reader = a.Hub.ListenAsync($"s{i}", StartPosition.Earliest).GetAsyncEnumerator();
            readers.Add(reader);
            (await Eventually.Within(reader.MoveNextAsync().AsTask(), "an event")).ShouldBeTrue();
        }
        await Eventually.Within(a.DisposeAsync().AsTask(), "the node to end");
        foreach (var reader in readers) await reader.DisposeAsync();
        harness.Log.Lines.ShouldNotContain(static l => l.Contains("Graceful shutdown", StringComparison.Ordinal)
            && l.Contains("timed out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stream_whose_owner_cannot_be_reached_is_not_said_to_be_missing()
    {
        await using var harness = new AkkaHarness(change: static o => o.AppendTimeout = TimeSpan.FromSeconds(2));
        await using var a = await harness.StartNodeAsync("a");
        await Eventually.Until(async () => (await a.Streams.ReadAsync("s", null, 10, default)).State == HistoryState.NoStream,
            "the stream to have an owner who knows that it is not there");
        var region = await harness.Engines[0].Node!.System.ActorSelection("/system/sharding/akkasse-streams")
            .ResolveOne(Eventually.Deadline);
        (await region.GracefulStop(Eventually.Deadline, PoisonPill.Instance)).ShouldBeTrue();
        a.Engine.State.ShouldBe(EngineState.Ready);
        (await a.Streams.ReadAsync("t", null, 10, default)).State.ShouldBe(HistoryState.Unavailable);
    }

    [Fact]
    public async Task Port_that_is_taken_is_told_in_a_sentence()
    {
        await using var a = await _harness.StartNodeAsync("a");
        var port = _harness.Engines[0].Node!.Self.Address.Port!.Value;
        await using var engine = new AkkaClusterEngine(new AkkaClusterOptions { Port = port });
        await using var hub = new SseHub(new HubOptions { NodeName = "b" }, engine);
        (await Should.ThrowAsync<IOException>(async () => await hub.StartAsync())).Message.ShouldStartWith(
            $"The cluster's port 127.0.0.1:{port} cannot be listened on: ");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    public async Task Seed_that_is_this_node_by_another_spelling_is_refused_in_a_sentence(string host)
    {
        var port = FreePort.Next();
        await using var engine = new AkkaClusterEngine(
            new AkkaClusterOptions { Port = port, Seeds = [$"{host}:{port}"] }, _harness.Log);
        await using var hub = new SseHub(new HubOptions { NodeName = "a" }, engine);
        await hub.StartAsync();

        var refused = await Eventually.Within(hub.EngineRefused, "the engine to refuse its seed");

        refused.Option.ShouldBe(nameof(AkkaClusterOptions.Seeds));
        refused.Message.ShouldStartWith($"{host}:{port} among the seeds is this node, which the others reach by 127.0.0.1:{port} alone");
        engine.State.ShouldBe(EngineState.Starting);
    }

    [Fact]
    public async Task Node_with_another_number_of_shards_does_not_join()
    {
        await using var a = await _harness.StartNodeAsync("a");
        var seed = _harness.Engines[0].Node!.Self.Address;
        await using var engine = new AkkaClusterEngine(
            new AkkaClusterOptions { Port = 0, Shards = 50, Seeds = [seed.ToString()] }, _harness.Log);
        await using var hub = new SseHub(new HubOptions { NodeName = "b" }, engine);
        await hub.StartAsync();

        var refused = await Eventually.Within(hub.EngineRefused, "the engine to refuse the cluster");

        (refused.Option, refused.Message).ShouldBe((nameof(AkkaEngineOptions.Shards),
            $"Shards is 50 on this node and 100 in the cluster of 127.0.0.1:{seed.Port}; all nodes of a cluster need the same number."));
        engine.State.ShouldBe(EngineState.Starting);
        (await a.Engine.Nodes.ListAsync(default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Guest_without_seeds_says_what_it_waits_for()
    {
        await using var harness = new AkkaHarness(guests: true);
        harness.BeforeJoin = () => Eventually.Until(
            () => harness.Log.Lines.Any(
                static l => l.Contains("the hub waits until the application joins it to one", StringComparison.Ordinal)),
            "the hub to say what it waits for");
        await using var a = await harness.StartNodeAsync("a");
        a.Engine.State.ShouldBe(EngineState.Ready);
    }

    [Fact]
    [Trait("speed", "slow")]
    public async Task Node_that_waits_for_further_members_says_so()
    {
        await using var engine = new AkkaClusterEngine(
            new AkkaClusterOptions { Port = 0, Hocon = "akka.cluster.min-nr-of-members = 3" }, _harness.Log);
        await using var hub = new SseHub(new HubOptions { NodeName = "a" }, engine);
        await hub.StartAsync();
        await Eventually.Until(() => _harness.Log.Lines.Any(static l =>
            l.Contains("waits for more of them: 1 of 3 are there (akka.cluster.min-nr-of-members)", StringComparison.Ordinal)),
            () => $"the line about the members\n{Logged}");
        _harness.Log.Lines.ShouldNotContain(static l => l.Contains("earlier node of this address", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Copy_of_a_log_that_fails_falls_silent_and_the_other_two_go_on()
    {
        var nodes = new[] { await _harness.StartNodeAsync("a"), await _harness.StartNodeAsync("b"), await _harness.StartNodeAsync("c") };
        for (var i = 0; i < 5; i++) (await nodes[0].AppendAsync($"s{i}", "1")).Status.ShouldBe(PublishStatus.Accepted, Logged);
        var victim = _harness.Engines[2].Node!;
        var self = new NodeId(victim.Self.Address.ToString(), victim.Self.Uid);
        var copies = victim.System.ActorSelection("/user/akkasse-streams");
        // A state that never came, for whatever life the copy of s0 has on this node: what reads it throws in the middle of its work. Told
        // again: a node that joined while the log began may get its copy later.
        void Break()
        {
            for (var life = 1; life < 200; life++)
                copies.Tell(new ToReplica(
                    "s0", self, self, new InstallSnapshot(
                    new Term(long.MaxValue / 2, self, 1), life, Term.None, 0, 1, new VoterSet(1, []), HasSnapshot: true, null)));
        }
        await Eventually.Until(
            () =>
            {
                Break();
                return _harness.Log.Lines.Any(static l => l.Contains("copy of log s0 failed", StringComparison.Ordinal));
            },
            () => $"the failure to be told\n{Logged}");

        for (var i = 0; i < 5; i++)
        {
            (await nodes[i % 3].AppendAsync($"s{i}", "2")).Status.ShouldBe(PublishStatus.Accepted, Logged);
            (await nodes[2].Streams.ReadAsync($"s{i}", null, 10, default)).Events.Count.ShouldBe(2);
        }
        victim.System.WhenTerminated.IsCompleted.ShouldBeFalse();
        nodes[2].Engine.State.ShouldBe(EngineState.Ready);
        // It may still leave: what it had is not counted on.
        await Eventually.Within(nodes[2].Engine.DrainAsync(default).AsTask(), "the node to leave");
        (await nodes[0].AppendAsync("s0", "3")).Status.ShouldBe(PublishStatus.Accepted, Logged);
    }

    [Fact]
    public async Task Second_node_of_a_name_stays_out_until_the_first_has_left()
    {
        var first = await _harness.StartNodeAsync("a");
        await using var other = await _harness.StartNodeAsync("b");
        var late = _harness.StartNodeAsync("a").AsTask();
        await Eventually.Until(() => _harness.Log.Lines.Any(static l => l.Contains("The node name a is in use", StringComparison.Ordinal)),
            () => $"the second to be told\n{Logged}");
        await Eventually.Until(
            async () => (await other.Hub.LoadOfAsync("a", default))?.Node == "a", () => $"an answer of the first\n{Logged}");
        await first.Engine.DrainAsync(default);
        await first.DisposeAsync();
        await using var second = await late;
        second.Engine.State.ShouldBe(EngineState.Ready);
    }

    [Fact]
    public async Task Drained_node_leaves_and_answers_unavailable()
    {
        await using var a = await _harness.StartNodeAsync("a");
        var b = await _harness.StartNodeAsync("b");
        await b.Engine.DrainAsync(default);
        await Eventually.Until(async () => (await a.Engine.Nodes.ListAsync(default)).Count == 1, "the node to have left");
        b.Engine.State.ShouldBe(EngineState.Down);
        (await b.Engine.Claims.ClaimAsync(new ClaimRequest("z", "c"), default)).Status.ShouldBe(ClaimStatus.Unavailable);
        (await a.Engine.Nodes.RequestAsync("b", new byte[] { 1 }, TimeSpan.FromSeconds(2), default)).ShouldBeNull();
        a.Engine.State.ShouldBe(EngineState.Ready, Logged);
        await b.DisposeAsync();
    }

    [Fact]
    public async Task Requests_of_one_node_are_handled_in_order()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        var client = await ConnectAsync(b.Hub, "c");
        // From then on it is known where the client is; what waits for that has no order.
        (await a.Hub.SendToAsync("c", new Protocol.SseEvent { Data = "first" })).Status.ShouldBe(SendStatus.Accepted);
        const int count = 500;
        var sends = new List<Task<SendResult>>();
        for (var i = 0; i < count; i++) sends.Add(a.Hub.SendToAsync("c", new Protocol.SseEvent { Data = $"{i}" }).AsTask());
        (await Task.WhenAll(sends)).ShouldAllBe(static s => s.Status == SendStatus.Accepted);
        var read = new System.Text.StringBuilder();
        await Eventually.Until(async () =>
        {
            var result = await client.Reader.ReadAsync();
            read.Append(System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(result.Buffer)));
            client.Reader.AdvanceTo(result.Buffer.End);
            return read.ToString().Contains($"data: {count - 1}\n", StringComparison.Ordinal);
        }, "the last event");
        var data = read.ToString().Split('\n').Where(static l => l.StartsWith("data: ", StringComparison.Ordinal)
            && char.IsAsciiDigit(l[6])).Select(static l => int.Parse(l[6..], null));
        data.ShouldBe(Enumerable.Range(0, count));
    }

    [Fact]
    [Trait("parity", "TGT-01")]
    public async Task Send_finds_a_client_that_has_moved_since_it_was_last_sent_to()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var c = await _harness.StartNodeAsync("c");
        await ConnectAsync(b.Hub, "x");
        (await a.Hub.SendToAsync("x", new Protocol.SseEvent { Data = "one" })).Status.ShouldBe(SendStatus.Accepted);
        var moved = await ConnectAsync(c.Hub, "x");
        // Until the connection at b has ended it may still take what was sent to the old place.
        await Eventually.Until(() => b.Hub.Load.Connections == 0, "the replaced connection to end");
        (await a.Hub.SendToAsync("x", new Protocol.SseEvent { Data = "two" })).Status.ShouldBe(SendStatus.Accepted);
        var read = new System.Text.StringBuilder();
        await Eventually.Until(async () =>
        {
            var result = await moved.Reader.ReadAsync();
            read.Append(System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(result.Buffer)));
            moved.Reader.AdvanceTo(result.Buffer.End);
            return read.ToString().Contains("data: two\n", StringComparison.Ordinal);
        }, "the event at the new place");
    }

    private string Logged => string.Join('\n', _harness.Log.Lines.TakeLast(80));

    private static async Task<System.IO.Pipelines.Pipe> ConnectAsync(SseHub hub, string client)
    {
        var pipe = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: 0));
        var admitted = await hub.ConnectAsync(new SubscribeRequest { Zone = "default", ClientId = client, Instance = "i" }, default);
        _ = (admitted.Connection ?? throw new InvalidOperationException($"{admitted.Status} {admitted.Error}")).RunAsync(
            pipe.Writer, static () => { }, default);
        return pipe;
    }
}
