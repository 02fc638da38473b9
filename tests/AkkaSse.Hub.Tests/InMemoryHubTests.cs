using System.Text.RegularExpressions;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;
using AkkaSse.Hub.Tests.Engine;
using AkkaSse.Hub.Tests.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using NSubstitute;

namespace AkkaSse.Hub.Tests;

/// <summary>How applications test what uses a hub, and facts about the hub that need no connection.</summary>
public sealed partial class InMemoryHubTests
{
    [Fact]
    [Trait("parity", "TGT-05")]
    public async Task Interface_can_be_mocked()
    {
        var hub = Substitute.For<ISseHub>();
#pragma warning disable CA2012 // Told to the mock, not consumed.
        hub.PublishAsync("orders", Arg.Any<SseEvent>(), default, default).ReturnsForAnyArgs(
            new ValueTask<PublishResult>(new PublishResult(PublishStatus.Unavailable, "orders")));
#pragma warning restore CA2012
        (await new Shop(hub).OrderAsync("tea")).ShouldBeFalse();
        await hub.Received(1).PublishAsync(
            "orders", Arg.Is<SseEvent>(static e => e.Data == "tea"), Arg.Any<PublishOptions>(), Arg.Any<CancellationToken>());
    }

    [Fact]
    [Trait("parity", "TGT-05")]
    public async Task In_memory_hub_shows_what_was_published()
    {
        await using var hub = await InMemorySseHub.StartAsync();
        (await new Shop(hub).OrderAsync("tea")).ShouldBeTrue();
        (await hub.Streams.ReadAsync("orders")).Events.Select(static e => e.Event.Data).ShouldBe(["tea"]);
    }

    [Fact]
    public async Task Whole_event_counts_against_its_largest_size_and_not_its_data_alone()
    {
        await using var hub = await InMemorySseHub.StartAsync(static o => o.MaxEventBytes = 100);
        string eighty = new('x', 80);
        async Task<PublishStatus> PublishAsync(SseEvent e) => (await hub.PublishAsync("s", e)).Status;
        (await PublishAsync(new SseEvent { Data = new string('x', 100) })).ShouldBe(PublishStatus.Accepted);
        (await PublishAsync(new SseEvent { Data = new string('x', 20), Comment = eighty })).ShouldBe(PublishStatus.Accepted);
        (await PublishAsync(new SseEvent { Data = new string('x', 21), Comment = eighty })).ShouldBe(PublishStatus.TooLarge);
        (await PublishAsync(new SseEvent { Data = new string('x', 21), Type = eighty })).ShouldBe(PublishStatus.TooLarge);
        (await PublishAsync(new SseEvent { Data = new string('x', 21), Id = eighty })).ShouldBe(PublishStatus.TooLarge);
        (await PublishAsync(new SseEvent { Data = "x", Fields = [new(new string('f', 20), eighty)] })).ShouldBe(PublishStatus.TooLarge);
        (await hub.PublishAsync("s", new SseEvent { Comment = new string('ü', 51) })).Error.ShouldBe(
            "The event has 102 bytes, 0 of them data; at most 100 are allowed.");
        (await hub.SendToAsync("c", new SseEvent { Data = "x", Comment = eighty + eighty })).Status.ShouldBe(SendStatus.TooLarge);
    }

    [Fact]
    public async Task Principal_that_no_database_could_index_is_refused_in_words_by_every_engine()
    {
        await using var hub = await InMemorySseHub.StartAsync();
        async Task<PublishResult> PublishAsync(string principal) => await hub.PublishAsync(
            "s", new SseEvent { Data = "x" }, new PublishOptions { IdempotencyKey = "k", Principal = principal });
        (await PublishAsync(new string('ü', 512))).Status.ShouldBe(PublishStatus.Accepted);
        foreach (var bad in (string[])[new string('ü', 513), new string('p', 3_000), "a\0", "a" + (char)0xD800])
        {
            var refused = await PublishAsync(bad);
            refused.Status.ShouldBe(PublishStatus.Invalid);
            refused.Error.ShouldBe("The principal must be at most 1024 bytes of UTF-8, without U+0000.");
        }
    }

    [Fact]
    public async Task List_of_streams_takes_text_only()
    {
        await using var hub = await InMemorySseHub.StartAsync();
        var half = "a" + (char)0xD800;
        (await Should.ThrowAsync<ArgumentException>(async () => await hub.Streams.ListAsync(half))).ParamName.ShouldBe("prefix");
        (await Should.ThrowAsync<ArgumentException>(async () => await hub.Streams.ListAsync(after: half))).ParamName.ShouldBe("after");
        (await hub.Clients.GetAsync(half)).Status.ShouldBe(ClientCallStatus.NotConnected);
    }

