using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Publishing;

/// <summary>Writes the stream of the hub's own audit; given the engine and the node's state. Thread-safe.</summary>
internal sealed class AuditPublisher(IHubEngine engine, HubState state)
{
    internal ValueTask<CreateStreamResult> CreateAsync(StreamOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = options.Validate().ToArray();
        if (faults.Length > 0) return new(new CreateStreamResult(CreateStreamStatus.Invalid, null, string.Join(' ', faults)));
        if (!state.IsUp) return new(new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub is not running."));
        return engine.Streams.CreateAsync(HubNames.AuditStream, options, cancellation);
    }

    internal async ValueTask<int> AppendAsync(IReadOnlyList<SseEvent> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (!state.IsUp) return 0;
        var results = new AppendResult[events.Count];
        var items = new AppendItem[events.Count];
        for (var i = 0; i < items.Length; i++) items[i] = new AppendItem(events[i], new PublishOptions { CreateStream = true });
        await engine.Streams.AppendAsync(HubNames.AuditStream, items, results, cancellation).ConfigureAwait(false);
        var accepted = Array.FindIndex(results, static r => r.Status != PublishStatus.Accepted);
        return accepted < 0 ? results.Length : accepted;
    }
}
