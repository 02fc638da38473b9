using System.Text.RegularExpressions;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;
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
