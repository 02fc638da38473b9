using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Client;

/// <summary>
/// Publishes to an AkkaSse hub over HTTP, for services that are no node of it.
/// </summary>
/// <remarks>
/// Publishes gather into batches by themselves: while one request is under way the next fills. Each batch has one idempotency key and is
/// repeated unchanged, with that key, when its answer is lost or the hub cannot take it now; so an accepted event stands in its stream
/// once, and the order within a stream is that of the calls. When <see cref="SseHubClientOptions.MaxPendingEvents"/> or
/// <see cref="SseHubClientOptions.MaxPendingBytes"/> are waiting for answers, callers wait. Results are returned, not thrown, as by the hub
/// itself. Thread-safe.
/// </remarks>
public sealed class SseHubClient : IAsyncDisposable
{
    private readonly SseHubClientOptions _options;
    private readonly HttpClient? _ownClient;
    private readonly HubHttp _http;
    private readonly ILogger _logger;
    private readonly PublishQueue _queue;
    private readonly Task[] _lanes;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task? _disposing;

    /// <summary>Creates a client with default settings. Nothing is sent yet.</summary>
    /// <param name="baseAddress">Where the hub is, http or https, without <c>/v1</c>.</param>
    /// <exception cref="ArgumentException">The address is no such.</exception>
    public SseHubClient(string baseAddress)
        : this(new SseHubClientOptions
        {
            BaseAddress = Uri.TryCreate(baseAddress, UriKind.Absolute, out var uri)
                ? uri
                : throw new ArgumentException($"'{baseAddress}' is not an absolute URL.", nameof(baseAddress)),
        })
    {
    }

    /// <summary>Creates a client. Nothing is sent yet.</summary>
    /// <param name="options">The settings; they are copied.</param>
    /// <exception cref="ArgumentException">A setting is invalid.</exception>
    public SseHubClient(SseHubClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Freeze();
        _logger = (_options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<SseHubClient>();
        _http = new HubHttp(_options, Clients());
        if (_options.HttpClientFactory is null && _options.HttpClient is null)
        {
            _ownClient = _options.Handler is { } handler
                ? SseHandlers.CreateClient(handler, dispose: false)
                : SseHandlers.CreateClient(SseHandlers.Create(_options.AsReader()), dispose: true);
        }

        _queue = new PublishQueue(_options.Lanes, _options.MaxPendingEvents, _options.MaxPendingBytes);
        _lanes = [.. Enumerable.Range(0, _options.Lanes)
            .Select(i => new BatchLane(i, _queue, new BatchSender(_http, _options, _logger), _options).RunAsync(_stop.Token))];
    }

    /// <summary>Publishes an event to a stream; completes with the hub's answer.</summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="e">The event; custom fields cannot be sent over HTTP, and data must be UTF-8.</param>
    /// <param name="options">What accompanies it.</param>
    /// <param name="cancellation">Withdraws the event, or, when it is on its way, only gives up the answer.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<SsePublishResult> PublishAsync(
        string stream, SseEvent e, SsePublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return PublishAsync(new SseBatchItem { Stream = stream, Event = e, Options = options }, cancellation);
    }

    /// <summary>Publishes to every client in a zone.</summary>
    /// <param name="zone">The zone's name.</param>
    /// <param name="e">The event.</param>
    /// <param name="options">What accompanies it.</param>
    /// <param name="cancellation">Withdraws the event, or, when it is on its way, only gives up the answer.</param>
    /// <returns>How it ended.</returns>
    public ValueTask<SsePublishResult> BroadcastToZoneAsync(
        string zone, SseEvent e, SsePublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return PublishAsync(new SseBatchItem { Zone = zone, Event = e, Options = options }, cancellation);
    }

    /// <summary>Publishes to every client that listens to broadcasts.</summary>
    /// <param name="e">The event.</param>
    /// <param name="options">What accompanies it.</param>
    /// <param name="cancellation">Withdraws the event, or, when it is on its way, only gives up the answer.</param>
    /// <returns>How it ended.</returns>
    public ValueTask<SsePublishResult> BroadcastAsync(
        SseEvent e, SsePublishOptions options = default, CancellationToken cancellation = default) =>
        PublishAsync(new SseBatchItem { Broadcast = true, Event = e, Options = options }, cancellation);

    /// <summary>
    /// Hands an event over without waiting for its answer: for publishers that keep many on their way. Waits only while the bound on
    /// pending events is reached, which is the backpressure.
    /// </summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="e">The event.</param>
    /// <param name="options">What accompanies it.</param>
    /// <param name="cancellation">Withdraws the event, or, when it is on its way, only gives up the answer.</param>
    /// <returns>The task of the answer.</returns>
    public ValueTask<Task<SsePublishResult>> EnqueueAsync(
        string stream, SseEvent e, SsePublishOptions options = default, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var item = new SseBatchItem { Stream = stream, Event = e, Options = options };
        if (Add(item, cancellation, out var pending, out var space) is { } refusal)
        {
            return new ValueTask<Task<SsePublishResult>>(Task.FromResult(refusal));
        }

        return space is null ? new ValueTask<Task<SsePublishResult>>(pending!.Task) : AfterAsync(space, pending!.Task);
    }

