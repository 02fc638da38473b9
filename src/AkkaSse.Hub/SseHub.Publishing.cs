using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

public sealed partial class SseHub
{
    /// <inheritdoc/>
    public ValueTask<PublishResult> PublishAsync(string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (CheckStreamName(stream) is { } fault) return new(new PublishResult(PublishStatus.Invalid, stream) { Error = fault });
        return AppendAsync(stream, stream, e, options, cancellation);
    }

    /// <inheritdoc/>
    public bool TryPublish(string stream, SseEvent e, PublishOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (CheckStreamName(stream) is not null || Refusal(stream, e, options) is not null) return false;
        var item = new AppendItem(e, options with { CreateStream = options.CreateStream ?? false });
        if (!_engine.Streams.TryAppend(stream, item, out var result) || result.Status != PublishStatus.Accepted) return false;
        _metrics.CountPublished(1);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> BroadcastToZoneAsync(string zone, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (HubNames.Check(zone) is { } fault) return new(new PublishResult(PublishStatus.Invalid, zone) { Error = fault });
        return AppendAsync(HubNames.ZoneStream(zone), zone, e, options, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<PublishResult> BroadcastAsync(SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        return AppendAsync(HubNames.BroadcastStream, HubNames.BroadcastStream, e, options, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(IReadOnlyList<BatchItem> items, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var results = new BatchItemResult[items.Count];
        var run = new List<AppendItem>();
        var places = new List<int>();
        for (var i = 0; i < items.Count;)
        {
            var item = items[i];
            if (Target(item, out var stream, out var shown) is { } fault)
            {
                results[i++] = new BatchItemResult(new PublishResult(PublishStatus.Invalid, item.Stream ?? item.Zone ?? "") { Error = fault }, null);
                continue;
            }
            if (stream is null)
            {
                results[i++] = new BatchItemResult(null, await SendToAsync(item.Client!, item.Event, item.Zone, cancellation).ConfigureAwait(false));
                continue;
            }
            // Neighbours of one stream go to the engine together: that is what group commit lives from.
            run.Clear();
            places.Clear();
            for (; i < items.Count && Target(items[i], out var next, out _) is null && next == stream; i++)
            {
                if (Refusal(shown!, items[i].Event, items[i].Options) is { } refusal)
                {
                    results[i] = new BatchItemResult(refusal, null);
                    continue;
                }
                run.Add(new AppendItem(items[i].Event, KeyOf(items[i].Options, places.Count)));
                places.Add(i);
            }
            if (run.Count == 0) continue;
            var appended = new AppendResult[run.Count];
            await _engine.Streams.AppendAsync(stream, run.ToArray(), appended, cancellation).ConfigureAwait(false);
            for (var k = 0; k < appended.Length; k++) results[places[k]] = new BatchItemResult(Answer(stream, shown!, appended[k]), null);
        }
        return results;
    }

    /// <inheritdoc/>
    public ValueTask<SendResult> SendToAsync(string client, SseEvent e, string? zone = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(client);
        if (client.Length == 0) return new(NotConnected(client));
        if (zone is { Length: 0 }) zone = null;
        if (Phase != HubPhase.Running && Phase != HubPhase.Draining) return new(new SendResult(SendStatus.Unavailable, client) { Error = "The hub is not running." });
        if (EventRules.Check(e, default) is { } fault) return new(new SendResult(SendStatus.Invalid, client) { Error = fault });
        if (TooLarge(e) is { } size) return new(new SendResult(SendStatus.TooLarge, client) { Error = size });
        var local = zone is not null ? _connections.Find(zone, client) : OnlyOne(client);
        if (local is not null && (zone is not null || !IsClaimed(local) || _engine is Engine.InProcess.InProcessEngine)) return new(Deliver(local, e));
        return SendElsewhereAsync(client, e, zone, cancellation);
    }

    internal SendResult Deliver(ClientActor client, SseEvent e)
    {
        var buffer = FrameBuffer.Rent();
        if (e.Id is { Length: > 0 } id && e.HasData) SseEncoder.WriteField(buffer, "eid"u8, System.Text.Encoding.ASCII.GetBytes(id));
        SseEncoder.WriteHead(buffer, e);
        switch (client.Inbox.TryAdd(buffer.Written, closeWithBlankLine: e.HasData))
        {
            case null:
                return NotConnected(client.ClientId);
            case false:
                return new SendResult(SendStatus.Full, client.ClientId) { Zone = client.Zone, Error = $"failed to write to client {client.ClientId}, its inbox is full" };
        }
        _metrics.CountPublished(1);
        client.SignalInline();
        return new SendResult(SendStatus.Accepted, client.ClientId) { Zone = client.Zone };
    }

    internal static SendResult NotConnected(string client) => new(SendStatus.NotConnected, client) { Error = $"no client with id {client} exists" };

    private ValueTask<PublishResult> AppendAsync(string stream, string shown, SseEvent e, in PublishOptions options, CancellationToken cancellation)
    {
        if (Refusal(shown, e, options) is { } refusal) return new(refusal);
        var item = new AppendItem(e, options);
        return _engine.Streams.TryAppend(stream, item, out var result)
            ? new(Answer(stream, shown, result))
            : AppendSlowlyAsync(stream, shown, item, cancellation);
    }

    private async ValueTask<PublishResult> AppendSlowlyAsync(string stream, string shown, AppendItem item, CancellationToken cancellation)
    {
        var results = new AppendResult[1];
        await _engine.Streams.AppendAsync(stream, new[] { item }, results, cancellation).ConfigureAwait(false);
        return Answer(stream, shown, results[0]);
    }

    private PublishResult Answer(string stream, string shown, in AppendResult result)
    {
        if (result.Status == PublishStatus.Accepted)
        {
            if (!result.Duplicate) _metrics.CountPublished(1);
        }
        else
        {
            _metrics.Publishes.Add(1, new KeyValuePair<string, object?>("status", result.Status.ToString()));
        }
        return new PublishResult(result.Status, shown)
        {
            Position = result.Position,
            Id = !result.HasOffset ? null : result.CallerId ?? result.Position.ToString(),
            LocalReaders = _streams?.ReadersOf(stream) ?? 0,
            Duplicate = result.Duplicate,
            Error = result.Error,
        };
    }

    private PublishOptions KeyOf(in PublishOptions options, int place) =>
        !options.KeyCoversRun || options.IdempotencyKey is null || _engine.Streams is IRunKeyEngine
            ? options
            : options with { IdempotencyKey = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{options.IdempotencyKey}.{place}"), KeyCoversRun = false };

    private PublishResult? Refusal(string shown, SseEvent e, in PublishOptions options)
    {
        var phase = Phase;
        // Publishes in flight complete while the node drains.
        if (phase is not (HubPhase.Running or HubPhase.Draining)) return new PublishResult(PublishStatus.Closed, shown) { Error = "The hub is not running." };
        // Data that are not UTF-8 are the stream's decision: the engine knows its options.
        if (EventRules.Check(e, options) is { } fault && EventRules.Check(e, options, base64: true) is not null)
            return new PublishResult(PublishStatus.Invalid, shown) { Error = fault };
        return TooLarge(e) is { } size ? new PublishResult(PublishStatus.TooLarge, shown) { Error = size } : null;
    }

    private string? TooLarge(SseEvent e)
    {
        var size = e.DataBytes?.Length ?? 0;
        return size > Options.MaxEventBytes ? $"The data have {size} bytes; at most {Options.MaxEventBytes} are allowed." : null;
    }

    private string? CheckStreamName(string? stream) => HubNames.Check(stream) ?? Options.StreamNameRule?.Invoke(stream!);

    private string? Target(in BatchItem item, out string? stream, out string? shown)
    {
        stream = shown = null;
        var targets = (item.Stream is null ? 0 : 1) + (item.Client is null && item.Zone is null ? 0 : 1) + (item.Broadcast ? 1 : 0);
        if (targets != 1) return "An item has exactly one target: stream, client (with or without zone), zone, or broadcast.";
        if (item.Stream is not null)
        {
            stream = shown = item.Stream;
            return CheckStreamName(item.Stream);
        }
        if (item.Broadcast)
        {
            stream = shown = HubNames.BroadcastStream;
            return null;
        }
        if (item.Client is not null) return item.Zone is null ? null : HubNames.Check(item.Zone);
        shown = item.Zone;
        stream = HubNames.ZoneStream(item.Zone!);
        return HubNames.Check(item.Zone);
    }

    private ClientActor? OnlyOne(string client) => _connections.FindAll(client) is [var one] ? one : null;

    private static bool IsClaimed(ClientActor client) => client.Generation != 0;
}
