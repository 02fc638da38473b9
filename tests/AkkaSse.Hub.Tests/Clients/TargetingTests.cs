using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class TargetingTests
{
    private static SubscribeRequest In(string zone, string? id = null, params string[] listen) =>
        new() { Zone = zone, ClientId = id, ListenZones = listen, Broadcast = true, Ids = WireIds.Token };

    private static SseEvent E(string data) => new() { Data = data };

    [Fact]
    [Trait("parity", "ZON-01")]
    [Trait("parity", "ZON-02")]
    [Trait("parity", "ZON-03")]
    [Trait("parity", "ZON-04")]
    public async Task Zones_broadcasts_and_single_clients_are_kept_apart()
    {
        await using var hub = await TestHub.StartAsync();
        (await hub.Hub.BroadcastAsync(E("nobody"))).LocalReaders.ShouldBe(0);
        await using var a = await hub.ReadAsync(In("z1", "c"));
        await using var b = await hub.ReadAsync(In("z2", "c"));
        await using var both = await hub.ReadAsync(In("z1", "d", "z2"));
        await using var quiet = await hub.ReadAsync(In("z1", "e") with { Broadcast = false });
        foreach (var reader in new[] { a, b, both, quiet }) await reader.ExpectAsync("hub.open");
        (await hub.Hub.BroadcastAsync(E("all"))).LocalReaders.ShouldBe(3);
        (await hub.Hub.BroadcastToZoneAsync("z1", E("to z1"))).LocalReaders.ShouldBe(3);
        (await hub.Hub.BroadcastToZoneAsync("z2", E("to z2"))).LocalReaders.ShouldBe(2);
        (await hub.Hub.BroadcastToZoneAsync("empty", E("x"))).LocalReaders.ShouldBe(0);
        (await hub.Hub.SendToAsync("c", E("direct"), "z1")).Zone.ShouldBe("z1");
        (await a.DataAsync(3)).Order().ShouldBe(["all", "direct", "to z1"]);
        (await b.DataAsync(2)).Order().ShouldBe(["all", "to z2"]);
        (await both.DataAsync(3)).Order().ShouldBe(["all", "to z1", "to z2"]);
        (await quiet.DataAsync(1)).ShouldBe(["to z1"]);
    }

    [Fact]
    [Trait("parity", "TGT-03")]
    [Trait("parity", "ZON-05")]
    [Trait("parity", "ZON-06")]
    public async Task Unknown_and_ambiguous_targets_have_typed_answers_with_the_seeds_text()
    {
        await using var hub = await TestHub.StartAsync();
        await using var a = await hub.ReadAsync(In("z1", "c"));
        await using var b = await hub.ReadAsync(In("z2", "c"));
        var unknown = await hub.Hub.SendToAsync("x", E("e"));
        (unknown.Status, unknown.Error).ShouldBe((SendStatus.NotConnected, "no client with id x exists"));
        (await hub.Hub.SendToAsync("c", E("e"), "z3")).Status.ShouldBe(SendStatus.NotConnected);
        (await hub.Hub.SendToAsync("", E("e"))).Status.ShouldBe(SendStatus.NotConnected);
        (await hub.Hub.SendToAsync("c", E("e"))).Status.ShouldBe(SendStatus.Ambiguous);
        (await hub.Hub.SendToAsync("c", new SseEvent { Type = "only" }, "z1")).Status.ShouldBe(SendStatus.Invalid);
        Should.Throw<HubException>(unknown.EnsureAccepted).Message.ShouldContain("no client with id x");
        var batch = await hub.Hub.PublishBatchAsync(
            [new BatchItem { Event = E("no target") }, new BatchItem
            {
                Stream = "s",
                Zone = "z",
                Event = E("two"),
            }, new BatchItem { Client = "c", Zone = "z1", Event = E("ok") }, new BatchItem { Stream = "s", Event = E("ok") },
            new BatchItem { Stream = "s", Event = new SseEvent() }]);
        batch.Select(static r => r.IsAccepted).ShouldBe([false, false, true, true, false]);
    }

    [Fact]
    [Trait("parity", "ZON-07")]
    public async Task Thousand_back_to_back_broadcasts_reach_fifty_clients_in_order()
    {
        await using var hub = await TestHub.StartAsync(manual: false);
        var readers = new List<TestReader>();
        for (var i = 0; i < 50; i++) readers.Add(await hub.ReadAsync(In("z")));
        foreach (var reader in readers) await reader.ExpectAsync("hub.open");
        var reading = readers.Select(static r => r.DataAsync(1_000)).ToArray();
        for (var i = 0; i < 1_000; i++) await hub.Hub.BroadcastAsync(E($"{i}"));
        foreach (var data in await Eventually.Within(Task.WhenAll(reading), "all readers"))
            data.ShouldBe(Enumerable.Range(0, 1_000).Select(static i => $"{i}"));
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Fact]
    [Trait("parity", "ZON-08")]
    [Trait("parity", "PUB-05")]
    public async Task Full_inbox_refuses_with_the_seeds_text_and_loses_nothing_of_what_it_took()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(In("z", "c"), pause: 1);
        var taken = 0;
        SendResult result;
        while ((result = await hub.Hub.SendToAsync("c", E($"{taken} {new string('x', 2_000)}"))).IsAccepted) taken++;
        (result.Status, result.Error!.StartsWith(
            "failed to write to client c", StringComparison.Ordinal)).ShouldBe((SendStatus.Full, true));
        taken.ShouldBeInRange(1_024, 1_100);
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(taken)).Select(static d => d.Split(' ')[0]).ShouldBe(Enumerable.Range(0, taken).Select(static i => $"{i}"));
        (await hub.Hub.SendToAsync("c", E("again"))).IsAccepted.ShouldBeTrue();
        (await reader.DataAsync(1)).ShouldBe(["again"]);
    }

    [Fact]
    [Trait("parity", "TGT-01")]
    public async Task Made_ids_are_unguessable_and_chosen_ones_are_checked()
    {
        await using var hub = await TestHub.StartAsync();
        await using var a = await hub.ReadAsync("s");
        await using var b = await hub.ReadAsync("s");
        a.Id.ShouldNotBe(b.Id);
        a.Id.Split('.')[^1].Length.ShouldBeGreaterThanOrEqualTo(22);
        foreach (var bad in new[] { "~made", "", "a\nb", new string('x', 257) })
            (await hub.Edge.ConnectAsync(In("z", bad), default)).Status.ShouldBe(AdmissionStatus.Invalid);
        (await hub.Edge.ConnectAsync(
            new SubscribeRequest { Streams = [new("s")], ClientId = "c" }, default)).Status.ShouldBe(AdmissionStatus.Invalid);
        (await hub.Edge.ConnectAsync(new SubscribeRequest(), default)).Status.ShouldBe(AdmissionStatus.Invalid);
    }

    [Fact]
    [Trait("parity", "TGT-04")]
    public async Task Listener_gets_all_from_its_beginning_on_and_unregisters_at_its_end()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "old");
        var listening = TakeAsync(hub.Hub.ListenAsync("s"), 3);
        var broadcasts = TakeAsync(hub.Hub.ListenToBroadcastAsync(), 1);
        var zone = TakeAsync(hub.Hub.ListenToZoneAsync("z"), 1);
        await hub.PublishAsync("s", 1, 3);
        await hub.Hub.BroadcastAsync(E("b"));
        await hub.Hub.BroadcastToZoneAsync("z", E("zone"));
        (await listening).Select(static e => e.Data).ShouldBe(["1", "2", "3"]);
        (await broadcasts)[0].Data.ShouldBe("b");
        (await zone)[0].Data.ShouldBe("zone");
        await hub.NothingLeftAsync();
    }

    [Fact]
    [Trait("parity", "TGT-04")]
    public async Task Listener_is_told_gaps_and_reads_the_rest_of_a_removed_stream()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxEvents = 3 });
        // Begun, and not reading yet.
        var listening = hub.Hub.ListenAsync("s").GetAsyncEnumerator();
        await hub.PublishAsync("s", 1, 10);
        await hub.Hub.Streams.RemoveAsync("s");
        var all = new List<SseEvent>();
        while (await Eventually.Within(listening.MoveNextAsync().AsTask(), "the next event or the end")) all.Add(listening.Current);
        await listening.DisposeAsync();
        all.Select(static e => e.Type ?? e.Data!).ShouldBe(["hub.gap", "8", "9", "10"]);
        Should.Throw<ArgumentException>(() => hub.Hub.ListenAsync("$all"));
    }

    [Fact]
    [Trait("parity", "TGT-04")]
    public async Task Listening_that_nobody_enumerates_costs_nothing_and_one_that_two_enumerate_serves_both()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "1");
        var listening = hub.Hub.ListenAsync("s", StartPosition.Earliest);
        hub.Hub.Load.Actors.ShouldBe(0);
        (await TakeAsync(listening, 1))[0].Data.ShouldBe("1");
        (await TakeAsync(listening, 1))[0].Data.ShouldBe("1");
        await hub.NothingLeftAsync();
    }

    [Fact]
    [Trait("parity", "TGT-04")]
    public async Task Removal_against_a_reading_listener_never_loses_the_last_events()
    {
        await using var hub = await TestHub.StartAsync(static o => o.RemovedStreamMemory = TimeSpan.Zero, manual: false);
        for (var round = 0; round < Soak.Of(2_000, 300); round++)
        {
            await hub.PublishAsync("s", "0");
            var listening = TakeAsync(hub.Hub.ListenAsync("s", StartPosition.Earliest), int.MaxValue);
            for (var i = 1; i < 5; i++) await hub.PublishAsync("s", $"{i}");
            await hub.Hub.Streams.RemoveAsync("s");
            (await Eventually.Within(listening, "the listener's end")).Select(static e => e.Data).ShouldBe(["0", "1", "2", "3", "4"]);
        }
    }

    [Fact]
    [Trait("parity", "TGT-04")]
    public async Task Listeners_end_with_the_hub_after_what_there_is()
    {
        var hub = await TestHub.StartAsync();
        var listening = TakeAsync(hub.Hub.ListenAsync("s"), int.MaxValue);
        await hub.PublishAsync("s", "1");
        await hub.DisposeAsync();
        (await Eventually.Within(listening, "the listener's end")).Single().Data.ShouldBe("1");
        Should.Throw<InvalidOperationException>(() => hub.Hub.ListenAsync("s"));
    }

    [Fact]
    [Trait("parity", "STR-03")]
    public async Task Clients_are_listed_in_pages_and_counted_per_stream()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("s", "x");
        var readers = new List<TestReader>();
        foreach (var id in new[] { "b", "a", "c" }) readers.Add(await hub.ReadAsync(In("z", id) with { Streams = [new("s")] }));
        readers.Add(await hub.ReadAsync(In("y", "a")));
        foreach (var reader in readers) await reader.ExpectAsync("hub.open");
        (await hub.Hub.Streams.GetAsync("s")).OrThrow()!.LocalReaders.ShouldBe(3);
        var first = (await hub.Hub.Clients.ListAsync(limit: 3)).OrThrow();
        first.Items.Select(static c => (c.Id, c.Zone)).ShouldBe([("a", "y"), ("a", "z"), ("b", "z")]);
        (await hub.Hub.Clients.ListAsync(after: first.Next)).OrThrow().Items.Select(static c => c.Id).ShouldBe(["c"]);
        (await hub.Hub.Clients.ListAsync(stream: "s", zone: "z")).OrThrow().Items.Count.ShouldBe(3);
        (await hub.Hub.Clients.GetAsync("a")).Status.ShouldBe(ClientCallStatus.Ambiguous);
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    internal static async Task<List<SseEvent>> TakeAsync(IAsyncEnumerable<SseEvent> events, int count)
    {
        using var deadline = Eventually.Limit();
        var taken = new List<SseEvent>();
        await foreach (var e in events.WithCancellation(deadline.Token))
        {
            taken.Add(e);
            if (taken.Count == count) break;
        }
        return taken;
    }
}
