using System.Collections.Immutable;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>The handlers of one client. Registration is thread-safe and takes effect with the next event.</summary>
internal sealed class Handlers(bool continueAfterFailure, ILogger logger)
{
    private readonly Lock _lock = new();
    private ImmutableArray<Registration<SseNotification>> _notifications = [];
    private ImmutableDictionary<string, ImmutableArray<Registration<SseEvent>>> _byType =
        ImmutableDictionary.Create<string, ImmutableArray<Registration<SseEvent>>>(StringComparer.Ordinal);
    private ImmutableArray<Registration<SseEvent>> _any = [];

    public IDisposable Add(Func<SseNotification, CancellationToken, ValueTask> handler)
    {
        var registration = new Registration<SseNotification>(handler);
        Change(() => _notifications = _notifications.Add(registration));
        return new Removal(() => Change(() => _notifications = _notifications.Remove(registration)));
    }

    /// <param name="type">The event type; null for every event.</param>
    /// <param name="handler">The handler.</param>
    public IDisposable Add(string? type, Func<SseEvent, CancellationToken, ValueTask> handler)
    {
        var registration = new Registration<SseEvent>(handler);
        if (type is null)
        {
            Change(() => _any = _any.Add(registration));
            return new Removal(() => Change(() => _any = _any.Remove(registration)));
        }

        Change(() => _byType = _byType.SetItem(type, Of(type).Add(registration)));
        return new Removal(() => Change(() => _byType = _byType.SetItem(type, Of(type).Remove(registration))));
    }

    public async ValueTask NotifyAsync(SseNotification notification, CancellationToken cancellation)
    {
        foreach (var registration in _notifications)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await CallAsync(registration, notification, notification.Url, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (continueAfterFailure && !cancellation.IsCancellationRequested)
            {
                // Telling notification handlers of their own failure could go on for ever.
                Log.HandlerFailed(logger, notification.Url, e);
            }
        }
    }

    public async ValueTask DispatchAsync(SseEvent e, Uri? url, CancellationToken cancellation)
    {
        var typed = Of(string.IsNullOrEmpty(e.Type) ? SseClient.DefaultType : e.Type);
        foreach (var registration in typed.AddRange(_any))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await CallAsync(registration, e, url, cancellation).ConfigureAwait(false);
            }
            catch (Exception failure) when (continueAfterFailure && !cancellation.IsCancellationRequested)
            {
                await ReportAsync(failure, e, url, cancellation).ConfigureAwait(false);
            }
        }
    }

    public ValueTask ReportAsync(Exception failure, SseEvent e, Uri? url, CancellationToken cancellation)
    {
        Log.HandlerFailed(logger, url, failure);
        var error = new SseEventException($"A handler failed: {failure.Message}", e: e, inner: failure);
        return NotifyAsync(new SseFaulted(error) { Url = url }, cancellation);
    }

    private ImmutableArray<Registration<SseEvent>> Of(string type) => _byType.TryGetValue(type, out var list) ? list : [];

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
        }
    }

    /// <summary>Calls a handler; a cancelled subscription does not wait for one that ignores its token.</summary>
    private async ValueTask CallAsync<T>(Registration<T> registration, T value, Uri? url, CancellationToken cancellation)
    {
        var call = registration.Handler(value, cancellation);
        if (call.IsCompleted)
        {
            await call.ConfigureAwait(false);
            return;
        }

        var task = call.AsTask();
        try
        {
            await task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!task.IsCompleted)
        {
            _ = LogLateFailureAsync(task, url);
            throw;
        }
    }

    private async Task LogLateFailureAsync(Task task, Uri? url)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.HandlerFailed(logger, url, e);
        }
    }

    private sealed class Registration<T>(Func<T, CancellationToken, ValueTask> handler)
    {
        public Func<T, CancellationToken, ValueTask> Handler { get; } = handler;
    }

    private sealed class Removal(Action remove) : IDisposable
    {
        private Action? _remove = remove;

        public void Dispose() => Interlocked.Exchange(ref _remove, null)?.Invoke();
    }
}
