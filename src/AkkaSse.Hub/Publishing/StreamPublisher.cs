using System.Globalization;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Publishing;

/// <summary>
/// Decides whether an event may be published, has the engine append it, and says how that ended; given the engine, the stream table (for
/// the number of readers), the node's state and options, and the metrics. Thread-safe.
/// </summary>
internal sealed class StreamPublisher(IHubEngine engine, StreamTable streams, HubState state, HubOptions options, HubMetrics metrics)
{
    internal ValueTask<PublishResult> PublishAsync(string stream, SseEvent e, in PublishOptions asked, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (options.CheckStreamName(stream) is { } fault) return new(new PublishResult(PublishStatus.Invalid, stream) { Error = fault });
        return PublishAsync(stream, stream, e, asked, cancellation);
    }

    internal ValueTask<PublishResult> PublishToZoneAsync(string zone, SseEvent e, in PublishOptions asked, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (HubNames.Check(zone) is { } fault) return new(new PublishResult(PublishStatus.Invalid, zone) { Error = fault });
        return PublishAsync(HubNames.ZoneStream(zone), zone, e, asked, cancellation);
    }

    internal ValueTask<PublishResult> PublishToAllAsync(SseEvent e, in PublishOptions asked, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(e);
        return PublishAsync(HubNames.BroadcastStream, HubNames.BroadcastStream, e, asked, cancellation);
    }

    /// <summary>Publishes where that needs no waiting; false: certainly not appended.</summary>
    internal bool TryPublish(string stream, SseEvent e, in PublishOptions asked)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (options.CheckStreamName(stream) is not null || Refusal(stream, e, asked) is not null) return false;
        using var span = HubTracing.IsOn ? HubTracing.Publish(stream, 1) : null;
        var item = new AppendItem(e, HubTracing.Carry(asked with { CreateStream = asked.CreateStream ?? false }, span));
        if (!engine.Streams.TryAppend(stream, item, out var result)) return false;
        HubTracing.Ended(span, result);
        if (result.Status != PublishStatus.Accepted) return false;
        if (!result.Duplicate) metrics.CountPublished(stream, 1);
        return true;
    }

    /// <summary>Why an event goes to no engine; null when it may.</summary>
    /// <param name="shown">The target as the answer names it.</param>
    /// <param name="e">The event.</param>
    /// <param name="asked">The publisher's options.</param>
    internal PublishResult? Refusal(string shown, SseEvent e, in PublishOptions asked)
    {
        // Publishes in flight complete while the node drains.
        if (!state.IsUp) return new PublishResult(PublishStatus.Closed, shown) { Error = "The hub is not running." };
        // Data that are not UTF-8 are the stream's decision: the engine knows its options.
        if (EventRules.Check(e, asked) is { } fault && EventRules.Check(e, asked, base64: true) is not null)
            return new PublishResult(PublishStatus.Invalid, shown) { Error = fault };
        return options.CheckSize(e) is { } size ? new PublishResult(PublishStatus.TooLarge, shown) { Error = size } : null;
    }

    /// <summary>The engine's word on an event, as the caller gets it.</summary>
    internal PublishResult Answer(string stream, string shown, in AppendResult result, int readers)
    {
        if (result.Status != PublishStatus.Accepted) metrics.CountRefused(stream, result.Status);
        return new PublishResult(result.Status, shown)
        {
            Position = result.Position,
            HasOffset = result.HasOffset,
            Id = result.HasOffset ? result.CallerId : null,
            LocalReaders = readers,
            Duplicate = result.Duplicate,
            Error = result.Error,
        };
    }

    /// <summary>The options of an item of a run: its own key where the engine does not keep the key of a run as one entry.</summary>
    internal PublishOptions KeyOf(in PublishOptions asked, int place) =>
        !asked.KeyCoversRun || asked.IdempotencyKey is null || engine.Streams is IRunKeyEngine
            ? asked
            : asked with
            {
                IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"{asked.IdempotencyKey}.{place}"),
                KeyCoversRun = false,
            };

    private ValueTask<PublishResult> PublishAsync(
        string stream, string shown, SseEvent e, in PublishOptions asked, CancellationToken cancellation)
    {
        if (Refusal(shown, e, asked) is { } refusal) return new(refusal);
        if (HubTracing.IsOn) return PublishTracedAsync(stream, shown, e, asked, cancellation);
        var item = new AppendItem(e, asked);
        return engine.Streams.TryAppend(stream, item, out var result)
            ? new(Answer(stream, shown, result))
            : AwaitAppendAsync(stream, shown, item, cancellation);
    }

    private async ValueTask<PublishResult> PublishTracedAsync(
        string stream, string shown, SseEvent e, PublishOptions asked, CancellationToken cancellation)
    {
        using var span = HubTracing.Publish(stream, 1);
        var item = new AppendItem(e, HubTracing.Carry(asked, span));
        var results = new AppendResult[1];
        using (HubTracing.Append(engine.Name))
        {
            if (!engine.Streams.TryAppend(stream, item, out results[0]))
                await engine.Streams.AppendAsync(stream, new[] { item }, results, cancellation).ConfigureAwait(false);
        }
        HubTracing.Ended(span, results[0]);
        return Answer(stream, shown, results[0]);
    }

    private async ValueTask<PublishResult> AwaitAppendAsync(string stream, string shown, AppendItem item, CancellationToken cancellation)
    {
        var results = new AppendResult[1];
        await engine.Streams.AppendAsync(stream, new[] { item }, results, cancellation).ConfigureAwait(false);
        return Answer(stream, shown, results[0]);
    }

    private PublishResult Answer(string stream, string shown, in AppendResult result)
    {
        if (result is { Status: PublishStatus.Accepted, Duplicate: false }) metrics.CountPublished(stream, 1);
        return Answer(stream, shown, result, streams.ReadersOf(stream));
    }
}