    /// <summary>
    /// Sends to one client, on whatever node it is. A lost answer is told and not repeated, because an inbox knows no idempotency.
    /// </summary>
    /// <param name="client">The client's id.</param>
    /// <param name="e">The event.</param>
    /// <param name="zone">Where to look for it; null searches all zones.</param>
    /// <param name="cancellation">Gives up; the event may or may not have been sent then.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<SseSendResult> SendToAsync(
        string client, SseEvent e, string? zone = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var results =
            await PublishBatchAsync([new SseBatchItem { Client = client, Zone = zone, Event = e }], cancellation).ConfigureAwait(false);
        return results[0].Send!.Value;
    }

    /// <summary>
    /// Sends items in order, in requests of their own, which are not ordered with publishes that are under way. Each item has its own
    /// answer;
    /// not atomic. Repeated like every publish, unless an item is for a client's inbox.
    /// </summary>
    /// <param name="items">The items.</param>
    /// <param name="cancellation">Gives up; events on their way may or may not have been appended then.</param>
    /// <returns>One result per item, in order.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<IReadOnlyList<SseBatchItemResult>> PublishBatchAsync(
        IReadOnlyList<SseBatchItem> items, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var results = new SseBatchItemResult[items.Count];
        var run = new List<int>();
        var bytes = 0L;
        using var stop = new LinkedSource(cancellation, _stop.Token);
        var sender = new BatchSender(_http, _options, _logger);
        for (var i = 0; i < items.Count; i++)
        {
            if (Refusal(items[i]) is { } refusal)
            {
                results[i] = Result(items[i], refusal);
                continue;
            }

            var cost = EventChecks.Cost(items[i]);
            if (run.Count == _options.MaxBatchEvents || (run.Count > 0 && bytes + cost > _options.MaxBatchBytes))
            {
                await SendAsync(sender, items, run, results, stop.Token, cancellation).ConfigureAwait(false);
                bytes = 0;
            }

            run.Add(i);
            bytes += cost;
        }

        await SendAsync(sender, items, run, results, stop.Token, cancellation).ConfigureAwait(false);
        return results;
    }

    /// <summary>Completes when everything published before this call is answered.</summary>
    /// <param name="cancellation">Gives the waiting up.</param>
    /// <returns>Completes then.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task FlushAsync(CancellationToken cancellation = default)
    {
        var markers = new List<Task>();
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            var marker = new PendingPublish(default, lane, 0);
            if (_queue.TryAdd(marker, out _))
            {
                markers.Add(marker.Task);
            }
        }

        return Task.WhenAll(markers.Count > 0 ? markers : _lanes).WaitAsync(cancellation);
    }

    /// <summary>
    /// Takes nothing more (<see cref="SsePublishStatus.Closed"/>), sends what is pending within <see
    /// cref="SseHubClientOptions.DrainTimeout"/>, and answers the rest. Idempotent.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposing ??= EndAsync();
            return new ValueTask(_disposing);
        }
    }

    private static SseBatchItemResult Result(in SseBatchItem item, SsePublishResult refusal) => item.Client is null
        ? new SseBatchItemResult(refusal, null)
        : new SseBatchItemResult(null, new SseSendResult(Status(refusal), item.Client) { Error = refusal.Error });

    private static SseSendStatus Status(in SsePublishResult refusal) =>
        refusal.Status == SsePublishStatus.Closed ? SseSendStatus.Unavailable : SseSendStatus.Invalid;

    private static async ValueTask<Task<SsePublishResult>> AfterAsync(Task space, Task<SsePublishResult> answer)
    {
        await space.ConfigureAwait(false);
        return answer;
    }

    private ValueTask<SsePublishResult> PublishAsync(in SseBatchItem item, CancellationToken cancellation) =>
        Add(item, cancellation, out var pending, out _) is { } refusal
            ? new ValueTask<SsePublishResult>(refusal)
            : new ValueTask<SsePublishResult>(pending!.Task);

    private SsePublishResult? Refusal(in SseBatchItem item)
    {
        if (_stop.IsCancellationRequested || _disposing is not null)
        {
            return new SsePublishResult(SsePublishStatus.Closed, item.Target) { Error = "The client is closed." };
        }

        return EventChecks.Check(item) is { } fault ? new SsePublishResult(SsePublishStatus.Invalid, item.Target) { Error = fault } : null;
    }

    private SsePublishResult? Add(in SseBatchItem item, CancellationToken cancellation, out PendingPublish? pending, out Task? space)
    {
        pending = null;
        space = null;
        cancellation.ThrowIfCancellationRequested();
        if (Refusal(item) is { } refusal)
        {
            return refusal;
        }

        pending = new PendingPublish(
            item, (int)((uint)item.Target.GetHashCode(StringComparison.Ordinal) % (uint)_lanes.Length), EventChecks.Cost(item));
        pending.CancelWith(cancellation);
        return _queue.TryAdd(pending, out space)
            ? null
            : new SsePublishResult(SsePublishStatus.Closed, item.Target) { Error = "The client is closed." };
    }

    private async Task SendAsync(
        BatchSender sender,
        IReadOnlyList<SseBatchItem> items,
        List<int> run,
        SseBatchItemResult[] results,
        CancellationToken stop,
        CancellationToken cancellation)
    {
        if (run.Count == 0)
        {
            return;
        }

        var batch = run.ConvertAll(i => items[i]);
        var answers = new ItemAnswer[batch.Count];
        await sender.SendAsync(batch, answers, _options.Idempotent && batch.TrueForAll(i => i.Client is null), stop).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        for (var k = 0; k < batch.Count; k++)
        {
            results[run[k]] = batch[k].Client is null
                ? new SseBatchItemResult(PublishOutcomes.Publish(batch[k], answers[k]), null)
                : new SseBatchItemResult(null, PublishOutcomes.Send(batch[k], answers[k]));
        }

        run.Clear();
    }

    private async Task EndAsync()
    {
        _queue.Close();
        var lanes = Task.WhenAll(_lanes);
        try
        {
            await lanes.WaitAsync(_options.DrainTimeout, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await lanes.ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _ownClient?.Dispose();
    }

    private Func<HttpClient> Clients()
    {
        if (_options.HttpClientFactory is { } factory)
        {
            return factory;
        }

        return () => _options.HttpClient ?? _ownClient!;
    }
}
