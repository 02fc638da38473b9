using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Client;

/// <summary>
/// Reads an event stream over HTTP, from any server, and keeps reading: it reconnects, resumes after the last event, notices a dead
/// connection and refreshes its token.
/// </summary>
/// <remarks>
/// Each call that subscribes makes a connection of its own, isolated from the others, which begins after
/// <see cref="SseClientOptions.LastEventId"/>; the members about "the subscription" mean the one started last. All three ways to read
/// (<see cref="SubscribeAsync(CancellationToken)"/>, <see cref="OpenAsync(CancellationToken)"/>, handlers with
/// <see cref="RunAsync(CancellationToken)"/>) run the same loop. Handlers and notifications are called in order, one at a time and
/// awaited; a slow one slows the server down and loses nothing. Thread-safe.
/// </remarks>
public sealed class SseClient : IAsyncDisposable, IDisposable
{
    /// <summary>The type of an event without one.</summary>
    public const string DefaultType = "message";

    private readonly SseClientOptions _options;
    private readonly ILogger _logger;
    private readonly Connector _connector;
    private readonly HttpClient? _ownClient;
    private readonly Handlers _handlers;
    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionLoop> _running = [];
    private ConnectionLoop? _latest;
    private bool _disposed;

    /// <summary>Creates a client with default settings. Nothing is sent yet.</summary>
    /// <param name="url">An absolute http or https URL.</param>
    /// <exception cref="ArgumentException">The URL is no such.</exception>
    public SseClient(string url)
        : this(new SseClientOptions { Url = Parse(url) })
    {
    }

    /// <summary>Creates a client with default settings. Nothing is sent yet.</summary>
    /// <param name="url">An absolute http or https URL.</param>
    /// <exception cref="ArgumentException">The URL is no such.</exception>
    public SseClient(Uri url)
        : this(new SseClientOptions { Url = url })
    {
    }

    /// <summary>Creates a client. Nothing is sent yet.</summary>
    /// <param name="options">The settings; they are copied.</param>
    /// <exception cref="ArgumentException">A setting is invalid.</exception>
    public SseClient(SseClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Freeze();
        _logger = (_options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<SseClient>();
        _handlers = new Handlers(_options.ContinueAfterHandlerFailure, _logger);
        if (_options.HttpClientFactory is { } factory)
        {
            _connector = new Connector(_options, factory);
        }
        else
        {
            var client = _options.HttpClient ?? (_ownClient = _options.Handler is { } handler
                ? SseHandlers.CreateClient(handler, dispose: false)
                : SseHandlers.CreateClient(SseHandlers.Create(_options), dispose: true));
            _connector = new Connector(_options, () => client);
        }
    }

    /// <summary>What the subscription is doing; <see cref="SseClientState.Closed"/> before the first and after the last.</summary>
    public SseClientState State => Latest?.State ?? SseClientState.Closed;

    /// <summary>
    /// What the subscription sends as <c>Last-Event-ID</c> next: the id in force at the last event handed out, or the acknowledged one in
    /// manual mode. For a channel see <see cref="SseSubscription.LastEventId"/>, which does not count what still waits in it.
    /// </summary>
    public string LastEventId => Latest?.Resume.Id ?? _options.LastEventId;

    private ConnectionLoop? Latest
    {
        get
        {
            lock (_lock)
            {
                return _latest;
            }
        }
    }

    /// <summary>Subscribes when enumeration begins and gives the events until it ends.</summary>
    /// <param name="cancellationToken">Ends the enumeration promptly, whatever it is doing.</param>
    /// <returns>
    /// The events in order; ends when the client is disposed or, under <see cref="ReconnectPolicy.None"/>, with the stream.
    /// </returns>
    /// <exception cref="SseClientException">A failure ended the subscription.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public IAsyncEnumerable<SseEvent> SubscribeAsync(CancellationToken cancellationToken = default) =>
        EventsAsync(_options.Url, cancellationToken);

    /// <summary>
    /// As <see cref="SubscribeAsync(CancellationToken)"/> for the stream named: the URL's query gets exactly one <c>stream</c> parameter.
    /// </summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="cancellationToken">Ends the enumeration promptly.</param>
    /// <returns>The events in order.</returns>
    public IAsyncEnumerable<SseEvent> SubscribeAsync(string stream, CancellationToken cancellationToken = default) =>
        EventsAsync(WithStream(stream), cancellationToken);

    /// <summary>As <see cref="SubscribeAsync(CancellationToken)"/>, with the data of each event read as JSON.</summary>
    /// <param name="type">How to read it, from a source-generated context.</param>
    /// <param name="cancellationToken">Ends the enumeration promptly.</param>
    /// <returns>The events in order.</returns>
    /// <exception cref="JsonException">
    /// The data is not such JSON, and <see cref="SseClientOptions.ContinueAfterHandlerFailure"/> is off; else it is reported and skipped.
    /// </exception>
    public IAsyncEnumerable<SseEvent<T>> SubscribeAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(type);
        return JsonAsync(type, cancellationToken);
    }

