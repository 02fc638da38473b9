using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests;

/// <summary>Batches through the hub: each item its own answer in its place, whatever stands beside it.</summary>
public sealed class BatchTests
{
    private static BatchItem To(string stream, string data, string? key = null) =>
        new() { Stream = stream, Event = new SseEvent { Data = data }, Options = new PublishOptions { IdempotencyKey = key } };

    [Fact]
    public async Task Refused_items_stand_in_their_places_and_the_others_have_consecutive_offsets()
    {
        await using var test = await TestHub.StartAsync(static o => o.MaxEventBytes = 1024);
        var results = await test.Hub.PublishBatchAsync(
        [
            To("s", "1"),
            To("s", new string('x', 2000)),
            To("s", "2", "k"),
            new BatchItem { Stream = "s", Event = new SseEvent { Comment = "c" } },
            new BatchItem { Stream = "s", Event = new SseEvent { Type = "hub.x", Data = "" } },
            new BatchItem { Stream = "s", Event = new SseEvent { DataBytes = new byte[] { 0xff } } },
            To("s", "3"),
            To("$s", "no"),
            new BatchItem { Event = new SseEvent { Data = "nowhere" } },
            new BatchItem { Client = "nobody", Event = new SseEvent { Data = "x" } },
            To("t", "1"),
            To("s", "2", "k"),
            To("s", "4"),
        ]);

        results.Select(static r => r.Publish?.Status).ShouldBe(
        [
            PublishStatus.Accepted, PublishStatus.TooLarge, PublishStatus.Accepted, PublishStatus.Accepted, PublishStatus.Invalid,
                PublishStatus.Invalid, PublishStatus.Accepted,
            PublishStatus.Invalid, PublishStatus.Invalid, null, PublishStatus.Accepted, PublishStatus.Accepted, PublishStatus.Accepted,
        ]);
        results[9].Send!.Value.Status.ShouldBe(SendStatus.NotConnected);
        results.Where(static r => r.Publish is { IsAccepted: true, HasOffset: true }).Select(static r => r.Publish!.Value.Position.Offset)
            .ShouldBe([1, 2, 3, 1, 2, 4]);
        results[3].Publish!.Value.Id.ShouldBeNull();
        results[11].Publish!.Value.Duplicate.ShouldBeTrue();
        results[12].Publish!.Value.Id.ShouldBe(results[12].Publish!.Value.Position.ToString());
        test.Hub.Load.Published.ShouldBe(6);
    }

    [Fact]
    public async Task Batch_larger_than_what_is_appended_at_once_keeps_its_order()
    {
        await using var test = await TestHub.StartAsync();
        await using var reader = await test.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        var results = await test.Hub.PublishBatchAsync(
            [.. Enumerable.Range(1, 3_000).Select(static i => To("s", $"{i}", i % 700 == 0 ? $"k{i}" : null))]);
        results.Select(static r => r.Publish!.Value.Position.Offset).ShouldBe(Enumerable.Range(1, 3_000).Select(static i => (long)i));
        (await reader.DataAsync(3_000)).ShouldBe(Enumerable.Range(1, 3_000).Select(static i => $"{i}"));
    }

    [Fact]
    public async Task Stream_whose_append_takes_time_does_not_hold_up_the_others_of_its_batch()
    {
        await using var test = await TestHub.StartAsync(static o => o.PublishTimeout = TimeSpan.FromMinutes(1), manual: false);
        await test.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 10 });
        await using var reader = await test.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        // More than lies between the hub and a reader that does not read.
        var data = Enumerable.Range(1, 1_001).Select(static i => $"{i}".PadRight(1_000, '.')).ToArray();
        var publishing = test.Hub.PublishBatchAsync(
            [.. data[..1_000].Select(static d => To("s", d)), To("t", "1"), To("s", data[1_000]), To("t", "2")]).AsTask();
        await Eventually.Until(
            async () => (await test.Hub.Streams.GetAsync("t")).TryGet(out var found) && found is { Head: 1 }, "the event for the stream that waits for nobody");
        publishing.IsCompleted.ShouldBeFalse();
        (await reader.DataAsync(1_001)).ShouldBe(data);
        (await publishing).Select(static r => r.Publish!.Value.Position.Offset).ShouldBe(
            [.. Enumerable.Range(1, 1_000).Select(static i => (long)i), 1, 1_001, 2]);
    }

    [Fact]
    public async Task Batch_into_a_stream_that_waits_for_its_readers_goes_on_as_they_read()
    {
        await using var test = await TestHub.StartAsync(manual: false);
        await test.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 10 });
        await using var reader = await test.ReadAsync("s");
        await reader.ExpectAsync("hub.open");
        var publishing = test.Hub.PublishBatchAsync([.. Enumerable.Range(1, 1_000).Select(static i => To("s", $"{i}"))]).AsTask();
        (await reader.DataAsync(1_000)).ShouldBe(Enumerable.Range(1, 1_000).Select(static i => $"{i}"));
        (await publishing).Select(static r => r.Publish!.Value.Position.Offset).ShouldBe(
            Enumerable.Range(1, 1_000).Select(static i => (long)i));
    }

    [Fact]
    public async Task Removal_against_running_batches_loses_no_answer_and_gives_no_offset_twice()
    {
        await using var test = await TestHub.StartAsync(manual: false);
        var publishing = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var all = new List<StreamPosition>();
            for (var i = 0; i < 200; i++)
            {
                foreach (var result in await test.Hub.PublishBatchAsync([.. Enumerable.Range(0, 20).Select(static k => To("s", $"{k}"))]))
                {
                    result.Publish!.Value.Status.ShouldBe(PublishStatus.Accepted, result.Publish.Value.Error);
                    all.Add(result.Publish.Value.Position);
                }
            }
            return all;
        })).ToArray();
        while (!Task.WhenAll(publishing).IsCompleted)
        {
            await test.Hub.Streams.RemoveAsync("s");
            await Task.Yield();
        }
        var positions = (await Task.WhenAll(publishing)).SelectMany(static p => p).ToList();
        positions.Count.ShouldBe(8_000);
        positions.Distinct().Count().ShouldBe(8_000);
    }

    [Fact]
    public async Task Send_that_is_left_to_the_caller_is_written_when_it_says_so()
    {
        await using var test = await TestHub.StartAsync();
        await using var reader = await test.ReadAsync(new SubscribeRequest { ClientId = "c", Zone = "default" });
        await reader.ExpectAsync("hub.open");
        var here = (ILocalSender)test.Hub;

        here.TrySend("nobody", new SseEvent { Data = "x" }, null, out _, out _).ShouldBeFalse();
        here.TrySend("c", new SseEvent { Type = "hub.x", Data = "x" }, null, out var invalid, out var none).ShouldBeTrue();
        (invalid.Status, none).ShouldBe((SendStatus.Invalid, null));

        here.TrySend("c", new SseEvent { Data = "one" }, null, out var sent, out var delivery).ShouldBeTrue();
        (sent.Status, sent.Zone).ShouldBe((SendStatus.Accepted, "default"));
        delivery!.Deliver();
        (await reader.DataAsync(1)).ShouldBe(["one"]);

        // What nobody delivered goes out with the next write.
        here.TrySend("c", new SseEvent { Data = "two" }, "default", out _, out _).ShouldBeTrue();
        (await test.Hub.SendToAsync("c", new SseEvent { Data = "three" })).IsAccepted.ShouldBeTrue();
        (await reader.DataAsync(2)).ShouldBe(["two", "three"]);
    }
}
