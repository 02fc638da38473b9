using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class EndingTests
{
    // Events of a kilobyte that fill more than two turns.
    private const int TestTurns = 100;

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Removal_delivers_what_is_queued_and_then_ends_with_removed()
    {
        var observer = new RecordingObserver();
        await using var hub = await TestHub.StartAsync(null, true, observer);
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1);
        await hub.PublishAsync("s", 1, 500);
        (await hub.Hub.Streams.RemoveAsync("s")).OrThrow().ShouldBeTrue();
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(500))[^1].ShouldBe("500");
        (await reader.ExpectAsync("hub.end")).Data!.ShouldContain("removed");
        (await reader.NextAsync()).ShouldBeNull();
        await Eventually.Within(reader.Running, "the end");
        reader.Connection.Reason.ShouldBe(CloseReason.Removed);
        (await hub.Edge.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, default)).Status.ShouldBe(AdmissionStatus.Removed);
        await Eventually.Until(() => observer.Calls.Count == 4, "all callbacks");
        observer.Calls.Select(static c => c.What).ShouldBe(["connected", "subscribed", "unsubscribed", "disconnected"]);
        observer.Calls.Skip(2).ShouldAllBe(static c => c.Reason == CloseReason.Removed);
    }

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Removal_of_one_of_several_streams_delivers_its_rest_and_leaves_the_others()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("a"), new("b")], Ids = WireIds.Token }, pause: 1);
        await hub.PublishAsync("a", 1, 300);
        await hub.Hub.Streams.RemoveAsync("a");
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(300))[^1].ShouldBe("300");
        var changed = await reader.ExpectAsync("hub.subscriptions");
        changed.Data!.ShouldContain("\"b\"");
        changed.Data!.ShouldNotContain("\"a\"");
        await hub.PublishAsync("b", "b1");
        (await reader.DataAsync(1)).ShouldBe(["b1"]);
        await hub.PublishAsync("a", "of the next stream of that name");
        await hub.Hub.Streams.RemoveAsync("b");
        (await reader.ExpectAsync("hub.end")).Data!.ShouldContain("removed");
    }

    [Fact]
    [Trait("parity", "STR-02")]
    [Trait("parity", "OBS-01")]
    public async Task Connecting_against_removal_always_completes_and_callbacks_balance()
    {
        var observer = new RecordingObserver();
        await using var hub = await TestHub.StartAsync(static o => o.RemovedStreamMemory = TimeSpan.Zero, manual: false, observer);
        var rounds = Soak.Of(1_000, 200);
        for (var i = 0; i < rounds; i++)
        {
            await hub.PublishAsync("s", "x");
            var connecting = Task.Run(async () => await hub.Edge.ConnectAsync(
                new SubscribeRequest { Streams = [new("s")], Since = StartPosition.Earliest }, default));
            var removing = Task.Run(async () => await hub.Hub.Streams.RemoveAsync("s"));
            await Eventually.Within(Task.WhenAll(connecting, removing), "connect and removal");
            var admission = await connecting;
            if (admission.Connection is not { } connection) continue;
            await using var reader = new TestReader(connection, 64 << 10);
            await reader.ExpectAsync("hub.open");
            // It was either on the removed stream and is ended, or it waits for the next of that name and gets its event.
            await hub.PublishAsync("s", "y");
            var block = await reader.NextAsync();
            while (block is { Data: "x" }) block = await reader.NextAsync();
            (block is { Data: "y" } or { Type: "hub.end" }).ShouldBeTrue(block?.ToString());
        }
        await Eventually.Until(() => observer.Count("connected") == observer.Count("disconnected")
            && observer.Count("subscribed") == observer.Count("unsubscribed"), "callbacks to balance");
        observer.Count("connected").ShouldBeGreaterThan(0);
    }

    [Fact]
    [Trait("parity", "TGT-07")]
    public async Task Disconnected_client_is_told_and_may_be_refused_for_good()
    {
        await using var hub = await TestHub.StartAsync();
        var request = new SubscribeRequest { Streams = [new("s")], Zone = "z", ClientId = "c", Instance = "i", Ids = WireIds.Token };
        await using var reader = await hub.ReadAsync(request);
        await reader.ExpectAsync("hub.open");
        (await hub.Hub.Clients.DisconnectAsync("c")).Status.ShouldBe(ClientCallStatus.Done);
        (await reader.ExpectAsync("hub.end")).Data!.ShouldContain("disconnected");
        await Eventually.Within(reader.Running, "the end");
        reader.Connection.Reason.ShouldBe(CloseReason.Disconnected);
        (await hub.Hub.Clients.DisconnectAsync("c")).Status.ShouldBe(ClientCallStatus.NotConnected);
        await using var again = await hub.ReadAsync(request);
        (await hub.Hub.Clients.DisconnectAsync("c", reconnect: false)).Status.ShouldBe(ClientCallStatus.Done);
        (await hub.Edge.ConnectAsync(request, default)).Status.ShouldBe(AdmissionStatus.Refused);
        hub.Clock.Advance(TimeSpan.FromMinutes(11));
        await using var later = await hub.ReadAsync(request);
    }

    [Fact]
    [Trait("parity", "TGT-07")]
    public async Task Reader_without_a_zone_is_refused_by_its_instance()
    {
        await using var hub = await TestHub.StartAsync();
        var request = new SubscribeRequest { Streams = [new("s")], Instance = "i" };
        await using var reader = await hub.ReadAsync(request);
        await hub.Hub.Clients.DisconnectAsync(reader.Id, reconnect: false);
        (await hub.Edge.ConnectAsync(request, default)).Status.ShouldBe(AdmissionStatus.Refused);
        await using var other = await hub.ReadAsync(request with { Instance = "j" });
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Replaced_connection_is_told_and_its_teardown_leaves_the_new_owner_alone()
    {
        await using var hub = await TestHub.StartAsync();
        var request = new SubscribeRequest { Streams = [new("s")], Zone = "z", ClientId = "c", Instance = "i", Ids = WireIds.Token };
        await using var old = await hub.ReadAsync(request);
        await old.ExpectAsync("hub.open");
        await using var owner = await hub.ReadAsync(request);
        await owner.ExpectAsync("hub.open");
        (await old.ExpectAsync("hub.end")).Data!.ShouldContain("replaced");
        await Eventually.Within(old.Running, "the old one's end");
        (await hub.Hub.SendToAsync("c", new SseEvent { Data = "x" })).Status.ShouldBe(SendStatus.Accepted);
        (await owner.DataAsync(1)).ShouldBe(["x"]);
        (await hub.Edge.ConnectAsync(request with { Instance = "j" }, default)).Error.ShouldBe("a client with id c already exists");
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Hundred_connects_with_one_id_leave_one_connection()
    {
        await using var hub = await TestHub.StartAsync(static o => o.DuplicateClients = DuplicateClientPolicy.Replace, manual: false);
        for (var round = 0; round < 5; round++)
        {
            var request = new SubscribeRequest { Zone = "z", ClientId = $"c{round}", Instance = "same", Ids = WireIds.Token };
            var admissions = await Task.WhenAll(
                Enumerable.Range(0, 100).Select(_ => Task.Run(async () => await hub.Edge.ConnectAsync(request, default))));
            var readers = admissions.Select(static a => new TestReader(a.Connection!, 64 << 10)).ToList();
            await Eventually.Until(() => hub.Hub.Load.Connections == 1, "all but one to end");
            (await hub.Hub.SendToAsync($"c{round}", new SseEvent { Data = "x" })).Status.ShouldBe(SendStatus.Accepted);
            // A connection that has left the hub may still be on its last steps.
            await Eventually.Until(() => readers.Count(static r => !r.Running.IsCompleted) == 1, "the readers of those that ended to end");
            var alive = readers.Single(static r => !r.Running.IsCompleted);
            await alive.ExpectAsync("hub.open");
            (await alive.DataAsync(1)).ShouldBe(["x"]);
            foreach (var reader in readers) await reader.DisposeAsync();
            await Eventually.Until(() => hub.Hub.Load.Connections == 0, "the last to end");
        }
    }

    [Fact]
    [Trait("parity", "STR-10")]
    public async Task Newcomer_that_a_limit_refuses_evicts_nobody()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync("s", new StreamOptions { MaxSubscribers = 1 });
        var request = new SubscribeRequest { Zone = "z", ClientId = "c", Instance = "i", Ids = WireIds.Token };
        await using var holder = await hub.ReadAsync(request);
        await using var reader = await hub.ReadAsync("s");
        await holder.ExpectAsync("hub.open");
        (await hub.Edge.ConnectAsync(request with { Streams = [new("s")] }, default)).Status.ShouldBe(AdmissionStatus.LimitReached);
        (await hub.Hub.SendToAsync("c", new SseEvent { Data = "still here" })).Status.ShouldBe(SendStatus.Accepted);
        (await holder.DataAsync(1)).ShouldBe(["still here"]);
    }

    [Fact]
    [Trait("parity", "STR-10")]
    public async Task Limits_refuse_newcomers_and_give_places_back()
    {
        await using var hub = await TestHub.StartAsync(
            static o => (o.MaxConnections, o.MaxConnectionsPerKey, o.MaxPlaceholders) = (4, 2, 1));
        static SubscribeRequest From(string key) => new() { Streams = [new("s")], LimitKey = key };
        var first = await hub.ReadAsync(From("a"));
        await using var second = await hub.ReadAsync(From("a"));
        (await hub.Edge.ConnectAsync(From("a"), default)).Status.ShouldBe(AdmissionStatus.LimitReached);
        (await hub.Edge.ConnectAsync(new SubscribeRequest { Streams = [new("other placeholder")] }, default)).Status.ShouldBe(
            AdmissionStatus.LimitReached);
        await first.DisposeAsync();
        await using var third = await hub.ReadAsync(From("a"));
        await hub.PublishAsync("s", "it exists now");
        await using var placeholder = await hub.ReadAsync("other placeholder");
        await using var fourth = await hub.ReadAsync(new SubscribeRequest { Zone = "z", Broadcast = true, Ids = WireIds.Token });
        (await hub.Edge.ConnectAsync(From("b"), default)).Status.ShouldBe(AdmissionStatus.LimitReached);
    }

    [Fact]
    [Trait("parity", "STR-04")]
    public async Task Drain_tells_every_reader_and_ends_it_and_refuses_newcomers()
    {
        await using var hub = await TestHub.StartAsync(static o => o.DrainWindow = TimeSpan.FromSeconds(20));
        var readers = new List<TestReader>();
        for (var i = 0; i < 10; i++) readers.Add(await hub.ReadAsync("s"));
        foreach (var reader in readers) await reader.ExpectAsync("hub.open");
        await Eventually.Within(hub.Hub.DrainAsync(), "the drain");
        var retries = new List<int>();
        foreach (var reader in readers)
        {
            retries.Add(int.Parse((await reader.ExpectAsync("hub.drain")).Retry!, null));
            (await reader.NextAsync()).ShouldBeNull();
            await reader.DisposeAsync();
            reader.Connection.Reason.ShouldBe(CloseReason.Shutdown);
        }
        retries.ShouldAllBe(static r => r >= 1_000 && r <= 21_000);
        retries.Distinct().Count().ShouldBeGreaterThan(5);
        (await hub.Edge.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, default)).Status.ShouldBe(AdmissionStatus.Draining);
        await hub.Hub.DrainAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(TestTurns)]
    [Trait("parity", "STR-04")]
    public async Task Drain_ends_a_reader_behind_what_came_before_it_or_behind_one_turn_of_that(int events)
    {
        await using var hub = await TestHub.StartAsync();
        // Its first flush waits for it: what follows is not written when the drain begins.
        await using var reader = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1);
        await reader.StalledAsync();
        var data = new string('x', 1_000);
        for (var i = 0; i < events; i++) await hub.PublishAsync("s", data);
        var draining = hub.Hub.DrainAsync();

        var rest = await reader.RestAsync();

        await Eventually.Within(draining, "the drain");
        rest[0].Type.ShouldBe("hub.open");
        rest[^1].Type.ShouldBe("hub.drain");
        rest[1..^1].ShouldAllBe(b => b.Data == data);
        if (events == 1) rest.Count.ShouldBe(3);
        else (rest.Count - 2).ShouldBeInRange(1, events / 2, "a reader that lags gets the rest from the node that it comes back to");
    }

    [Fact]
    [Trait("parity", "STR-04")]
    public async Task Drain_cuts_readers_that_do_not_take_their_end()
    {
        await using var hub = await TestHub.StartAsync();
        await using var stalled = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")] }, pause: 1);
        await stalled.StalledAsync();
        var draining = hub.Hub.DrainAsync();
        draining.IsCompleted.ShouldBeFalse();
        hub.Clock.Advance(TimeSpan.FromSeconds(6));
        await Eventually.Within(draining, "the drain");
        await Eventually.Within(stalled.Running, "the stalled reader's end");
        stalled.Connection.Reason.ShouldBe(CloseReason.Shutdown);
    }

    [Fact]
    [Trait("parity", "HTTP-15")]
    public async Task Lifetime_ends_a_connection_with_its_reason()
    {
        await using var hub = await TestHub.StartAsync(static o => o.MaxConnectionLifetime = TimeSpan.FromMinutes(10));
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        hub.Clock.Advance(TimeSpan.FromMinutes(8));
        reader.Running.IsCompleted.ShouldBeFalse();
        hub.Clock.Advance(TimeSpan.FromMinutes(3));
        (await reader.RestAsync())[^1].Data!.ShouldContain("lifetime");
        await Eventually.Within(reader.Running, "the end");
        reader.Connection.Reason.ShouldBe(CloseReason.Lifetime);
    }

    [Fact]
    public async Task Credential_ends_its_connections_over_the_last_minute_before_it_ends()
    {
        await using var hub = await TestHub.StartAsync();
        var readers = new List<TestReader>();
        for (var i = 0; i < 20; i++)
        {
            readers.Add(await hub.ReadAsync(new SubscribeRequest
            {
                Streams = [new("s")],
                Ids = WireIds.Position,
                CredentialExpires = hub.Clock.GetUtcNow() + TimeSpan.FromMinutes(10),
            }));
        }
        foreach (var reader in readers) await reader.ExpectAsync("hub.open");
        hub.Clock.Advance(TimeSpan.FromSeconds((9 * 60) - 1));
        readers.ShouldAllBe(static r => !r.Running.IsCompleted);

        hub.Clock.Advance(TimeSpan.FromSeconds(31));
        await Eventually.Until(() => readers.Exists(static r => r.Running.IsCompleted), "the first of them to end");
        readers.ShouldContain(static r => !r.Running.IsCompleted, "they do not end together");

        hub.Clock.Advance(TimeSpan.FromSeconds(31));
        foreach (var reader in readers)
        {
            (await reader.RestAsync())[^1].Data.ShouldBe("""{"reason":"credential-expired"}""");
            await Eventually.Within(reader.Running, "the end");
            reader.Connection.Reason.ShouldBe(CloseReason.CredentialExpired);
            await reader.DisposeAsync();
        }
        await hub.NothingLeftAsync();
    }

    [Fact]
    public async Task Short_credential_keeps_most_of_its_life_and_one_that_has_ended_has_none()
    {
        await using var hub = await TestHub.StartAsync(static o => o.MaxConnectionLifetime = TimeSpan.FromMinutes(10));
        var now = hub.Clock.GetUtcNow();
        await using var four = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], CredentialExpires = now + TimeSpan.FromSeconds(4) });
        await using var none = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], CredentialExpires = now - TimeSpan.FromSeconds(4) });
        await using var longer = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], CredentialExpires = DateTimeOffset.MaxValue });
        await four.ExpectAsync("hub.open");
        hub.Clock.Advance(TimeSpan.FromSeconds(2.5));
        await Eventually.Within(none.Running, "the end");
        four.Running.IsCompleted.ShouldBeFalse();
        hub.Clock.Advance(TimeSpan.FromSeconds(1.75));
        await Eventually.Within(four.Running, "the end");
        four.Connection.Reason.ShouldBe(CloseReason.CredentialExpired);

        hub.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.Within(longer.Running, "the end");
        longer.Connection.Reason.ShouldBe(CloseReason.Lifetime, "what comes first ends it");
    }

    [Fact]
    public async Task Admitted_connection_that_never_runs_gives_everything_back()
    {
        await using var hub = await TestHub.StartAsync(static o => o.MaxConnections = 1);
        var request = new SubscribeRequest { Streams = [new("s")], Zone = "z", ClientId = "c", Ids = WireIds.Token };
        for (var i = 0; i < 3; i++)
        {
            var admission = await hub.Edge.ConnectAsync(request, default);
            admission.Status.ShouldBe(AdmissionStatus.Accepted);
            await admission.Connection!.DisposeAsync();
        }
        await hub.NothingLeftAsync();
    }

    [Fact]
    [Trait("parity", "OBS-05")]
    public async Task Fault_of_one_transport_ends_that_connection_only()
    {
        await using var hub = await TestHub.StartAsync();
        await using var healthy = await hub.ReadAsync("s");
        await healthy.ExpectAsync("hub.open");
        var admission = await hub.Edge.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, default);
        var running = admission.Connection!.RunAsync(
            new FaultyWriter(), static () => throw new InvalidOperationException("abort fails too"), default);
        await Eventually.Within(running, "the faulty connection's end");
        admission.Connection.Reason.ShouldBe(CloseReason.Fault);
        await hub.PublishAsync("s", "x");
        (await healthy.DataAsync(1)).ShouldBe(["x"]);
    }

    [Fact]
    public async Task Transport_is_told_once_that_its_connection_has_ended_and_why()
    {
        await using var hub = await TestHub.StartAsync();
        var streams = new SubscribeRequest { Streams = [new("s")] };

        using var gone = new CancellationTokenSource();
        var left = new RecordingTransport();
        (await hub.Edge.ConnectAsync(streams, default)).Connection!.Run(new System.IO.Pipelines.Pipe().Writer, left, gone.Token);
        left.Told.ShouldBeEmpty();
        await gone.CancelAsync();
        await Eventually.Until(() => left.Told.Count > 0, "the one that left to be told");

        // Before anything is written: it ends inside the call that runs it.
        var faulty = new RecordingTransport();
        var connection = (await hub.Edge.ConnectAsync(streams, default)).Connection!;
        connection.Run(new FaultyWriter(), faulty, default);
        await connection.DisposeAsync();
        Should.Throw<InvalidOperationException>(() => connection.Run(new FaultyWriter(), faulty, default));

        await hub.NothingLeftAsync();
        left.Told.ShouldBe([nameof(CloseReason.ClientGone)]);
        faulty.Told.ShouldBe([nameof(IClientTransport.Abort), nameof(CloseReason.Fault)]);
    }

    private sealed class RecordingTransport : IClientTransport
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Told { get; } = new();

        public void Abort() => Told.Enqueue(nameof(Abort));

        public void OnEnded(CloseReason reason) => Told.Enqueue(reason.ToString());
    }

    private sealed class FaultyWriter : System.IO.Pipelines.PipeWriter
    {
        public override void Advance(int bytes) => throw new InvalidOperationException("a fault of the transport");

        public override Memory<byte> GetMemory(int sizeHint = 0) => new byte[Math.Max(1024, sizeHint)];

        public override Span<byte> GetSpan(int sizeHint = 0) => new byte[Math.Max(1024, sizeHint)];

        public override ValueTask<System.IO.Pipelines.FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException();

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
