using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Tells the observers of one connection: in order, awaited, off the delivery path. A failing observer is logged and the others are still
/// told.
/// </summary>
internal sealed class ObserverRelay(Observers observers, ClientActor client)
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly HashSet<Cursor> _subscribed = [];
    private Task _tail = Task.CompletedTask;
    private int _isTold;
    private bool _began;
    private bool _over;

    /// <summary>The connection runs and reads: streams flow after the observers are through. Counts once.</summary>
    internal void Began()
    {
        if (Interlocked.Exchange(ref _isTold, 1) != 0) return;
        var info = client.Info();
        var cursors = client.CursorSnapshot;
        Enqueue(async () =>
        {
            // It ended in its very first turn.
            if (_over) return;
            _began = true;
            foreach (var observer in observers.All)
                await CallAsync("connected", () => observer.OnConnectedAsync(info, observers.Hub, _ended.Token)).ConfigureAwait(false);
            foreach (var cursor in cursors) await SubscribedAsync(cursor, info).ConfigureAwait(false);
            client.Release();
        });
    }

    internal void Subscribed(Cursor cursor)
    {
        var info = client.Info();
        Enqueue(() => SubscribedAsync(cursor, info));
    }

    internal void Unsubscribed(Cursor cursor, CloseReason reason)
    {
        var info = client.Info();
        Enqueue(() => UnsubscribedAsync(cursor, info, reason));
    }

    internal void Ended(CloseReason reason)
    {
        var info = client.Info();
        // Not on this thread: what an observer has registered with the token may do what it likes.
        var cancelled = _ended.CancelAsync();
        Enqueue(async () =>
        {
            await CallAsync("cancellation", () => new ValueTask(cancelled)).ConfigureAwait(false);
            _over = true;
            if (!_began) return;
            foreach (var cursor in _subscribed.ToArray()) await UnsubscribedAsync(cursor, info, reason).ConfigureAwait(false);
            foreach (var observer in observers.All)
                await CallAsync("disconnected", () => observer.OnDisconnectedAsync(info, reason)).ConfigureAwait(false);
        });
    }

    private async Task SubscribedAsync(Cursor cursor, ClientInfo info)
    {
        if (cursor.IsInternal || !_subscribed.Add(cursor)) return;
        foreach (var observer in observers.All)
            await CallAsync("subscribed", () => observer.OnSubscribedAsync(cursor.Stream, info)).ConfigureAwait(false);
    }

    private async Task UnsubscribedAsync(Cursor cursor, ClientInfo info, CloseReason reason)
    {
        if (!_subscribed.Remove(cursor)) return;
        foreach (var observer in observers.All)
            await CallAsync("unsubscribed", () => observer.OnUnsubscribedAsync(cursor.Stream, info, reason)).ConfigureAwait(false);
    }

    private async Task CallAsync(string callback, Func<ValueTask> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The connection ended while its observer worked for it.
        }
        catch (Exception fault)
        {
            Log.ObserverFailed(observers.Logger, fault, callback, client.ClientId);
        }
    }

    private void Enqueue(Func<Task> work)
    {
        lock (_gate) _tail = After(_tail, work);

        static async Task After(Task before, Func<Task> next)
        {
            // Off the caller's thread: an observer may do what it likes, the delivery path may not wait for it.
            await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await next().ConfigureAwait(false);
        }
    }
}
