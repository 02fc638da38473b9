using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>Logs on one node: order, positions, creation, removal, attaching.</summary>
public abstract class StreamSpecs : EngineSpecs
{
    [Fact]
    [Trait("parity", "PUB-13")]
    public async Task Concurrent_appenders_get_dense_offsets_in_one_order()
    {
        await using var node = await Harness.StartNodeAsync();
        const int appenders = 8, each = 200;
        var answers = await Task.WhenAll(Enumerable.Range(0, appenders).Select(a => Task.Run(async () =>
        {
            var own = new List<(long Offset, string Data)>();
            for (var i = 0; i < each; i++)
            {
                var data = $"{a}/{i}";
                var result = await node.AppendAsync("s", data);
                result.Status.ShouldBe(PublishStatus.Accepted);
                own.Add((result.Position.Offset, data));
            }
            return own;
        })));
        var all = answers.SelectMany(static x => x).OrderBy(static x => x.Offset).ToList();
        all.Select(static x => x.Offset).ShouldBe(Enumerable.Range(1, appenders * each).Select(static i => (long)i));
        (await node.ReadAllAsync("s", 333)).ShouldBe(all.Select(static x => x.Data));
        foreach (var own in answers) own.Select(static x => x.Offset).ShouldBeInOrder();
    }

    [Fact]
    public async Task Publish_without_waiting_appends_when_it_says_so_and_never_else()
    {
        await using var node = await Harness.StartNodeAsync();
        (await node.AppendAsync("s", "first")).Status.ShouldBe(PublishStatus.Accepted);
        var said = Enumerable.Range(0, 20).Where(i => node.Hub.TryPublish("s", Event($"{i}"))).Select(static i => $"{i}").ToList();
        node.Hub.TryPublish("none", Event("x")).ShouldBeFalse();
        (await node.AppendAsync("s", "last")).Status.ShouldBe(PublishStatus.Accepted);
        (await node.ReadAllAsync("s")).ShouldBe(["first", .. said, "last"]);
    }

    /// <summary>Metrics and the cluster's list say it.</summary>
    [Fact]
    public async Task Memory_of_logs_is_told()
    {
        const int Count = 64, Size = 16 << 10;
        await using var node = await Harness.StartNodeAsync();
        await using var attached = await node.Streams.AttachAsync("s", new RecordingSink(), default);
        var data = new string('x', Size);
        for (var i = 0; i < Count; i++) (await node.AppendAsync("s", data)).Status.ShouldBe(PublishStatus.Accepted);
        await Eventually.Until(
            () => node.Engine.LogBytes >= Count * Size, () => $"{Count * Size} bytes of logs; there are {node.Engine.LogBytes}");
        node.Hub.Load.LogBytes.ShouldBeGreaterThanOrEqualTo(Count * Size);
    }

    [Fact]
    public async Task Batch_has_consecutive_offsets_and_one_answer_per_item()
    {
        await using var node = await Harness.StartNodeAsync();
        var results = await node.AppendAsync("s", [Item("a"), Item("b"), new AppendItem(new() { Comment = "c" }, default), Item("d")]);
        results.Select(static r => r.Status).ShouldAllBe(static s => s == PublishStatus.Accepted);
        results.Select(static r => r.HasOffset).ShouldBe([true, true, false, true]);
        results.Where(static r => r.HasOffset).Select(static r => r.Position.Offset).ShouldBe([1L, 2L, 3L]);
        results[2].Position.Offset.ShouldBe(2);
    }

