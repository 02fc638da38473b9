using System.Buffers;
using System.Runtime.CompilerServices;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>
/// The one loop under every way to subscribe: connect, read, reconnect. It runs only while its consumer asks for the next item, so that a
/// slow consumer slows the server down and nothing is held but one read.
/// </summary>
internal sealed class ConnectionLoop(SseClientOptions options, Connector connector, Uri? url, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly SseParser _parser = new(options.ParserOptions) { LastEventId = options.LastEventId };
    private readonly FailedAttempts _failed = new(options);
    private CancellationTokenSource? _phase;
    private volatile SseClientState _state = SseClientState.Connecting;
    private bool _restarting;
    private TimeSpan? _serverRetry;
    private bool _drained;
    private string? _publisherId;

    public SseClientState State => _state;

    public Uri? Url => url;

    /// <summary>Cancelled by <see cref="Stop"/>.</summary>
    public CancellationToken Stopped => _stopped.Token;

    public ResumePoint Resume { get; } = new(options.LastEventId, options.ManualAcknowledge);

    /// <summary>Ends the loop for good, in whatever it is doing. Returns at once.</summary>
    public void Stop()
    {
        _state = SseClientState.Closed;
        _ = _stopped.CancelAsync();
    }

    /// <summary>Drops an open connection, or cuts the wait for the next attempt short. Does nothing while connecting.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            if (_phase is not null && _state is SseClientState.Open or SseClientState.Waiting)
            {
                _restarting = true;
                _ = _phase?.CancelAsync();
            }
        }
    }

    /// <summary>
    /// Runs the loop. The last item is <see cref="SseClosed"/>, which carries the failure; none is thrown.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing more is handed out then.</exception>
    public async IAsyncEnumerable<LoopItem> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = new LinkedSource(cancellation, _stopped.Token);
        try
        {
            while (true)
            {
                var attempt = _failed.Count + 1;
                SseClientException? error;
                var wasOpen = false;
                using (var scope = new Phase(this, SseClientState.Connecting, stop.Token))
                {
                    var phase = scope.Cancellation.Source;
                    var (response, refused) = await ConnectAsync(attempt, phase.Token).ConfigureAwait(false);
                    error = refused;
                    if (response is not null)
                    {
                        wasOpen = true;
                        _failed.Opened();
                        _drained = false;
                        using var connection = new SseConnection(response, phase, options.IdleTimeout, options.TimeProvider);
                        Enter(SseClientState.Open, phase);
                        Log.Opened(logger, url, (int)response.StatusCode, attempt);
                        yield return Notify(new SseOpened(response.StatusCode, attempt));
                        var bytes = ReadOnlySequence<byte>.Empty;
                        while (!phase.IsCancellationRequested && !cancellation.IsCancellationRequested && !_stopped.IsCancellationRequested)
                        {
                            if (Take(ref bytes, out var item, out var second))
                            {
                                yield return item;
                                if (second is { } more && !phase.IsCancellationRequested)
                                {
                                    yield return more;
                                }

                                continue;
                            }

                            var (read, failure) = await connection.ReadAsync().ConfigureAwait(false);
                            if (read.IsEmpty)
                            {
                                error = failure;
                                break;
                            }

                            bytes = new ReadOnlySequence<byte>(read);
                        }

                        error ??= connection.IdleFailure;
                    }
                }

                cancellation.ThrowIfCancellationRequested();
                if (_stopped.IsCancellationRequested)
                {
                    break;
                }

                var restarted = TakeRestart();
                var unproved = _failed.Ended(wasOpen, restarted) && error is { Failure: SseFailure.EndOfStream };
                error = restarted ? null : unproved ? EndedAtOnce() : error;
                var delay = NextDelay(error);
                yield return Notify(new SseDisconnected(error, wasOpen, delay is not null));
                if (delay is not { } wait)
                {
                    _state = SseClientState.Closed;

                    // A proper end is no failure when the policy ends the subscription, and one when it used up the attempts.
                    var allowed = !_failed.Exhausted || options.Reconnect == ReconnectPolicy.None;
                    var final = allowed && error is { Failure: SseFailure.EndOfStream } ? null : error;
                    if (final is not null)
                    {
                        Log.Ended(logger, url, final.Message);
                    }

                    yield return Notify(new SseClosed(final));
                    yield break;
                }

                Log.Retrying(logger, url, error?.Message ?? "restart", _failed.Count + 1, wait);
                using (var scope = new Phase(this, SseClientState.Waiting, stop.Token))
                {
                    yield return Notify(new SseRetrying(error, wait, _failed.Count + 1));
                    await WaitAsync(wait, scope.Cancellation.Token).ConfigureAwait(false);
                    TakeRestart();
                }

                cancellation.ThrowIfCancellationRequested();
                if (_stopped.IsCancellationRequested)
                {
                    break;
                }
            }

            yield return Notify(new SseClosed(null));
        }
        finally
        {
            _state = SseClientState.Closed;
        }
    }

    private async ValueTask<(HttpResponseMessage? Response, SseClientException? Error)> ConnectAsync(int attempt, CancellationToken token)
    {
        Resume.Reconnect();
        _parser.Reset();
        _publisherId = null;
        _parser.LastEventId = Resume.Id;
        try
        {
            return await connector.ConnectAsync(new SseRequestContext(url, attempt, _parser.LastEventId), token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return default;
        }
    }

    /// <summary>The next item of the bytes at hand; <paramref name="second"/> follows directly after it.</summary>
    private bool Take(ref ReadOnlySequence<byte> bytes, out LoopItem item, out LoopItem? second)
    {
        second = null;
        while (_parser.TryRead(ref bytes, out var found))
        {
            switch (found.Kind)
            {
                case SseItemKind.Event:
                    item = Deliver(found.Event!, out second);
                    return true;
                case SseItemKind.Comment when options.CustomFields && found.Comment!.StartsWith(
                    HubNames.PublisherIdComment, StringComparison.Ordinal):
                    _publisherId = found.Comment[HubNames.PublisherIdComment.Length..];
                    break;
                case SseItemKind.Comment:
                    item = Notify(new SseCommentReceived(found.Comment!));
                    return true;
                case SseItemKind.Retry:
                    var retry = AtLeastMinRetry(found.Retry!.Value);
                    if (_serverRetry == retry)
                    {
                        break;
                    }

                    _serverRetry = retry;
                    item = Notify(new SseRetryChanged(retry));
                    return true;
                default:
                    _failed.Succeeded();
                    var limit = found.Error!;
                    _publisherId = null;
                    Log.Faulted(logger, url, limit.Message);
                    item = Notify(new SseFaulted(new SseEventException(limit.Message, limit)));
                    return true;
            }
        }

        // Every event of these bytes was handed out; what moved the id beyond them was a block without data.
        Resume.Move(_parser.LastEventId);
        item = default;
        return false;
    }

    private LoopItem Deliver(SseEvent e, out LoopItem? second)
    {
        second = null;
        if (_publisherId is { } own)
        {
            _publisherId = null;
            e = new SseEvent(e) { Fields = [new(HubNames.PublisherIdField, own), .. e.Fields] };
        }

        if (HubControl.TryRead(e, out var control))
        {
            _drained |= control is HubDraining;

            // A hub that refuses a reader for a while says so with hub.end on a 200.
            if (control is not HubEnded)
            {
                _failed.Succeeded();
            }

            if (control is HubGap gap)
            {
                Log.Gap(logger, url, gap.Stream, gap.Reason, gap.From, gap.To);
            }

            Resume.Move(e.LastEventId);
            if (options.DeliverHubEvents)
            {
                second = new LoopItem(e);
            }

            return Notify(control);
        }

        _failed.Succeeded();
        Resume.Deliver(e.LastEventId);
        if (!options.DecodeBase64)
        {
            return new LoopItem(e);
        }

        if (SseBase64.TryDecode(e, out var decoded))
        {
            return new LoopItem(decoded);
        }

        const string Message = "The data of an event is not base64; it is delivered as it was sent.";
        Log.Faulted(logger, url, Message);
        second = new LoopItem(e);
        return Notify(new SseFaulted(new SseEventException(Message, e: e)));
    }

    // Also less than the floor where MaxRetry is.
    private TimeSpan AtLeastMinRetry(TimeSpan retry) =>
        retry >= options.MinRetry ? retry : options.MinRetry < options.MaxRetry ? options.MinRetry : options.MaxRetry;

    private SseClientException EndedAtOnce() => new(
        SseFailure.EndOfStream,
        $"The server ended the stream without an event, less than {options.StableAfter.TotalMilliseconds} ms after its answer.");

    private TimeSpan? NextDelay(SseClientException? error)
    {
        if (error?.IsPermanent == true || _failed.Exhausted)
        {
            return null;
        }

        var delay = options.Reconnect.NextDelay(new ReconnectContext
        {
            Attempt = _failed.Count + 1,
            ServerRetry = _serverRetry,
            DefaultRetry = options.DefaultRetry,
            RetryAfter = error?.RetryAfter,
            Drained = _drained,
            Random = Random.Shared.NextDouble(),
            Error = error,
        });
        return delay > MaxDelay ? MaxDelay : delay;
    }

    // The longest that a timer takes.
    private static TimeSpan MaxDelay => TimeSpan.FromMilliseconds(int.MaxValue);

    private async ValueTask WaitAsync(TimeSpan delay, CancellationToken token)
    {
        try
        {
            await Task.Delay(delay, options.TimeProvider, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The caller looks at what was cancelled: the subscription, or only this wait.
        }
    }

    private LoopItem Notify(SseNotification notification)
    {
        notification.Url = url;
        return new LoopItem(notification);
    }

    private void Enter(SseClientState state, CancellationTokenSource phase)
    {
        lock (_lock)
        {
            _phase = phase;
            if (!_stopped.IsCancellationRequested)
            {
                _state = state;
            }
        }
    }

    private bool TakeRestart()
    {
        lock (_lock)
        {
            var restarting = _restarting;
            _restarting = false;
            return restarting;
        }
    }

    /// <summary>One connection with its attempt, or one wait: what <see cref="Restart"/> ends.</summary>
    private sealed class Phase : IDisposable
    {
        private readonly ConnectionLoop _loop;

        public Phase(ConnectionLoop loop, SseClientState state, CancellationToken stop)
        {
            _loop = loop;
            Cancellation = new LinkedSource(stop);
            loop.Enter(state, Cancellation.Source);
        }

        public LinkedSource Cancellation { get; }

        public void Dispose()
        {
            lock (_loop._lock)
            {
                _loop._phase = null;
            }

            Cancellation.Dispose();
        }
    }
}
