using System.Buffers;
using System.Globalization;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Engine.InProcess;

internal sealed partial class InProcessStreams
{
    // So much is encoded before the lock is taken once for all of it: a run of a batch. Larger appends of embedded callers go in several
    // holds, so that others get in between.
    private const int StretchItems = 256;
    private const int StretchBytes = 256 << 10;

    // Returns how many items were decided; fewer than all when one must wait for space.
    private int AppendFrom(string name, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, int first)
    {
        for (var i = first; i < items.Length;)
        {
            if (_stopped)
            {
                results[i++] = new AppendResult(PublishStatus.Closed, StreamPosition.BeforeFirst) { Error = "The hub has stopped." };
                continue;
            }
            if (Existing(name, items[i], out var refusal) is not { } s)
            {
                results[i++] = refusal;
                continue;
            }
            var before = i;
            var end = AppendRun(s, items, results, ref i);
            if (i > before) s.Sink?.OnChanged();
            if (end == RunEnd.Waits) return i;
        }
        return items.Length;
    }

    private RunEnd AppendRun(InProcessStream s, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, ref int i)
    {
        var now = Now;
        while (i < items.Length)
        {
            ref readonly var item = ref items[i];
            // Where appends may wait for readers nothing is encoded that may have to wait.
            var waits = s.Log.Gate is not null;
            var end = item.Options.IdempotencyKey is not null
                ? item.Options.KeyCoversRun && !waits
                    ? AppendUnit(s, items, results, ref i, now)
                    : AppendKeyed(s, items, results, ref i, now)
                : i + 1 < items.Length && !waits ? AppendStretch(s, items, results, ref i, now)
                : AppendOne(s, item, ref results[i], ref i, now);
            if (end != RunEnd.Decided) return end;
        }
        return RunEnd.Decided;
    }

    private static RunEnd AppendOne(InProcessStream s, in AppendItem item, ref AppendResult result, ref int i, long now)
    {
        var options = s.Log.Options;
        if (EventRules.CheckFor(item.Event, options) is { } fault)
        {
            result = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
            i++;
            return RunEnd.Decided;
        }
        var frame = FrameEncoder.Encode(FrameBuffer.Rent(), item, options, now);
        lock (s.Log.SyncRoot)
        {
            if (s.Removed) return RunEnd.Gone;
            if (!s.Log.AppendLocked(frame, out var offset)) return RunEnd.Waits;
            s.LastActivity = now;
            result = Accepted(new StreamPosition(s.Log.Current!.Epoch, offset), frame);
        }
        i++;
        return RunEnd.Decided;
    }

    // Neighbours without keys: encoded behind one another, and appended in one hold of the lock.
    private static RunEnd AppendStretch(InProcessStream s, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, ref int i, long now)
    {
        var first = i;
        var buffer = FrameBuffer.Rent();
        var heads = ArrayPool<RunHead>.Shared.Rent(Math.Min(StretchItems, items.Length - first));
        var count = 0;
        try
        {
            var options = s.Log.Options;
            while (first + count < items.Length && count < StretchItems && buffer.Count < StretchBytes
                && items[first + count].Options.IdempotencyKey is null)
            {
                heads[count] = Encode(buffer, items[first + count], options);
                count++;
            }
            lock (s.Log.SyncRoot)
            {
                if (s.Removed) return RunEnd.Gone;
                s.LastActivity = now;
                var epoch = s.Log.Current!.Epoch;
                for (var k = 0; k < count; k++)
                {
                    if (heads[k].Fault is { } fault)
                    {
                        results[i++] = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
                        continue;
                    }
                    var frame = heads[k].Frame(buffer, items[first + k], now);
                    if (!s.Log.AppendLocked(frame, out var offset)) return RunEnd.Waits;
                    results[i++] = Accepted(new StreamPosition(epoch, offset), frame);
                }
            }
            return RunEnd.Decided;
        }
        finally
        {
            Array.Clear(heads, 0, count);
            ArrayPool<RunHead>.Shared.Return(heads);
        }
    }

