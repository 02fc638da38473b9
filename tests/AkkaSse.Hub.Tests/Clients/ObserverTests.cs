using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

public sealed class ObserverTests
{
    [Fact]
    [Trait("parity", "OBS-03")]
    [Trait("parity", "TGT-06")]
    public async Task What_is_sent_inside_OnConnected_comes_after_the_open_and_before_every_stream_event()
    {
        var observer = new RecordingObserver
        {
            Connecting = static async (client, hub, _) =>
            {
                await hub.PublishAsync("s", new SseEvent { Data = "stream" }, cancellation: CancellationToken.None);
                await Task.Yield();
                (await hub.SendToAsync(
                    client.Id, new SseEvent { Data = "hello" }, cancellation: CancellationToken.None)).Status.ShouldBe(SendStatus.Accepted);
            },
        };
        await using var hub = await TestHub.StartAsync(null, true, observer);
        await using var reader = await hub.ReadAsync(
            new SubscribeRequest { Streams = [new("s")], Welcome = "event: welcome\ndata: w\n\n"u8.ToArray() });
        await reader.ExpectAsync("welcome");
        await reader.ExpectAsync("hub.open");
        (await reader.DataAsync(2)).ShouldBe(["hello", "stream"]);
    }

    [Fact]
    [Trait("parity", "OBS-01")]
    [Trait("parity", "OBS-02")]
    public async Task Each_connection_has_each_callback_once_in_order_and_with_its_reason()
    {
        ClientInfo? seen = null;
        var observer = new RecordingObserver
        {
            Connecting = (client, _, _) =>
            {
                seen = client;
                return ValueTask.CompletedTask;
            },
        };
        await using var hub = await TestHub.StartAsync(null, true, observer);
        await using (var reader = await hub.ReadAsync(new SubscribeRequest
        {
            Streams = [new("a"), new("b")],
            Zone = "z",
            ClientId = "c",
            Ids = WireIds.Token,
            Url = "/x?y",
            Remote = "1.2.3.4",
            Subject = "me",
        }))
        {
            await reader.ExpectAsync("hub.open");
            await Eventually.Until(() => observer.Count("subscribed") == 2, "both streams");
        }
        await Eventually.Until(() => observer.Count("disconnected") == 1, "the end");
        observer.Calls.Select(static c => (c.What, c.Stream)).ShouldBe(
            [("connected", null), ("subscribed", "a"), ("subscribed", "b"), ("unsubscribed", "a"), ("unsubscribed", "b"),
            ("disconnected", null)], ignoreOrder: false);
        observer.Calls.Skip(3).ShouldAllBe(static c => c.Reason == CloseReason.ClientGone);
        (seen!.Url, seen.Remote, seen.Subject, seen.Zone, seen.Id).ShouldBe(("/x?y", "1.2.3.4", "me", "z", "c"));
    }

    [Fact]
    [Trait("parity", "OBS-01")]
    public async Task Connection_that_ends_in_its_first_turn_is_balanced_or_not_told_at_all()
    {
        var observer = new RecordingObserver();
        await using var hub = await TestHub.StartAsync(null, manual: false, observer);
        for (var i = 0; i < 200; i++)
        {
            var admission = await hub.Edge.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, default);
            using var gone = new CancellationTokenSource();
            var pipe = new System.IO.Pipelines.Pipe();
            await pipe.Reader.CompleteAsync();
            if (i % 2 == 0) await gone.CancelAsync();
            await Eventually.Within(admission.Connection!.RunAsync(pipe.Writer, static () => { }, gone.Token), "the end");
        }
        await Eventually.Until(() => hub.Hub.Load.Actors == 0, "the actors");
        await using var last = await hub.ReadAsync("s");
        await last.ExpectAsync("hub.open");
        await Eventually.Until(() => observer.Calls.Any(c => c.What == "connected" && c.Client == last.Id), "the last one's callback");
        await Eventually.Until(() => observer.Count("connected") == observer.Count("disconnected") + 1, "callbacks to balance");
    }

    [Fact]
    [Trait("parity", "OBS-01")]
    public async Task Failing_observer_harms_nobody_even_by_its_cancellation_callback()
    {
        var observer = new RecordingObserver
        {
            Connecting = static (_, _, cancellation) =>
            {
                cancellation.Register(static () => throw new InvalidOperationException("callback"));
                throw new InvalidOperationException("observer");
            },
        };
        var second = new RecordingObserver();
        await using var hub = await TestHub.StartAsync(null, true, observer, second);
        var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        await hub.PublishAsync("s", "x");
        (await reader.DataAsync(1)).ShouldBe(["x"]);
        await reader.DisposeAsync();
        await Eventually.Until(
            () => observer.Count("disconnected") == 1 && second.Count("disconnected") == 1, "both to be told of the end");
        await hub.NothingLeftAsync();
    }

    [Fact]
    [Trait("parity", "OBS-01")]
    public async Task Slow_observer_is_cancelled_at_the_end_of_its_connection()
    {
        var observer = new RecordingObserver
        {
            Connecting = static async (_, _, cancellation) => await Task.Delay(Timeout.Infinite, cancellation),
        };
        await using var hub = await TestHub.StartAsync(null, true, observer);
        await hub.PublishAsync("s", "x");
        var reader = await hub.ReadAsync("s", StartPosition.Earliest);
        await reader.ExpectAsync("hub.open");
        await hub.Hub.SendToAsync(reader.Id, new SseEvent { Data = "direct" });
        (await reader.DataAsync(1)).ShouldBe(["direct"]);
        await reader.DisposeAsync();
        await Eventually.Until(() => observer.Count("disconnected") == 1, "the end to be told");
    }

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Removal_while_the_observer_works_still_delivers_what_is_queued()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var observer = new RecordingObserver { Connecting = (_, _, _) => new ValueTask(open.Task) };
        await using var hub = await TestHub.StartAsync(null, true, observer);
        await hub.PublishAsync("s", "1");
        await using var reader = await hub.ReadAsync("s", StartPosition.Earliest);
        await reader.ExpectAsync("hub.open");
        await hub.Hub.Streams.RemoveAsync("s");
        await hub.Hub.SendToAsync(reader.Id, new SseEvent { Data = "direct" });
        (await reader.DataAsync(1)).ShouldBe(["direct"]);
        open.SetResult();
        (await reader.DataAsync(1)).ShouldBe(["1"]);
        await reader.ExpectAsync("hub.end");
    }
}
