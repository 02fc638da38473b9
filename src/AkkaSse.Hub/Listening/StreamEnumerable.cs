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
        var linked = cancellation.CanBeCanceled && cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken)
            : null;
        var either = linked?.Token ?? (cancellation.CanBeCanceled ? cancellation : cancellationToken);
        var opening = listening.OpenAsync(stream, from, either).AsTask();
        return new Enumeration(opening, linked, Enumerate(opening, select, either));
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
    private sealed class Enumeration(Task<StreamListener> opening, CancellationTokenSource? linked, IAsyncEnumerator<T> events)
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
            linked?.Dispose();
        }

        private async ValueTask AbandonAsync()
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Refused, or cancelled: there is no reader, and no caller has asked why.
            if (opening.IsCompletedSuccessfully) await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }
}
