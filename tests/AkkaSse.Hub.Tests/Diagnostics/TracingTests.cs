using System.Diagnostics;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Diagnostics;

/// <summary>From the publish to the first reader in one trace, and nothing of it where nobody listens.</summary>
[Collection(TracedCollection.Name)]
public sealed class TracingTests
{
    private const string Foreign = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    [Trait("parity", "OBS-07")]
    public async Task Publish_append_and_the_first_delivery_are_one_trace()
    {
        await using var hub = await TestHub.StartAsync();
        await using var first = await hub.ReadAsync("s");
        await using var second = await hub.ReadAsync("s");
        await first.ExpectAsync("hub.open");
        await second.ExpectAsync("hub.open");
        using var spans = new SpanRecorder();

        var result = await hub.PublishAsync("s", "x");
        await first.DataAsync(1);
        await second.DataAsync(1);

        var publish = spans.Single("publish");
        publish.ParentSpanId.ShouldBe(spans.Request.SpanId);
        publish.Kind.ShouldBe(ActivityKind.Producer);
        publish.GetTagItem("messaging.destination.name").ShouldBe("s");
        publish.GetTagItem("messaging.message.id").ShouldBe(result.Position.ToString());
        publish.GetTagItem("akkasse.publish.status").ShouldBe("Accepted");
        var append = spans.Single("append");
        append.ParentSpanId.ShouldBe(publish.SpanId);
        append.GetTagItem("akkasse.engine").ShouldBe("memory");
        var deliver = spans.Single("deliver");
        deliver.ParentSpanId.ShouldBe(publish.SpanId);
        deliver.Kind.ShouldBe(ActivityKind.Consumer);
        deliver.GetTagItem("messaging.message.id").ShouldBe(result.Position.ToString());
        spans.Ended.Count.ShouldBe(3, "the second reader is no delivery of its own");
        Activity.Current.ShouldBe(spans.Request);
    }

    [Fact]
    public async Task Batch_is_one_publish_whose_events_are_delivered_each()
    {
        await using var hub = await TestHub.StartAsync();
        await using var reader = await hub.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        using var spans = new SpanRecorder();

        var items = Enumerable.Range(0, 3)
            .Select(static i => new BatchItem { Event = new SseEvent { Data = $"{i}" }, Stream = "s" }).ToArray();
        await hub.Hub.PublishBatchAsync(items);
        await reader.DataAsync(3);

        spans.Single("publish").GetTagItem("messaging.batch.message_count").ShouldBe(3);
        spans.Ended.Count(static a => a.OperationName == "deliver").ShouldBe(3);
    }

    [Fact]
    public async Task Refused_publish_is_an_error_of_its_span()
    {
        await using var hub = await TestHub.StartAsync(static o => o.AutoCreate = false);
        using var spans = new SpanRecorder();

        (await hub.Hub.PublishAsync("nowhere", new SseEvent { Data = "x" })).Status.ShouldBe(PublishStatus.NoStream);

        spans.Single("publish").Status.ShouldBe(ActivityStatusCode.Error);
        spans.Single("publish").GetTagItem("error.type").ShouldBe("NoStream");
    }

    [Fact]
    public async Task Event_carries_the_context_of_its_publish_to_a_reader_that_asks_and_to_no_other()
    {
        await using var hub = await TestHub.StartAsync();
        await using var asks = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], TraceParents = true });
        await using var plain = await hub.ReadAsync("s");
        await asks.ExpectAsync("hub.open");
        await plain.ExpectAsync("hub.open");
        string context;
        using (var spans = new SpanRecorder())
        {
            await hub.PublishAsync("s", "traced");
            context = spans.Single("publish").Id!;
        }
        await hub.PublishAsync("s", "not traced");
        await hub.PublishAsync("s", "of its own", options: new PublishOptions { TraceParent = Foreign });

        (await asks.NextAsync())!.Lines.ShouldBe([$": traceparent={context}", "data: traced", "id: " + asks.LastEventId]);
        (await asks.NextAsync())!.Lines.ShouldBe(["data: not traced", "id: " + asks.LastEventId]);
        (await asks.NextAsync())!.Lines.ShouldBe([$": traceparent={Foreign}", "data: of its own", "id: " + asks.LastEventId]);
        for (var i = 0; i < 3; i++) (await plain.NextAsync())!.Lines.ShouldAllBe(static l => !l.Contains("traceparent"));
    }

    [Theory]
    [InlineData(WireIds.Position)]
    [InlineData(WireIds.Token)]
    [InlineData(WireIds.None)]
    public async Task Reader_that_asks_gets_the_same_events_and_ids_from_history_however_large_they_are(WireIds ids)
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 0; i < 60; i++)
        {
            // Some end a turn within themselves, which has 32 KiB.
            var data = $"{i} " + new string('x', (i * 7_919) % 50_000);
            await hub.PublishAsync("s", data, options: new PublishOptions { TraceParent = i % 3 == 0 ? Foreign : null });
        }
        var request = new SubscribeRequest { Streams = [new("s")], Ids = ids, Since = StartPosition.Earliest };
        await using var plain = await hub.ReadAsync(request, pause: 256 << 10);
        await using var asks = await hub.ReadAsync(request with { TraceParents = true }, pause: 256 << 10);
        await plain.ExpectAsync("hub.open");
        await asks.ExpectAsync("hub.open");
        var traced = 0;
        for (var i = 0; i < 60; i++)
        {
            var (one, other) = ((await plain.NextAsync())!, (await asks.NextAsync())!);
            var lines = other.Lines.Where(static l => l != $": traceparent={Foreign}").ToArray();
            traced += other.Lines.Count - lines.Length;
            lines.ShouldBe(one.Lines);
        }
        traced.ShouldBe(20);
    }

    [Fact]
    public async Task Publish_that_is_not_sampled_carries_nothing()
    {
        await using var hub = await TestHub.StartAsync();
        await using var asks = await hub.ReadAsync(new SubscribeRequest { Streams = [new("s")], TraceParents = true });
        await asks.ExpectAsync("hub.open");
        using var spans = new SpanRecorder(sampled: false);

        await hub.PublishAsync("s", "x");

        (await asks.NextAsync())!.Lines.ShouldBe(["data: x", "id: " + asks.LastEventId]);
        spans.Ended.ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_that_nobody_reads_are_forgotten_beyond_64()
    {
        await using var hub = await TestHub.StartAsync();
        using var spans = new SpanRecorder();
        for (var i = 0; i < TracedDeliveries.Most + 10; i++) await hub.PublishAsync("s", $"{i}");

        await using var late = await hub.ReadAsync("s", StartPosition.Earliest);
        await late.ExpectAsync("hub.open");
        await late.DataAsync(TracedDeliveries.Most + 10);

        spans.Ended.Count(static a => a.OperationName == "deliver").ShouldBe(TracedDeliveries.Most);
    }

    [Fact]
    public async Task Listener_in_the_process_is_told_the_context_and_is_a_delivery()
    {
        await using var hub = await TestHub.StartAsync();
        using var spans = new SpanRecorder();
        await hub.PublishAsync("s", "x");

        await using var events = hub.Hub.SubscribeAsync("s", StartPosition.Earliest).GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue();

        events.Current.TraceParent.ShouldBe(spans.Single("publish").Id);
        spans.Single("deliver").ParentSpanId.ShouldBe(spans.Single("publish").SpanId);
    }
}
