using System.Diagnostics.Metrics;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Diagnostics;

/// <summary>One label for the namespace of a stream, and none without namespaces.</summary>
[Collection(TracedCollection.Name)]
public sealed class NamespaceMetricTests
{
    [Fact]
    public async Task Publishes_deliveries_readers_and_refusals_are_counted_for_the_namespace_they_are_of()
    {
        using var meters = new Readings();
        await using var hub = await TestHub.StartAsync(static o =>
        {
            o.Namespaces["chat/"] = new NamespaceOptions();
            o.Namespaces["news/"] = new NamespaceOptions();
        });
        await using var chat = await hub.ReadAsync("chat/a");
        await using var both = await hub.ReadAsync(new SubscribeRequest { Streams = [new("chat/a"), new("b")], Ids = WireIds.Token });
        await chat.ExpectAsync("hub.open");
        await both.ExpectAsync("hub.open");
        await hub.PublishAsync("chat/a", "1");
        await hub.PublishAsync("chat/a", "2");
        await hub.PublishAsync("b", "3");
        await chat.DataAsync(2);
        await both.DataAsync(3);
        await hub.PublishAsync("chat/a", "x", options: new PublishOptions { IdempotencyKey = "k" });
        var conflict = await hub.Hub.PublishAsync("chat/a", new SseEvent { Data = "y" }, new PublishOptions { IdempotencyKey = "k" });
        conflict.Status.ShouldBe(PublishStatus.KeyConflict);
        await chat.DataAsync(1);
        await both.DataAsync(1);

        meters.Read();

        meters["akkasse.events.published", "chat/"].ShouldBe(3);
        meters["akkasse.events.published", null].ShouldBe(1);
        meters["akkasse.events.published", "news/"].ShouldBe(0);
        meters["akkasse.events.delivered", "chat/"].ShouldBe(6);
        meters["akkasse.events.delivered", null].ShouldBe(1);
        meters["akkasse.readers", "chat/"].ShouldBe(2);
        meters["akkasse.readers", null].ShouldBe(1);
        meters["akkasse.publishes.refused", "chat/"].ShouldBe(1);
        hub.Hub.Load.Published.ShouldBe(4);
    }

    [Fact]
    public async Task Without_namespaces_there_is_no_label()
    {
        using var meters = new Readings();
        await using var hub = await TestHub.StartAsync();
        await hub.PublishAsync("chat/a", "1");

        meters.Read();

        meters.Labels.ShouldBeEmpty();
        meters["akkasse.events.published", null].ShouldBe(1);
    }

    /// <summary>The instruments of the hubs that are made while it is there.</summary>
    private sealed class Readings : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Lock _gate = new();
        private readonly Dictionary<(string Name, string? Namespace), long> _values = [];

        internal Readings()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "AkkaSse") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.Start();
        }

        internal IEnumerable<string> Labels => _values.Keys.Select(static k => k.Namespace).OfType<string>();

        internal long this[string name, string? label] => _values.GetValueOrDefault((name, label));

        internal void Read()
        {
            _listener.RecordObservableInstruments();
        }

        public void Dispose() => _listener.Dispose();

        private void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? label = null;
            foreach (var tag in tags) label = tag.Key == "namespace" ? (string?)tag.Value : label;
            lock (_gate)
            {
                var key = (instrument.Name, label);
                _values[key] = instrument.IsObservable ? value : _values.GetValueOrDefault(key) + value;
            }
        }
    }
}