    [Fact]
    public async Task Second_start_is_refused_also_while_the_first_one_is_not_over()
    {
        var engine = new HeldStart();
        var hub = new SseHub(new HubOptions(), engine);
        var first = hub.StartAsync();
        (await Should.ThrowAsync<InvalidOperationException>(() => Eventually.Within(hub.StartAsync(), "a refusal"))).Message.ShouldBe(
            "A hub is started once.");
        engine.Started.SetResult();
        await first;
        engine.Starts.ShouldBe(1);
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task Hub_that_is_stopped_while_it_starts_does_not_serve()
    {
        var engine = new HeldStart();
        var hub = new SseHub(new HubOptions(), engine);
        var start = hub.StartAsync();
        await hub.DisposeAsync();
        engine.Started.SetResult();
        await Should.ThrowAsync<ObjectDisposedException>(() => start);
        hub.Phase.ShouldBe(HubPhase.Stopped);
    }

    [Fact]
    [Trait("parity", "CFG-14")]
    [Trait("parity", "TGT-01")]
    public void Ids_made_by_the_server_have_22_url_safe_random_characters()
    {
        var made = new ConnectionIds("node-1", "abc");
        var ids = Enumerable.Range(0, 1_000).Select(_ => made.Text(ConnectionIds.Draw())).ToHashSet(StringComparer.Ordinal);
        ids.Count.ShouldBe(1_000);
        ids.ShouldAllBe(static id => MadeId().IsMatch(id) && HubNames.Check(id) == null);
        var one = ids.First();
        ConnectionIds.NodeOf(one).ShouldBe("node-1");
        made.Text(made.Parse(one).ShouldNotBeNull()).ShouldBe(one);
        foreach (var other in (string[])["", "~", "mine", one[..^1], one + "A", one.Replace("abc", "abd", StringComparison.Ordinal),
            one[..^1] + "_", one[..^1] + "!"])
            made.Parse(other).ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "PUB-12")]
    public async Task Readers_of_one_event_share_its_bytes()
    {
        await using var hub = await InMemorySseHub.StartAsync();
        await hub.PublishAsync("s", new SseEvent { Data = "one" });
        var log = new StreamLog(new StreamOptions(), new LogBudget(1 << 20));
        log.Begin("e", 0, 0, 0);
        log.Append(new LogFrame { Head = "data: one\n"u8, At = 1 }, out _).ShouldBeTrue();
        log.Append(new LogFrame { Head = "data: two\n"u8, At = 1 }, out _).ShouldBeTrue();
        var node = new StreamActor(
            "s", new AkkaSse.Hub.Actors.ActorCount(), static (e, where) => throw new InvalidOperationException(where, e));
        node.Attached(new LogAttachment(log));
        var runs = Enumerable.Range(0, 3).Select(_ =>
        {
            var cursor = Cursor.Open(node, ReaderStart.From(StartPosition.Earliest), 1);
            cursor.Read(whole: true, null, TimeProvider.System, 4096, out var run).ShouldBe(CursorState.Data);
            return run;
        }).ToArray();
        runs.ShouldAllBe(r => ReferenceEquals(r.Bytes, runs[0].Bytes) && r.Events == 2);
    }

    [Fact]
    [Trait("parity", "PUB-11")]
    public async Task Welcome_that_does_not_end_in_a_blank_line_is_refused()
    {
        await using var hub = await InMemorySseHub.StartAsync();
        var request = new SubscribeRequest { Streams = [new("s")], Welcome = "data: open-ended\n"u8.ToArray() };
        var refused = await hub.ConnectAsync(request, CancellationToken.None);
        refused.Status.ShouldBe(AdmissionStatus.Invalid);
        refused.Error.ShouldNotBeNull().ShouldContain("blank line");
        var accepted = await hub.ConnectAsync(request with { Welcome = "data: closed\n\n"u8.ToArray() }, CancellationToken.None);
        accepted.Status.ShouldBe(AdmissionStatus.Accepted);
        await accepted.Connection!.DisposeAsync();
        await Eventually.Until(() => hub.Load.Connections == 0, "the abandoned connection to be gone");
    }

    [GeneratedRegex("^~node-1[.]abc[.][A-Za-z0-9_-]{22}$")]
    private static partial Regex MadeId();

    private sealed class Shop(ISseHub hub)
    {
        internal async Task<bool> OrderAsync(string what) =>
            (await hub.PublishAsync("orders", new SseEvent { Type = "created", Data = what })).IsAccepted;
    }
}
