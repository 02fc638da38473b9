using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>
/// Reads what is retained from the store: pages for readers that catch up, pages for callers, places by time and by id. Reads wait for the
/// disk, so they run on the thread pool and on no thread of a caller.
/// </summary>
internal sealed class StoredHistory(ILogStore store, TimeProvider time, Action<DurableStream, long, string> fence)
{
    // A page ends early after so many bytes: 256 events of 1 MiB are no page.
    private const int PageBytes = 2 << 20;
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    /// <summary>See <see cref="IColdSource.ReadAsync"/>.</summary>
    internal async ValueTask<IReadOnlyList<StoredEvent>?> PageAsync(
        DurableStream stream, string epoch, long from, long to, CancellationToken cancellation) =>
        await RetryAsync(() => Task.Run<IReadOnlyList<StoredEvent>?>(
            () => stream.Epoch != epoch ? null : Page(stream, from, to), cancellation), cancellation).ConfigureAwait(false);

    // A reader waits as long as the disk cannot be read; its connection lives on heartbeats.
    private static async Task<T> RetryAsync<T>(Func<Task<T>> read, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (StoreException)
            {
                await Task.Delay(s_retry, cancellation).ConfigureAwait(false);
            }
        }
    }

    internal async ValueTask<long> FirstAtAsync(DurableStream stream, long at, CancellationToken cancellation) =>
        await Task.Run(() =>
        {
            // Times grow with offsets, unless the clock was set back: found by halves.
            long low = stream.First, high = stream.Log.Head.Offset + 1;
            while (low < high)
            {
                var middle = low + ((high - low) >> 1);
                var found = store.Headers(stream.Number, middle, 1);
                if (found.Count == 1 && found[0].At < at) low = found[0].Last + 1;
                else high = middle;
            }
            return low;
        }, cancellation).ConfigureAwait(false);

    internal async ValueTask<StreamPosition?> FindIdAsync(DurableStream stream, string id, CancellationToken cancellation) =>
        await Task.Run<StreamPosition?>(() => store.FindId(stream.Number, id) is { } offset && offset >= stream.First
            && offset <= stream.Log.Head.Offset ? new StreamPosition(stream.Epoch, offset) : null, cancellation).ConfigureAwait(false);

    /// <summary>See <see cref="IStreamEngine.ReadAsync"/>.</summary>
    internal async ValueTask<HistoryPage> ReadAsync(
        DurableStream stream, StreamPosition? after, int limit, CancellationToken cancellation) =>
        await Task.Run(() => Read(stream, after, limit), cancellation).ConfigureAwait(false);

    private HistoryPage Read(DurableStream stream, StreamPosition? after, int limit)
    {
        var head = stream.Log.Head;
        var first = Math.Min(stream.First, head.Offset + 1);
        var (state, next) = HistoryPage.StartOf(after, head, first, stream.Base, stream.LostThrough);
        var events = new List<HistoryEvent>(Math.Min(limit, 1000));
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var ttl = stream.Log.Options.Ttl is { } t ? (long)t.TotalMilliseconds : 0;
        while (next <= head.Offset && events.Count < limit)
        {
            var page = Page(stream, next, Math.Min(head.Offset, next + limit - events.Count - 1));
            if (page.Count == 0)
            {
                // Retention, or damage that is being fenced off, has passed it meanwhile.
                state = HistoryState.Trimmed;
                next = Math.Max(next + 1, stream.First);
                continue;
            }
            foreach (var e in page)
            {
                next = e.Offset + 1;
                var expiry = e.Expiry != 0 ? e.Expiry : ttl != 0 ? e.At + ttl : 0;
                if (expiry != 0 && expiry <= now) continue;
                events.Add(HistoryEvent.Of(head.Epoch, e));
            }
        }
        var more = next <= head.Offset;
        return new HistoryPage
        {
            State = state == HistoryState.Complete && more ? HistoryState.More : state,
            Events = events,
            Head = head,
            First = first,
            HasMore = more,
        };
    }

    /// <summary>A page, on this thread: for the start, which nobody waits for in another way.</summary>
    internal List<StoredEvent> PageNow(DurableStream stream, long from, long to) => Page(stream, from, to);

    // Consecutive events from an offset on, or none. What is damaged is fenced off, and the page ends before it.
    private List<StoredEvent> Page(DurableStream stream, long from, long to)
    {
        var events = new List<StoredEvent>();
        List<StoredRun> runs;
        try
        {
            runs = store.Read(stream.Number, from, to, PageBytes);
        }
        catch (StoreException e) when (e.IsDamaged)
        {
            fence(stream, to, e.Message);
            return events;
        }
        var next = from;
        foreach (var run in runs)
        {
            if (run.Header.First <= next && run.Data is { } data && TryRead(run.Header, data, next, to, events))
            {
                next = run.Header.Last + 1;
                continue;
            }
            // What was trimmed while this read went on is no damage.
            if (events.Count == 0 && next >= stream.First)
                fence(stream, run.Header.First > next ? run.Header.First - 1 : Math.Clamp(run.Header.Last, next, Math.Max(next, to)),
                    "a checksum does not hold");
            return events;
        }
        if (runs.Count == 0 && from >= stream.First) fence(stream, to, "events are missing");
        return events;
    }

    private static bool TryRead(in RunHeader header, byte[] data, long from, long to, List<StoredEvent> events)
    {
        var before = events.Count;
        try
        {
            RunCodec.Read(header, data, from, to, events);
            return true;
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            events.RemoveRange(before, events.Count - before);
            return false;
        }
    }
}
