using System.Threading.Channels;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>
/// A running subscription whose events wait in a bounded channel. Made by <see cref="SseClient.OpenAsync(CancellationToken)"/>.
/// Thread-safe.
/// </summary>
public sealed class SseSubscription : IAsyncDisposable
{
    private readonly ConnectionLoop _loop;
    private readonly Handlers _handlers;
    private readonly ILogger _logger;
    private readonly bool _manual;
    private readonly Channel<SseEvent> _channel;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _consumedId;

    internal SseSubscription(ConnectionLoop loop, Handlers handlers, SseClientOptions options, ILogger logger)
    {
        _loop = loop;
        _handlers = handlers;
        _logger = logger;
        _manual = options.ManualAcknowledge;
        _consumedId = options.LastEventId;
        _channel = Channel.CreateBounded<SseEvent>(new BoundedChannelOptions(options.BufferSize) { SingleWriter = true });
        Events = new ConsumedReader(_channel.Reader, e => _consumedId = e.LastEventId);
    }

    /// <summary>
    /// The events in order. When <see cref="SseClientOptions.BufferSize"/> of them wait, reading from the server stops. Completes when the
    /// subscription ends; with the failure, if one ended it.
    /// </summary>
    public ChannelReader<SseEvent> Events { get; }

    /// <summary>What the subscription is doing.</summary>
    public SseClientState State => _loop.State;

    /// <summary>
    /// The last event id in force at the last event that was taken from <see cref="Events"/>; in manual mode the one acknowledged last.
    /// </summary>
    public string LastEventId => _manual ? _loop.Resume.Id : _consumedId;

    /// <summary>Completes when the subscription has ended and its last callback has returned; with the failure, if one ended it.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// In manual mode: everything up to this event is done with; a reconnect resumes after it. Call it in the order of the events.
    /// </summary>
    /// <param name="e">An event of this subscription.</param>
    /// <exception cref="InvalidOperationException"><see cref="SseClientOptions.ManualAcknowledge"/> is off.</exception>
    public void Acknowledge(SseEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        SseClient.CheckManual(_manual);
        _loop.Resume.Acknowledge(e.LastEventId);
    }

    /// <summary>
    /// Drops an open connection, which is then remade as if the server had dropped it; cuts the wait for the next attempt short. Nothing
    /// otherwise.
    /// </summary>
    public void Restart() => _loop.Restart();

    /// <summary>
    /// Ends the subscription for good and frees its socket. Idempotent; does not wait for callbacks (<see cref="Completion"/> does).
    /// </summary>
    public ValueTask DisposeAsync()
    {
        _loop.Stop();
        return ValueTask.CompletedTask;
    }

    internal async Task StartAsync(Action ended, CancellationToken cancellation)
    {
        Completion = Task.Run(() => RunAsync(ended), CancellationToken.None);

        // A caller who looks at one of them has seen the failure; the others must not count as unobserved.
        Observe(Completion);
        Observe(_opened.Task);
        Observe(Events.Completion);
        try
        {
            await _opened.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void Observe(Task task) =>
        _ = task.ContinueWith(
            static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private async Task CloseAsync(SseClosed closed)
    {
        try
        {
            await _handlers.NotifyAsync(closed, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The subscription is over; there is nobody left to end it for.
            Log.HandlerFailed(_logger, closed.Url, e);
        }
    }

    private async Task RunAsync(Action ended)
    {
        Exception? failure = null;
        try
        {
            await foreach (var item in _loop.RunAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (item.Event is { } e)
                {
                    await _channel.Writer.WriteAsync(e, _loop.Stopped).ConfigureAwait(false);
                    continue;
                }

                var notification = item.Notification!;
                if (notification is SseClosed closed)
                {
                    failure = closed.Error;
                    await CloseAsync(closed).ConfigureAwait(false);
                    break;
                }

                await _handlers.NotifyAsync(notification, _loop.Stopped).ConfigureAwait(false);
                if (notification is SseOpened)
                {
                    _opened.TrySetResult();
                }
            }
        }
        catch (OperationCanceledException) when (_loop.Stopped.IsCancellationRequested)
        {
            // Disposed while the channel was full, or while a handler ran.
            await CloseAsync(new SseClosed(null) { Url = _loop.Url }).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }

        ended();
        _channel.Writer.TryComplete(failure);
        _opened.TrySetException(failure ?? new ObjectDisposedException(nameof(SseSubscription)));
        if (failure is not null)
        {
            throw failure;
        }
    }
}