    /// <summary>
    /// Everything that happens, in one order: events (<see cref="SseEventReceived"/>), comments and connection changes. Failures come as
    /// <see cref="SseClosed"/>, none is thrown.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration promptly.</param>
    /// <returns>The notifications; handlers of notifications are called as well.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public async IAsyncEnumerable<SseNotification> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var item in ItemsAsync(_options.Url, cancellationToken).ConfigureAwait(false))
        {
            yield return item.Notification ?? new SseEventReceived(item.Event!) { Url = _options.Url };
        }
    }

    /// <summary>Subscribes in the background and returns once connected, after as many attempts as it takes.</summary>
    /// <param name="cancellationToken">Gives the opening up. The open subscription ends by its own disposal or the client's.</param>
    /// <returns>The running subscription.</returns>
    /// <exception cref="SseClientException">A permanent failure, or the policy gave up.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task<SseSubscription> OpenAsync(CancellationToken cancellationToken = default) => OpenAsync(_options.Url, cancellationToken);

    /// <summary>
    /// As <see cref="OpenAsync(CancellationToken)"/> for the stream named: the URL's query gets exactly one <c>stream</c> parameter.
    /// </summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="cancellationToken">Gives the opening up.</param>
    /// <returns>The running subscription.</returns>
    public Task<SseSubscription> OpenAsync(string stream, CancellationToken cancellationToken = default) =>
        OpenAsync(WithStream(stream), cancellationToken);

    /// <summary>
    /// Subscribes and calls the handlers registered with <see cref="On(string, Func{SseEvent, CancellationToken, ValueTask})"/> until the
    /// subscription ends.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends it promptly; no handler is called afterwards. One that ignores its token is not waited for.
    /// </param>
    /// <returns>Completes when the subscription has ended.</returns>
    /// <exception cref="SseClientException">A failure ended the subscription.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task RunAsync(CancellationToken cancellationToken = default) => DispatchAsync(_options.Url, cancellationToken);

    /// <summary>
    /// As <see cref="RunAsync(CancellationToken)"/> for the stream named: the URL's query gets exactly one <c>stream</c> parameter.
    /// </summary>
    /// <param name="stream">The stream's name.</param>
    /// <param name="cancellationToken">Ends it promptly.</param>
    /// <returns>Completes when the subscription has ended.</returns>
    public Task RunAsync(string stream, CancellationToken cancellationToken = default) =>
        DispatchAsync(WithStream(stream), cancellationToken);

    /// <summary>
    /// Registers a handler for events of one type. Any number may be registered for a type; they are called in order, before those of <see
    /// cref="OnAny(Func{SseEvent, CancellationToken, ValueTask})"/>.
    /// </summary>
    /// <param name="type">The type; <c>message</c> and the empty string mean events without one.</param>
    /// <param name="handler">The handler.</param>
    /// <returns>Dispose it to remove the handler.</returns>
    public IDisposable On(string type, Func<SseEvent, CancellationToken, ValueTask> handler)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(handler);
        return _handlers.Add(type.Length == 0 ? DefaultType : type, handler);
    }

    /// <summary>Registers a handler for events of one type.</summary>
    /// <param name="type">The type; <c>message</c> and the empty string mean events without one.</param>
    /// <param name="handler">The handler.</param>
    /// <returns>Dispose it to remove the handler.</returns>
    public IDisposable On(string type, Action<SseEvent> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return On(type, (e, _) => Call(handler, e));
    }

    /// <summary>Registers a handler for every event.</summary>
    /// <param name="handler">The handler.</param>
    /// <returns>Dispose it to remove the handler.</returns>
    public IDisposable OnAny(Func<SseEvent, CancellationToken, ValueTask> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return _handlers.Add(null, handler);
    }

    /// <summary>Registers a handler for every event.</summary>
    /// <param name="handler">The handler.</param>
    /// <returns>Dispose it to remove the handler.</returns>
    public IDisposable OnAny(Action<SseEvent> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return OnAny((e, _) => Call(handler, e));
    }

    /// <summary>
    /// Registers a handler for notifications of one kind; <see cref="SseNotification"/> means all. Called however the events are read.
    /// </summary>
    /// <param name="handler">The handler. While it runs, nothing further is read.</param>
    /// <typeparam name="T">The kind.</typeparam>
    /// <returns>Dispose it to remove the handler.</returns>
    public IDisposable OnNotification<T>(Func<T, CancellationToken, ValueTask> handler)
        where T : SseNotification
    {
        ArgumentNullException.ThrowIfNull(handler);
        return _handlers.Add((n, c) => n is T wanted ? handler(wanted, c) : ValueTask.CompletedTask);
    }

    /// <summary>Registers a handler for notifications of one kind; <see cref="SseNotification"/> means all.</summary>
    /// <param name="handler">The handler. While it runs, nothing further is read.</param>
    /// <typeparam name="T">The kind.</typeparam>
    /// <returns>Dispose it to remove the handler.</returns>
    public IDisposable OnNotification<T>(Action<T> handler)
        where T : SseNotification
    {
        ArgumentNullException.ThrowIfNull(handler);
        return OnNotification<T>((n, _) => Call(handler, n));
    }

    /// <summary>
    /// In manual mode: everything up to this event is done with; a reconnect resumes after it. Call it in the order of the events.
    /// </summary>
    /// <param name="e">An event of the subscription.</param>
    /// <exception cref="InvalidOperationException"><see cref="SseClientOptions.ManualAcknowledge"/> is off.</exception>
    public void Acknowledge(SseEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        CheckManual(_options.ManualAcknowledge);
        Latest?.Resume.Acknowledge(e.LastEventId);
    }

    /// <summary>
    /// Drops the subscription's open connection, which is then remade as if the server had dropped it; cuts a wait for the next attempt
    /// short.
    /// </summary>
    public void Restart() => Latest?.Restart();

    /// <summary>
    /// Ends every subscription for good and frees the sockets; enumerations end without an exception. Idempotent, does not wait for
    /// callbacks.
    /// </summary>
    public void Dispose()
    {
        ConnectionLoop[] running;
        lock (_lock)
        {
            _disposed = true;
            running = [.. _running];
        }

        foreach (var loop in running)
        {
            loop.Stop();
        }

        _ownClient?.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal static void CheckManual(bool manual)
    {
        if (!manual)
        {
            throw new InvalidOperationException(
                $"Acknowledging needs {nameof(SseClientOptions)}.{nameof(SseClientOptions.ManualAcknowledge)}.");
        }
    }

    private static Uri Parse(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Uri.TryCreate(url, UriKind.Absolute, out var uri)
            ? uri
            : throw new ArgumentException($"'{url}' is not an absolute URL.", nameof(url));
    }

    private static ValueTask Call<T>(Action<T> handler, T value)
    {
        handler(value);
        return ValueTask.CompletedTask;
    }

    private Uri WithStream(string stream)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        return RequestBuilder.WithStream(
            _options.Url ?? throw new InvalidOperationException("A stream can be named only when the options have a Url."), stream);
    }

    private ConnectionLoop Start(Uri? url)
    {
        var loop = new ConnectionLoop(_options, _connector, url, _logger);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _running.Add(loop);
            _latest = loop;
        }

        return loop;
    }

    private void End(ConnectionLoop loop)
    {
        loop.Stop();
        lock (_lock)
        {
            _running.Remove(loop);
        }
    }

    /// <summary>Runs a loop; notification handlers are called before the notification is passed on.</summary>
    private async IAsyncEnumerable<LoopItem> ItemsAsync(Uri? url, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var loop = Start(url);
        try
        {
            await foreach (var item in loop.RunAsync(cancellationToken).ConfigureAwait(false))
            {
                if (item.Notification is { } notification)
                {
                    await _handlers.NotifyAsync(notification, cancellationToken).ConfigureAwait(false);
                }

                yield return item;
            }
        }
        finally
        {
            End(loop);
        }
    }

    private async IAsyncEnumerable<SseEvent> EventsAsync(Uri? url, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ItemsAsync(url, cancellationToken).ConfigureAwait(false))
        {
            if (item.Event is { } e)
            {
                yield return e;
            }
            else if (item.Notification is SseClosed { Error: { } error })
            {
                throw error;
            }
        }
    }

    private async IAsyncEnumerable<SseEvent<T>> JsonAsync<T>(
        JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var e in EventsAsync(_options.Url, cancellationToken).ConfigureAwait(false))
        {
            T? value;
            try
            {
                value = JsonSerializer.Deserialize(e.Data!, type);
            }
            catch (JsonException failure) when (_options.ContinueAfterHandlerFailure)
            {
                await _handlers.ReportAsync(failure, e, _options.Url, cancellationToken).ConfigureAwait(false);
                continue;
            }

            yield return new SseEvent<T>(e, value);
        }
    }

    private async Task DispatchAsync(Uri? url, CancellationToken cancellationToken)
    {
        await foreach (var e in EventsAsync(url, cancellationToken).ConfigureAwait(false))
        {
            await _handlers.DispatchAsync(e, url, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<SseSubscription> OpenAsync(Uri? url, CancellationToken cancellationToken)
    {
        var loop = Start(url);
        var subscription = new SseSubscription(loop, _handlers, _options, _logger);
        await subscription.StartAsync(() => End(loop), cancellationToken).ConfigureAwait(false);
        return subscription;
    }
}
