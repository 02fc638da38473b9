using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Streams;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Tests;

/// <summary>
/// What a row holds besides its columns: everything else of an event, in the form of today and in the form of rows that are older.
/// </summary>
[Collection(SharedServerCollection.Name)]
public sealed class StoredRowTests(SharedServer shared) : IAsyncLifetime
{
    private readonly PostgresHarness _harness = new(shared.Server);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public void Columns_and_extra_together_are_the_event()
    {
        foreach (var without in CompleteEvent.Properties.Except([nameof(SseEvent.Data)]).Append(""))
        {
            var e = CompleteEvent.Event(without);
            var composed = EventExtra.Compose(e.Type, e.Id, e.DataBytes!.Value.ToArray(), EventExtra.Write(Stored(e)));
            CompleteEvent.ShouldBeSame(composed.Event, e);
        }
    }

    private static StoredEvent Stored(SseEvent e) => new(1, 0, e);

    [Fact]
    public void Extra_has_nothing_that_stands_in_a_column()
    {
        EventExtra.Write(Stored(new SseEvent { Type = "t", Id = "i", Data = "d" })).ShouldBeNull();
        var all = Stored(CompleteEvent.Event()) with { TraceParent = CompleteEvent.Options().TraceParent };
        var extra = EventExtra.Read(EventExtra.Write(all)!);
        var columns = EventParts.Data | EventParts.Ttl | EventParts.Id | EventParts.Type | EventParts.ConflateKey;
        EventCodec.PartsOf(extra).ShouldBe(EventParts.All & ~columns);
    }

    [Fact]
    public void Event_without_data_goes_whole_to_other_nodes()
    {
        var e = CompleteEvent.Event(nameof(SseEvent.Data));
        CompleteEvent.ShouldBeSame(EventExtra.Read(EventExtra.WriteTransient(e)).Event, e);
    }

    [Fact]
    public async Task Rows_of_before_are_read_beside_those_of_today()
    {
        await using var node = await _harness.StartNodeAsync();
        await node.AppendAsync("s", [new AppendItem(CompleteEvent.Event(), default)]);
        await node.AppendAsync("s", [new AppendItem(CompleteEvent.Event(), default)]);
        const string older = """{"c":"one\ntw\u00F6 \u0000","r":1500,"f":["x","1","x",""]}""";
        var database = await _harness.DatabaseAsync();
        await shared.Server.ExecuteAsync(database, $"update akkasse.events set extra = '{older}' where \"offset\" = 1");

        var read = (await node.Streams.ReadAsync("s", null, 10, default)).Events;

        var e = CompleteEvent.Event();
        CompleteEvent.ShouldBeSame(read[0].Event, new SseEvent
        {
            Type = e.Type,
            Id = e.Id,
            Data = e.Data,
            Comment = "one\ntwö \0",
            Retry = TimeSpan.FromSeconds(1.5),
            Fields = [new("x", "1"), new("x", "")],
        });
        CompleteEvent.ShouldBeSame(read[1].Event, e);
    }
}