    [Fact]
    [Trait("parity", "PUB-02")]
    public async Task Unknown_stream_answers_no_stream_when_it_may_not_be_created()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o => o.AutoCreate = false);
        (await node.AppendAsync("s", "x")).Status.ShouldBe(PublishStatus.NoStream);
        (await node.Streams.ExistsAsync("s", default)).OrThrow().ShouldBeFalse();
        (await node.AppendAsync("s", "x", new PublishOptions { CreateStream = true })).Status.ShouldBe(PublishStatus.Accepted);
        (await node.Streams.ExistsAsync("s", default)).OrThrow().ShouldBeTrue();
    }

    [Fact]
    [Trait("parity", "STR-01")]
    public async Task Creating_is_idempotent_and_replaces_options()
    {
        await using var node = await Harness.StartNodeAsync();
        var options = new StreamOptions { MaxEvents = 7 };
        (await node.Directory.CreateAsync("s", options)).Status.ShouldBe(CreateStreamStatus.Created);
        (await node.Directory.CreateAsync("s", options)).Status.ShouldBe(CreateStreamStatus.Unchanged);
        (await node.Directory.CreateAsync("s")).Status.ShouldBe(CreateStreamStatus.Unchanged);
        var changed = await node.Directory.CreateAsync("s", options with { MaxEvents = 8 });
        changed.Status.ShouldBe(CreateStreamStatus.Updated);
        changed.Stream!.Options.MaxEvents.ShouldBe(8);
        (await node.Directory.GetAsync("s")).OrThrow()!.Options.MaxEvents.ShouldBe(8);
        (await node.Directory.GetAsync("s")).OrThrow()!.Declared.ShouldBeTrue();
    }

    [Fact]
    [Trait("parity", "STR-01")]
    public async Task Concurrent_creates_have_one_creator()
    {
        await using var node = await Harness.StartNodeAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await node.Directory.CreateAsync("s"))));
        answers.Count(static a => a.Status == CreateStreamStatus.Created).ShouldBe(1);
        answers.Count(static a => a.Status == CreateStreamStatus.Unchanged).ShouldBe(31);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$all")]
    [InlineData("a\nb")]
    [Trait("parity", "STR-09")]
    public async Task Invalid_names_are_refused_everywhere(string name)
    {
        await using var node = await Harness.StartNodeAsync();
        (await node.Directory.CreateAsync(name)).Status.ShouldBe(CreateStreamStatus.Invalid);
        (await node.Hub.PublishAsync(name, Event("x"))).Status.ShouldBe(PublishStatus.Invalid);
        (await node.Directory.ExistsAsync(name)).OrThrow().ShouldBeFalse();
        (await node.Directory.RemoveAsync(name)).OrThrow().ShouldBeFalse();
    }

    [Fact]
    [Trait("parity", "STR-03")]
    public async Task Listing_is_ordinal_paged_and_hides_the_hubs_own_streams()
    {
        await using var node = await Harness.StartNodeAsync();
        string[] names = ["b", "a", "ab", "aa", "ä", "B", "c"];
        foreach (var name in names) await node.Directory.CreateAsync(name);
        await node.Hub.BroadcastAsync(Event("x"));
        await node.Hub.BroadcastToZoneAsync("z", Event("x"));
        var expected = names.Order(StringComparer.Ordinal).ToList();
        var listed = new List<string>();
        string? after = null;
        do
        {
            var page = (await node.Directory.ListAsync(after: after, limit: 2)).OrThrow();
            page.Items.Count.ShouldBeLessThanOrEqualTo(2);
            listed.AddRange(page.Items.Select(static s => s.Name));
            after = page.Next;
        }
        while (after is not null);
        listed.ShouldBe(expected);
        (await node.Directory.ListAsync("a")).OrThrow().Items.Select(static s => s.Name).ShouldBe(["a", "aa", "ab"]);
        (await node.Directory.ListAsync("a", "aa")).OrThrow().Items.Select(static s => s.Name).ShouldBe(["ab"]);
        (await node.Directory.ListAsync("x")).OrThrow().Items.ShouldBeEmpty();
    }

    [Fact]
    [Trait("parity", "STR-02")]
    public async Task Removed_stream_is_gone_and_recreation_continues_its_epoch()
    {
        await using var node = await Harness.StartNodeAsync();
        var before = (await node.AppendAsync("s", "1")).Position;
        await node.AppendAsync("s", "2");
        (await node.Streams.RemoveAsync("s", default)).OrThrow().ShouldBeTrue();
        (await node.Streams.RemoveAsync("s", default)).OrThrow().ShouldBeFalse();
        (await node.Streams.ExistsAsync("s", default)).OrThrow().ShouldBeFalse();
        (await node.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeTrue();
        (await node.Streams.ReadAsync("s", null, 10, default)).State.ShouldBe(HistoryState.NoStream);
        var after = (await node.AppendAsync("s", "3")).Position;
        after.ShouldBe(new StreamPosition(before.Epoch, 3));
        (await node.Streams.WasRemovedAsync("s", default)).OrThrow().ShouldBeFalse();
        (await node.ReadAllAsync("s")).ShouldBe(["3"]);
        (await node.Streams.ReadAsync("s", before, 10, default)).State.ShouldBe(HistoryState.Trimmed);
    }

    [Fact]
    [Trait("parity", "RPL-08")]
    [Trait("parity", "STR-07")]
    public async Task Clearing_drops_events_and_keeps_counting()
    {
        await using var node = await Harness.StartNodeAsync();
        (await node.Streams.ClearAsync("s", default)).OrThrow().ShouldBeFalse();
        await node.AppendAsync("s", "1");
        var two = await node.AppendAsync("s", "2");
        (await node.Streams.ClearAsync("s", default)).OrThrow().ShouldBeTrue();
        (await node.ReadAllAsync("s")).ShouldBeEmpty();
        (await node.AppendAsync("s", "3")).Position.ShouldBe(two.Position with { Offset = 3 });
        (await node.ReadAllAsync("s")).ShouldBe(["3"]);
    }

    [Fact]
    public async Task Attaching_to_a_stream_that_does_not_exist_completes_when_it_is_created()
    {
        await using var node = await Harness.StartNodeAsync();
        var sink = new RecordingSink();
        await using var attachment = await node.Streams.AttachAsync("s", sink, default);
        attachment.Exists.ShouldBeFalse();
        attachment.Log.Head.IsBeforeFirst.ShouldBeTrue();
        (await node.Streams.ExistsAsync("s", default)).OrThrow().ShouldBeFalse();
        var first = await node.AppendAsync("s", "1");
        await Eventually.Until(() => attachment.Log.Head == first.Position && sink.Changes > 0, "the log to follow its creation");
        attachment.Exists.ShouldBeTrue();
        attachment.Log.First.ShouldBe(1);
    }

    [Fact]
    public async Task Attached_log_has_every_event_from_the_call_on()
    {
        await using var node = await Harness.StartNodeAsync();
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(async () =>
        {
            var last = default(StreamPosition);
            while (!stop.IsCancellationRequested) last = (await node.AppendAsync("s", "x")).Position;
            return last;
        });
        await Eventually.Until(async () => (await node.Streams.ExistsAsync("s", default)).OrThrow(), "the first event");
        await using var attachment = await node.Streams.AttachAsync("s", new RecordingSink(), default);
        var from = attachment.Log.Head.Offset;
        await Eventually.Until(() => attachment.Log.Head.Offset > from + 50, "fifty further events");
        await stop.CancelAsync();
        var head = await publishing;
        await Eventually.Until(() => attachment.Log.Head == head, "the head");
        (attachment.Log.Head.Offset - attachment.Log.First + 1).ShouldBe(attachment.Log.Count);
    }

    [Fact]
    public async Task Sink_is_told_of_the_removal_once()
    {
        await using var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        var sink = new RecordingSink();
        await using var attachment = await node.Streams.AttachAsync("s", sink, default);
        await node.Streams.RemoveAsync("s", default);
        await Eventually.Until(() => sink.Removals == 1, "the removal");
        await node.Streams.RemoveAsync("s", default);
        sink.Removals.ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "STR-10")]
    public async Task Limit_of_streams_refuses_newcomers_only()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o => o.MaxStreams = 2);
        await node.AppendAsync("a", "1");
        await node.AppendAsync("b", "1");
        await CountedAsync(2);
        (await node.AppendAsync("c", "1")).Status.ShouldBe(PublishStatus.LimitReached);
        (await node.Directory.CreateAsync("c")).Status.ShouldBe(CreateStreamStatus.LimitReached);
        (await node.AppendAsync("a", "2")).Status.ShouldBe(PublishStatus.Accepted);
        await node.Streams.RemoveAsync("b", default);
        await CountedAsync(1);
        (await node.AppendAsync("c", "1")).Status.ShouldBe(PublishStatus.Accepted);
    }

    [Fact]
    public async Task Publish_after_the_end_answers_closed_and_never_throws()
    {
        var node = await Harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        await node.DisposeAsync();
        (await node.Hub.PublishAsync("s", Event("2"))).Status.ShouldBe(PublishStatus.Closed);
        node.Hub.TryPublish("s", Event("2")).ShouldBeFalse();
        (await node.Hub.SendToAsync("c", Event("2"))).Status.ShouldBe(SendStatus.Unavailable);
        (await node.Directory.CreateAsync("t")).Status.ShouldBe(CreateStreamStatus.Unavailable);
        (await node.Directory.ExistsAsync("s")).IsKnown.ShouldBeFalse();
    }
}
