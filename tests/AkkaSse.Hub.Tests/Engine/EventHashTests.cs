using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>What makes a repeated idempotency key the same publish.</summary>
public sealed class EventHashTests
{
    private static ulong Of(params AppendItem[] items) => EventHash.Of(items);

    private static AppendItem Item(SseEvent e, PublishOptions options = default) => new(e, options);

    [Fact]
    public void Text_and_the_same_bytes_are_the_same_event()
    {
        var text = new SseEvent
        {
            Type = "t",
            Id = "i",
            Comment = "c",
            Retry = TimeSpan.FromSeconds(1),
            Data = "dé",
            Fields = [new("f", "v")],
        };
        var bytes = new SseEvent(text) { DataBytes = "dé"u8.ToArray() };
        Of(Item(text)).ShouldBe(Of(Item(bytes)));
    }

    [Fact]
    public void Key_principal_and_creation_are_the_scope_and_not_the_event()
    {
        var e = new SseEvent { Data = "d" };
        Of(Item(e, new PublishOptions { IdempotencyKey = "a", Principal = "p", CreateStream = true })).ShouldBe(Of(Item(e)));
    }

    [Fact]
    public void Every_part_that_a_reader_can_see_counts_and_none_runs_into_the_next()
    {
        var hashes = new[]
        {
            Of(Item(new SseEvent { Data = "" })),
            Of(Item(new SseEvent { Comment = "" })),
            Of(Item(new SseEvent { Data = "ab" })),
            Of(Item(new SseEvent { Type = "ab", Data = "" })),
            Of(Item(new SseEvent { Type = "a", Data = "b" })),
            Of(Item(new SseEvent { Type = "", Id = "ab", Data = "" })),
            Of(Item(new SseEvent { Id = "a", Data = "b" })),
            Of(Item(new SseEvent { Comment = "a", Data = "b" })),
            Of(Item(new SseEvent { Retry = TimeSpan.Zero, Data = "b" })),
            Of(Item(new SseEvent { Retry = TimeSpan.FromMilliseconds(1), Data = "b" })),
            Of(Item(new SseEvent { Fields = [new("a", "")], Data = "b" })),
            Of(Item(new SseEvent { Fields = [new("a", "b")], Data = "" })),
            Of(Item(new SseEvent { Fields = [new("a", ""), new("b", "")], Data = "" })),
            Of(Item(new SseEvent { Data = "b" }, new PublishOptions { ConflateKey = "a" })),
            Of(Item(new SseEvent { Data = "b" }, new PublishOptions { Ttl = TimeSpan.FromSeconds(1) })),
            Of(Item(new SseEvent { Data = "a" }), Item(new SseEvent { Data = "b" })),
            Of(Item(new SseEvent { Data = "b" }), Item(new SseEvent { Data = "a" })),
            Of(Item(new SseEvent { Data = "a" })),
            Of(),
        };
        hashes.Distinct().Count().ShouldBe(hashes.Length);
    }

    [Fact]
    public void Every_property_counts()
    {
        var complete = Of(Item(CompleteEvent.Event(), CompleteEvent.Options()));
        var compared = CompleteEvent.Properties.Concat(CompleteEvent.StoredOptions).Except([nameof(PublishOptions.TraceParent)]);
        foreach (var name in compared)
            Of(Item(CompleteEvent.Event(name), CompleteEvent.Options(name))).ShouldNotBe(complete, name);
        // Whoever repeats a publish has another trace.
        const string Trace = nameof(PublishOptions.TraceParent);
        Of(Item(CompleteEvent.Event(), CompleteEvent.Options(Trace))).ShouldBe(complete, Trace);
    }

    [Fact]
    public void Hash_stays_what_engines_have_stored() =>
        Of(Item(new SseEvent { Type = "t", Id = "i", Data = "d" }, new PublishOptions { ConflateKey = "k", Ttl = TimeSpan.FromSeconds(2) }))
            .ShouldBe(0xe9e9200a7a175217UL);
}
