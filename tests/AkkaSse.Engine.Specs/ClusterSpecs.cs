using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>Several nodes over one store; derived by engines that have more than one node.</summary>
public abstract class ClusterSpecs : EngineSpecs
{
    [Fact]
    [Trait("parity", "PUB-13")]
    public async Task Readers_on_all_nodes_see_one_order_whoever_published()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        const int each = 200;
        using var deadline = Eventually.Limit();
        var readers = new[] { a, b }.Select(node => ReadAsync(node.Hub, 2 * each, deadline.Token)).ToArray();
        await Task.WhenAll(new[] { a, b }.Select(node => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
                (await node.AppendAsync("s", $"{node.Hub.Options.NodeName}{i}")).Status.ShouldBe(PublishStatus.Accepted);
        })));
        var seen = await Task.WhenAll(readers);
        seen[0].Distinct().Count().ShouldBe(2 * each);
        seen[1].ShouldBe(seen[0]);
        (await b.ReadAllAsync("s")).ShouldBe(seen[0]);
    }

    [Fact]
    public async Task Batches_published_at_once_on_all_nodes_are_stored_and_delivered_once_and_in_order()
    {
        const int Streams = 4, Batches = 10, Batch = 32;
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        using var stop = new CancellationTokenSource();
        var seen = Enumerable.Range(0, Streams).Select(
            static _ => new System.Collections.Concurrent.ConcurrentQueue<(long Offset, string Data)>()).ToArray();
        // Each stream is read on one node, and published to on both.
        var readers = seen.Index().Select(s => Task.Run(async () =>
        {
            await foreach (var e in (s.Index % 2 == 0 ? b : a).Hub.ListenAsync($"s{s.Index}", StartPosition.Earliest, stop.Token))
                s.Item.Enqueue((long.Parse(e.LastEventId.Split('-')[0], null), $"{e.Type} {e.Data}"));
        })).ToList();
        await Task.WhenAll(new[] { a, b }.SelectMany(node => Enumerable.Range(0, 2 * Streams).Select(p => Task.Run(async () =>
        {
            for (var i = 0; i < Batches; i++)
            {
                AppendItem[] left = [.. Enumerable.Range(0, Batch).Select(n => Item($"{node.Hub.Options.NodeName}/{p}/{i}/{n}"))];
                // In the first seconds of a cluster owners move: what is refused as unavailable was certainly not appended.
                await Eventually.Until(async () =>
                {
                    var results = await node.AppendAsync($"s{p % Streams}", left);
                    results.ShouldAllBe(static r => r.Status == PublishStatus.Accepted || r.Status == PublishStatus.Unavailable);
                    left = [.. left.Where((_, n) => results[n].Status == PublishStatus.Unavailable)];
                    return left.Length == 0;
                }, $"batch {i} of publisher {p} of {node.Hub.Options.NodeName} to be accepted");
            }
        }))));
        const int Each = 2 * 2 * Batches * Batch;
        await Eventually.Until(
            () => seen.All(static s => s.Count >= Each),
            () => $"{Each} events of each stream; {string.Join(' ', seen.Select(static s => s.Count))} came");
        foreach (var (s, events) in seen.Index())
        {
            events.Select(static e => e.Offset).ShouldBe(Enumerable.Range(1, Each).Select(static i => (long)i));
            events.Select(static e => e.Data).Distinct().Count().ShouldBe(Each);
            (await a.ReadAllAsync($"s{s}")).Count.ShouldBe(Each, "stored as often as accepted");
        }
        await stop.CancelAsync();
        foreach (var reader in readers) await Should.ThrowAsync<OperationCanceledException>(reader);
    }

    [Fact]
    public async Task Event_comes_whole_to_a_reader_on_another_node()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        await a.AppendAsync("s", "first");
        using var deadline = Eventually.Limit();
        await using var live = b.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await live.MoveNextAsync()).ShouldBeTrue();
        var e = CompleteEvent.Event();
        (await a.AppendAsync("s", [new AppendItem(e, default)]))[0].Status.ShouldBe(PublishStatus.Accepted);
        (await live.MoveNextAsync()).ShouldBeTrue();
        CompleteEvent.ShouldBeSame(live.Current, e);
    }

    [Fact]
    public async Task Trace_context_comes_to_readers_on_another_node_also_from_history()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        var traced = new PublishOptions { TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
        (await a.AppendAsync("s", "old", traced)).Status.ShouldBe(PublishStatus.Accepted);
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.SubscribeAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        (reader.Current.Event.Data, reader.Current.TraceParent).ShouldBe(("old", traced.TraceParent));
        (await a.AppendAsync("s", "new", traced)).Status.ShouldBe(PublishStatus.Accepted);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        (reader.Current.Event.Data, reader.Current.TraceParent).ShouldBe(("new", traced.TraceParent));
    }

    [Fact]
    public async Task Placeholder_on_one_node_follows_creation_on_another()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        await using var attachment = await b.Streams.AttachAsync("s", new RecordingSink(), default);
        var first = await a.AppendAsync("s", "1");
        await Eventually.Until(() => attachment.Log.Head == first.Position, "the event of the other node");
        attachment.Log.First.ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Creation_options_and_removal_are_visible_on_all_nodes()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        await a.Directory.CreateAsync("s", new StreamOptions { MaxEvents = 3 });
        (await b.Directory.GetAsync("s")).OrThrow()!.Options.MaxEvents.ShouldBe(3);
        (await b.Directory.ListAsync()).OrThrow().Items.Select(static s => s.Name).ShouldContain("s");
        var sink = new RecordingSink();
        await using var attachment = await b.Streams.AttachAsync("s", sink, default);
        (await a.Directory.RemoveAsync("s")).OrThrow().ShouldBeTrue();
        await Eventually.Until(() => sink.Removals == 1, "the other node's sink to be told");
        (await b.Directory.ExistsAsync("s")).OrThrow().ShouldBeFalse();
        (await b.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeTrue();
    }

    [Fact]
    public async Task Key_used_on_one_node_is_known_on_the_other()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        var key = new PublishOptions { IdempotencyKey = "k" };
        var first = await a.AppendAsync("s", "x", key);
        var again = await b.AppendAsync("s", "x", key);
        (again.Duplicate, again.Position).ShouldBe((true, first.Position));
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Claims_from_all_nodes_have_one_winner()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
            await (i % 2 == 0 ? a : b).Engine.Claims.ClaimAsync(new ClaimRequest("z", "c") { Instance = $"i{i}" }, default))));
        answers.Count(static r => r.Status == ClaimStatus.Granted).ShouldBe(1);
        var winner = Array.FindIndex(answers, static r => r.Status == ClaimStatus.Granted) % 2 == 0 ? "a" : "b";
        (await a.Engine.Claims.LocateAsync(null, "c", default)).Known().Single().Node.ShouldBe(winner);
        (await b.Engine.Claims.LocateAsync(null, "c", default)).Known().Single().Node.ShouldBe(winner);
        a.Engine.Claims.IsNodeLocal.ShouldBeFalse("what a node finds of its own is not all");
    }

    [Fact]
    public async Task Nodes_list_and_reach_each_other()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        await Eventually.Until(async () => (await a.Engine.Nodes.ListAsync(default)).Select(static n => n.Name).SequenceEqual(["a", "b"]),
            "both nodes to be listed");
        await Eventually.Until(async () => (await a.Hub.LoadOfAsync("b", default))?.Node == "b", "an answer of the other node");
    }

    [Fact]
    public async Task Values_are_shared()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        var version = (await a.Engine.Values.PutAsync("k", new byte[] { 7 }, TimeSpan.FromMinutes(1), 0, default)).Known();
        (await b.Engine.Values.GetAsync("k", default)).Known()!.Value.Version.ShouldBe(version!.Value);
        (await b.Engine.Values.PutAsync("k", new byte[] { 8 }, TimeSpan.FromMinutes(1), 0, default)).Known().ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "STR-11")]
    public async Task Managed_subscription_is_served_by_the_newest_connection_of_all_nodes_and_its_positions_only_rise()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        await Eventually.Until(async () => (await a.Hub.PutSubscriptionAsync(
            new ManagedSubscription { Id = "m", Streams = ["s"] }, default)).Status is ManagedSubscriptionStatus.Created
            or ManagedSubscriptionStatus.Updated, "the subscription to be stored");
        var request = new SubscribeRequest { ManagedSubscription = "m", Ids = WireIds.Token, Control = false };
        await using (var older = await SpecReader.ConnectAsync(a.Hub, request))
        {
            await PublishAsync(1);
            await Eventually.Until(() => older.Data.Count == 1, "the first event");
            await using var newer = await SpecReader.ConnectAsync(b.Hub, request);
            await Eventually.Within(older.Ended, "the older connection to end");
            older.Reason.ShouldBe(CloseReason.Replaced);
            await PublishAsync(2);
            await PublishAsync(3);
            await Eventually.Until(() => newer.Data is [.., "3"], () => $"what follows; {string.Join(' ', newer.Data)} came");
            older.Data.ShouldBe(["1"]);
            newer.Data.ShouldBe(["2", "3"], "the older one's position was saved before it was replaced");
            await Eventually.Until(async () => await SavedAsync() == 3, "the newer one's position to be saved");
            newer.Ended.IsCompleted.ShouldBeFalse();
        }
        (await SavedAsync()).ShouldBe(3, "the older one's end has set nothing back");
        await using var again = await SpecReader.ConnectAsync(a.Hub, request);
        await PublishAsync(4);
        await Eventually.Until(() => again.Data.Count > 0, "the next event");
        again.Data.ShouldBe(["4"]);

        async Task PublishAsync(int number) => await Eventually.Until(
            async () => (await a.AppendAsync("s", $"{number}")).Status == PublishStatus.Accepted, $"event {number} to be accepted");

        async Task<long> SavedAsync() =>
            (await b.Hub.GetSubscriptionAsync("m", default)).TryGet(out var now) ? now!.Positions["s"].Offset : -1;
    }

    [Fact]
    public async Task List_of_clients_has_those_of_all_nodes_and_says_so()
    {
        await using var a = await Harness.StartNodeAsync("a");
        await using var b = await Harness.StartNodeAsync("b");
        var request = new SubscribeRequest { Streams = [new("s")], Ids = WireIds.Token, Control = false };
        await using var one = await SpecReader.ConnectAsync(a.Hub, request);
        await using var two = await SpecReader.ConnectAsync(b.Hub, request);
        await Eventually.Until(
            async () => (await a.Hub.Clients.ListAsync("s")).TryGet(out var page) && page is { Items.Count: 2, IsComplete: true },
            "both clients in a complete list");
        (await b.Hub.NodesAsync(default)).IsComplete.ShouldBeTrue();
        await a.AppendAsync("s", "1");
        await Eventually.Until(
            async () => (await b.Directory.ListAsync()).TryGet(out var page) && page is { Items.Count: 1, IsComplete: true },
            "the stream in a complete list");
    }

    private static async Task<List<string>> ReadAsync(SseHub hub, int count, CancellationToken cancellation)
    {
        var seen = new List<string>();
        await foreach (var e in hub.ListenAsync("s", StartPosition.Earliest, cancellation))
        {
            seen.Add(e.Data!);
            if (seen.Count == count) break;
        }
        return seen;
    }
}