    private RunEnd AppendKeyed(InProcessStream s, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, ref int i, long now)
    {
        var item = KeyedRun.Single(items, i);
        var options = s.Log.Options;
        if (EventRules.CheckFor(item.Event, options) is { } fault)
        {
            results[i++] = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
            return RunEnd.Decided;
        }
        var hash = EventHash.Of(new ReadOnlySpan<AppendItem>(in item));
        var frame = FrameEncoder.Encode(FrameBuffer.Rent(), item, options, now);
        lock (s.Log.SyncRoot)
        {
            if (s.Removed) return RunEnd.Gone;
            var keys = KeysOf(s);
            if (keys.Find(item.Options, hash, s.Log.Head, now) is { } known)
            {
                results[i++] = known with { CallerId = Shown(frame.CallerId) };
                return RunEnd.Decided;
            }
            if (!s.Log.AppendLocked(frame, out var offset)) return RunEnd.Waits;
            var position = new StreamPosition(s.Log.Current!.Epoch, offset);
            s.LastActivity = now;
            keys.Remember(item.Options, hash, position, !frame.Transient, now);
            results[i++] = Accepted(position, frame);
        }
        return RunEnd.Decided;
    }

    // A run under one key, in one hold of the lock: one entry for all of it.
    private RunEnd AppendUnit(InProcessStream s, ReadOnlySpan<AppendItem> items, Span<AppendResult> results, ref int i, long now)
    {
        var first = i;
        var options = items[first].Options;
        var end = KeyedRun.End(items, first);
        var run = items[first..end];
        var hash = EventHash.Of(run);
        var buffer = FrameBuffer.Rent();
        var heads = ArrayPool<RunHead>.Shared.Rent(run.Length);
        try
        {
            var streamOptions = s.Log.Options;
            for (var k = 0; k < run.Length; k++) heads[k] = Encode(buffer, run[k], streamOptions);
            lock (s.Log.SyncRoot)
            {
                if (s.Removed) return RunEnd.Gone;
                // The policy became wait meanwhile: the caller looks again, and goes item by item.
                if (s.Log.Gate is not null) return RunEnd.Decided;
                i = end;
                var keys = KeysOf(s);
                var known = keys.Find(options, hash, s.Log.Head, now);
                if (known is { Duplicate: false } refused)
                {
                    results[first..end].Fill(refused);
                    return RunEnd.Decided;
                }
                var epoch = known?.Position.Epoch ?? s.Log.Current!.Epoch;
                var next = known?.Position.Offset ?? s.Log.Head.Offset + 1;
                var start = next;
                for (var k = 0; k < run.Length; k++)
                {
                    if (heads[k].Fault is { } fault)
                    {
                        results[first + k] = new AppendResult(PublishStatus.Invalid, s.Log.Head) { Error = fault };
                        continue;
                    }
                    var frame = heads[k].Frame(buffer, run[k], now);
                    if (known is null) s.Log.AppendLocked(frame, out _);
                    results[first + k] = Accepted(
                        new StreamPosition(epoch, frame.Transient ? next - 1 : next), frame) with { Duplicate = known is not null };
                    if (!frame.Transient) next++;
                }
                s.LastActivity = now;
                if (known is null) keys.Remember(options, hash, new StreamPosition(epoch, start), hasOffset: true, now);
            }
            return RunEnd.Decided;
        }
        finally
        {
            Array.Clear(heads, 0, run.Length);
            ArrayPool<RunHead>.Shared.Return(heads);
        }
    }

    private static RunHead Encode(FrameBuffer buffer, in AppendItem item, StreamOptions options)
    {
        var start = buffer.Count;
        if (EventRules.CheckFor(item.Event, options) is { } fault) return new RunHead(start, 0, null, fault);
        var callerId = FrameEncoder.WriteHead(buffer, item, options);
        return new RunHead(start, buffer.Count - start, callerId, null);
    }

    private IdempotencyTable KeysOf(InProcessStream s) =>
        s.Keys ??= new IdempotencyTable(_host.Options.MaxIdempotencyKeys, _host.Options.IdempotencyWindow);

    private static AppendResult Accepted(in StreamPosition position, in LogFrame frame) =>
        new(PublishStatus.Accepted, position) { HasOffset = !frame.Transient, CallerId = Shown(frame.CallerId) };

    // The id "" resets readers and names no event.
    private static string? Shown(string? callerId) => string.IsNullOrEmpty(callerId) ? null : callerId;

    private enum RunEnd
    {
        /// <summary>What was taken up is decided.</summary>
        Decided,

        /// <summary>The next item must wait for space.</summary>
        Waits,

        /// <summary>The stream was removed meanwhile: the name is looked up again.</summary>
        Gone,
    }

    /// <summary>An encoded event of a run: where its head lies in the buffer, or why it is refused.</summary>
    private readonly record struct RunHead(int Start, int Length, string? CallerId, string? Fault)
    {
        internal LogFrame Frame(FrameBuffer buffer, in AppendItem item, long now) =>
            FrameEncoder.Frame(buffer.Written.Slice(Start, Length), item, CallerId, now);
    }
}
