namespace AkkaSse.Hub.Listening;

/// <summary>
/// The sequence that listening returns. Each enumeration is a reader of its own, registered when it begins and not by its first MoveNext:
/// events published in between are not missed. A sequence that is never enumerated costs nothing.
/// </summary>
internal sealed class StreamEnumerable<T>(
    InProcessListening listening, string stream, StartPosition from, Func<StreamEvent, T> select, CancellationToken cancellation)
    : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken);
        var opening = listening.OpenAsync(stream, from, stop.Token).AsTask();
        return new Enumeration(opening, stop, Enumerate(opening, select, stop.Token));
    }

    private static async IAsyncEnumerator<T> Enumerate(
        Task<StreamListener> opening, Func<StreamEvent, T> select, CancellationToken cancellation)
    {
        await using var listener = await opening.ConfigureAwait(false);
        while (await listener.WaitAsync(cancellation).ConfigureAwait(false))
        {
            while (listener.TryRead(out var e))
            {
                yield return select(e);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>
    /// One enumeration. An iterator that was never moved does not run its own end, and the reader is there since before the first move:
    /// then it is ended here.
    /// </summary>
    private sealed class Enumeration(Task<StreamListener> opening, CancellationTokenSource stop, IAsyncEnumerator<T> events)
        : IAsyncEnumerator<T>
    {
        private bool _moved;

        public T Current => events.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            _moved = true;
            return events.MoveNextAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_moved) await events.DisposeAsync().ConfigureAwait(false);
            else await AbandonAsync().ConfigureAwait(false);
            stop.Dispose();
        }

        private async ValueTask AbandonAsync()
        {
            // The engine may be away: nobody waits for a reader that nobody wants any more.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Refused, or cancelled: there is no reader, and no caller has asked why.
            if (opening.IsCompletedSuccessfully) await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }
}
