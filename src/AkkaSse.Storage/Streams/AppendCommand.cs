using System.Globalization;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>One call of <see cref="IStreamEngine.AppendAsync"/>, or what is left of it after it waited for readers.</summary>
internal sealed class AppendCommand(
    DurableStreams streams, string name, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, int begin) : StoreCommand
{
    private readonly TaskCompletionSource<int> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<StoredEvent> _events = [];
    // Comments and retries: the event itself, and how many of the events come before it.
    private List<(int After, Protocol.SseEvent Event)>? _transient;
    private List<PublishOptions>? _keys;
    private DurableStream? _stream;
    private readonly int _begin = begin;
    private int _decided = begin;
    private long _size = -1;

    /// <summary>How many of all items are decided; fewer than all when the next one must wait for readers.</summary>
    internal Task<int> Done => _done.Task;

    internal override long Size => _size >= 0 ? _size : _size = EventCodec.SizeOf(items.Span[_begin..]);

    /// <summary>Offset of its last event; 0 when it has none.</summary>
    internal long LastOffset => _events.Count == 0 ? 0 : _events[^1].Offset;

    internal override bool Decide(StoreTurn turn)
    {
        var span = items.Span;
        while (_decided < span.Length)
        {
            if (streams.Planned(turn, name, span[_decided], out var refusal) is not { } stream)
            {
                results.Span[_decided++] = refusal;
                continue;
            }
            _stream = stream;
            if (!DecideNext(turn, stream, span)) break;
        }
        return true;
    }

    internal override void Applied(StoreTurn turn)
    {
        if (_stream is { } stream)
        {
            streams.Apply(turn, stream, this);
            turn.Changed.AddIfPresent(stream.Sink);
        }
        _done.TrySetResult(_decided);
    }

    /// <summary>Puts the events into the log, comments and retries between them.</summary>
    internal void Feed(StreamFeed feed, string epoch, long now)
    {
        var events = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_events);
        var fed = 0;
        foreach (var (after, e) in _transient ?? [])
        {
            feed.Append(epoch, events[fed..after]);
            fed = after;
            feed.AppendTransient(e, now);
        }
        feed.Append(epoch, events[fed..]);
    }

    internal override void Failed(Exception fault)
    {
        if (_stream is { } stream)
        {
            foreach (var key in _keys ?? []) stream.Keys!.Forget(key);
            streams.Undo(stream);
        }
        var answer = StoreFaults.Of(fault);
        for (var i = _begin; i < results.Length; i++)
        {
            ref var result = ref results.Span[i];
            // What was refused for a reason of its own stays refused for it.
            if (i >= _decided || result.Status == PublishStatus.Accepted) result = answer;
        }
        _done.TrySetResult(items.Length);
    }

    private bool DecideNext(StoreTurn turn, DurableStream stream, ReadOnlySpan<AppendItem> span)
    {
        ref readonly var item = ref span[_decided];
        var waits = stream.Log.Gate is not null;
        if (item.Options.IdempotencyKey is null) return TryPlace(turn, stream, item, ref _decided);
        return item.Options.KeyCoversRun && !waits ? DecideRun(turn, stream, span) : DecideKeyed(turn, stream, span);
    }

    // Gives an item its place, or refuses it. False: it must wait for readers.
    private bool TryPlace(StoreTurn turn, DurableStream stream, in AppendItem item, ref int place)
    {
        var options = stream.Log.Options;
        if (EventRules.CheckFor(item.Event, options) is { } fault)
        {
            results.Span[place++] = new AppendResult(PublishStatus.Invalid, stream.PlannedPosition) { Error = fault };
            return true;
        }
        if (EventRules.IsTransient(item.Event))
        {
            (_transient ??= []).Add((_events.Count, item.Event));
            results.Span[place++] = new AppendResult(PublishStatus.Accepted, stream.PlannedPosition);
            return true;
        }
        if (stream.Log.Gate is { } gate && !gate.HasSpace(stream.PlannedHead)) return false;
        var stored = StoredEvent.Of(item, stream.PlannedHead + 1, turn.Now, options.Ids, options.Base64);
        DurableStreams.Plan(turn, stream, stored, item.Options);
        _events.Add(stored);
        results.Span[place++] = new AppendResult(PublishStatus.Accepted, stream.PlannedPosition)
        {
            HasOffset = true,
            CallerId = stored.CallerId ? Shown(item.Event.Id) : null,
        };
        return true;
    }

    private bool DecideKeyed(StoreTurn turn, DurableStream stream, ReadOnlySpan<AppendItem> span)
    {
        var item = KeyedRun.Single(span, _decided);
        if (EventRules.CheckFor(item.Event, stream.Log.Options) is null)
        {
            var hash = EventHash.Of(new ReadOnlySpan<AppendItem>(in item));
            if (streams.KeysOf(stream).Find(item.Options, hash, stream.PlannedPosition, turn.Now) is { } known)
            {
                var isCallerId = EventRules.IsCallerId(item.Event, stream.Log.Options.Ids);
                results.Span[_decided++] = known with { CallerId = isCallerId ? Shown(item.Event.Id) : null };
                return true;
            }
            var before = _decided;
            if (!TryPlace(turn, stream, item, ref _decided)) return false;
            var hasOffset = results.Span[before].HasOffset;
            Remember(turn, stream, item.Options, hash, results.Span[before].Position, hasOffset);
            return true;
        }
        return TryPlace(turn, stream, item, ref _decided);
    }

    // A run under one key: one entry for all of it.
    private bool DecideRun(StoreTurn turn, DurableStream stream, ReadOnlySpan<AppendItem> span)
    {
        var first = _decided;
        var options = span[first].Options;
        var end = KeyedRun.End(span, first);
        var run = span[first..end];
        var hash = EventHash.Of(run);
        var known = streams.KeysOf(stream).Find(options, hash, stream.PlannedPosition, turn.Now);
        if (known is { Duplicate: false } refused)
        {
            results.Span[first..end].Fill(refused);
            _decided = end;
            return true;
        }
        if (known is { } again)
        {
            Repeat(stream, run, first, again.Position);
            _decided = end;
            return true;
        }
        var start = new StreamPosition(stream.Epoch, stream.PlannedHead + 1);
        while (_decided < end)
        {
            // Nothing waits here: a stream with the policy wait has no runs under one key.
            if (!TryPlace(turn, stream, run[_decided - first], ref _decided)) throw new InvalidOperationException("A run was divided.");
        }
        Remember(turn, stream, options, hash, start, hasOffset: true);
        return true;
    }

    private void Repeat(DurableStream stream, ReadOnlySpan<AppendItem> run, int first, StreamPosition start)
    {
        var streamOptions = stream.Log.Options;
        var next = start.Offset;
        for (var k = 0; k < run.Length; k++)
        {
            if (EventRules.CheckFor(run[k].Event, streamOptions) is { } fault)
            {
                results.Span[first + k] = new AppendResult(PublishStatus.Invalid, stream.PlannedPosition) { Error = fault };
                continue;
            }
            var transient = EventRules.IsTransient(run[k].Event);
            results.Span[first + k] = new AppendResult(
                PublishStatus.Accepted, new StreamPosition(start.Epoch, transient ? next - 1 : next))
            {
                HasOffset = !transient,
                Duplicate = true,
                CallerId = EventRules.IsCallerId(run[k].Event, streamOptions.Ids) ? Shown(run[k].Event.Id) : null,
            };
            if (!transient) next++;
        }
    }

    private void Remember(
        StoreTurn turn, DurableStream stream, in PublishOptions options, ulong hash, StreamPosition position, bool hasOffset)
    {
        streams.KeysOf(stream).Remember(options, hash, position, hasOffset, turn.Now);
        (_keys ??= []).Add(options);
        KeyRecord.Put(turn.Batch, stream.Number, options, new KeyRecord(hash, position, hasOffset), turn.Now + streams.KeyWindow);
    }

    // The id "" resets readers and names no event.
    private static string? Shown(string? callerId) => string.IsNullOrEmpty(callerId) ? null : callerId;
}

/// <summary>What a failed commit is answered with.</summary>
internal static class StoreFaults
{
    internal static AppendResult Of(Exception fault) => fault switch
    {
        StoreException { IsFull: true } => new(PublishStatus.StorageFull, StreamPosition.BeforeFirst)
        {
            Error = "The disk of the data directory is full; nothing was appended.",
        },
        StoreException { OutcomeUnknown: false } => new(PublishStatus.Unavailable, StreamPosition.BeforeFirst)
        {
            Error = "The data directory cannot be written; nothing was appended.",
        },
        _ => new(PublishStatus.OutcomeUnknown, StreamPosition.BeforeFirst)
        {
            Error = "The disk failed during the append; repeat it with the same idempotency key.",
        },
    };

    internal static void AddIfPresent(this List<IStreamSink> sinks, IStreamSink? sink)
    {
        if (sink is not null) sinks.Add(sink);
    }
}
