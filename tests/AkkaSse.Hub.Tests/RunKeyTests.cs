using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests;

/// <summary>One idempotency key over a run of a batch: one entry, however many events.</summary>
public sealed class RunKeyTests
{
    private static BatchItem Item(string data, string key = "k", string stream = "s", string? principal = null) => new()
    {
        Stream = stream,
        Event = new SseEvent { Data = data },
        Options = new PublishOptions { IdempotencyKey = key, KeyCoversRun = true, Principal = principal },
    };

    private static async Task<SseHub> StartAsync(Action<HubOptions>? configure = null)
    {
        var options = new HubOptions { AutoCreate = true };
        configure?.Invoke(options);
        var hub = new SseHub(options);
        await hub.StartAsync();
        return hub;
    }

    [Fact]
    public async Task Repeated_run_has_the_first_positions_and_appends_nothing()
    {
        await using var hub = await StartAsync();
        BatchItem[] run = [.. Enumerable.Range(0, 50).Select(i => Item("d" + i))];
        var first = await hub.PublishBatchAsync(run);
        await hub.PublishAsync("s", new SseEvent { Data = "between" });
        var second = await hub.PublishBatchAsync(run);
        second.Select(static r => r.Publish!.Value.Position).ShouldBe(first.Select(static r => r.Publish!.Value.Position));
        second.ShouldAllBe(static r => r.Publish!.Value.Duplicate && r.IsAccepted);
        first.ShouldAllBe(static r => !r.Publish!.Value.Duplicate);
        (await hub.Streams.GetAsync("s")).OrThrow()!.Head.ShouldBe(51);
    }

    [Fact]
    public async Task Changed_run_is_refused_as_a_whole()
    {
        await using var hub = await StartAsync();
        await hub.PublishBatchAsync([Item("a"), Item("b")]);
        var other = await hub.PublishBatchAsync([Item("a"), Item("c")]);
        other.ShouldAllBe(static r => r.Publish!.Value.Status == PublishStatus.KeyConflict);
        var longer = await hub.PublishBatchAsync([Item("a"), Item("b"), Item("c")]);
        longer.ShouldAllBe(static r => r.Publish!.Value.Status == PublishStatus.KeyConflict);
        (await hub.Streams.GetAsync("s")).OrThrow()!.Head.ShouldBe(2);
    }

    [Fact]
    public async Task Run_takes_one_entry_of_the_table()
    {
        await using var hub = await StartAsync(static o => o.MaxIdempotencyKeys = 2);
        BatchItem[] Run(string key) => [.. Enumerable.Range(0, 100).Select(i => Item("d" + i, key))];
        (await hub.PublishBatchAsync(Run("1"))).ShouldAllBe(static r => r.IsAccepted);
        (await hub.PublishBatchAsync(Run("2"))).ShouldAllBe(static r => r.IsAccepted);
        (await hub.PublishBatchAsync(Run("3"))).ShouldAllBe(static r => r.Publish!.Value.Status == PublishStatus.KeyTableFull);
        (await hub.PublishBatchAsync(Run("1"))).ShouldAllBe(static r => r.Publish!.Value.Duplicate);
    }

    [Fact]
    public async Task Comment_in_a_run_has_no_offset_the_second_time_either()
    {
        await using var hub = await StartAsync();
        await hub.Streams.CreateAsync("s");
        BatchItem[] run = [Item("a"), Item("x") with { Event = new SseEvent { Comment = "only" } }, Item("b")];
        var first = await hub.PublishBatchAsync(run);
        var second = await hub.PublishBatchAsync(run);
        first.Select(static r => r.Publish!.Value.Id is null).ShouldBe([false, true, false]);
        second.Select(static r => r.Publish!.Value.Id).ShouldBe(first.Select(static r => r.Publish!.Value.Id));
        (await hub.Streams.GetAsync("s")).OrThrow()!.Head.ShouldBe(2);
    }

    [Fact]
    public async Task Other_publishers_key_is_another_key()
    {
        await using var hub = await StartAsync();
        await hub.PublishBatchAsync([Item("a", principal: "one")]);
        (await hub.PublishBatchAsync([Item("b", principal: "two")])).ShouldAllBe(static r => r.IsAccepted);
    }

    [Fact]
    public async Task Stream_that_waits_for_readers_keeps_the_key_item_by_item_with_the_same_meaning()
    {
        await using var hub = await StartAsync();
        await hub.Streams.CreateAsync("s", new StreamOptions { SlowReader = SlowReaderPolicy.Wait, WaitBound = 1 });
        BatchItem[] run = [Item("a"), Item("b"), Item("c")];
        var first = await hub.PublishBatchAsync(run);
        var second = await hub.PublishBatchAsync(run);
        first.ShouldAllBe(static r => r.IsAccepted);
        second.ShouldAllBe(static r => r.Publish!.Value.Duplicate);
        second.Select(static r => r.Publish!.Value.Position).ShouldBe(first.Select(static r => r.Publish!.Value.Position));
    }
}
