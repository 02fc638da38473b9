using System.Security.Cryptography;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace OwnEngine.Engine;

/// <summary>One stream: its events, where it stands, and this node's attachments to it. Everything under the lock of the streams.</summary>
/// <param name="name">The name.</param>
/// <param name="options">Valid options.</param>
/// <param name="keys">Its idempotency keys.</param>
internal sealed class ListStream(string name, StreamOptions options, KeyTable keys)
{
    // What a frame has besides its data: id line, type, line ends.
    private const int FrameBytes = 64;

    // A stream without replay keeps what readers need that are a moment late.
    private const int LiveOnlyEvents = 1_024;

    // The first _dropped entries are empty. They are cut off when they are the larger part, so that dropping one event costs O(1).
    private readonly List<StoredEvent> _events = [];
    private int _dropped;

    internal string Name => name;

    internal StreamOptions Options { get; private set; } = options;

    internal KeyTable Keys => keys;

    /// <summary>Null while the stream has never existed: this object then is where its first readers wait.</summary>
    internal string? Epoch { get; private set; }

    internal long Head { get; private set; }

    /// <summary>Offset of the oldest event that is kept; Head + 1 when none is.</summary>
    internal long First => Head - (_events.Count - _dropped) + 1;

    /// <summary>The highest offset that was dropped although it had not expired: who wants it is told of a gap.</summary>
    internal long LostThrough { get; private set; }

    internal long ClearedThrough { get; private set; }

    /// <summary>Added to offsets for clients that read ids as numbers.</summary>
    internal long IdBase { get; private set; }

    internal long Bytes { get; private set; }

    internal bool Exists { get; private set; }

    /// <summary>True when a call created it; idle removal then leaves it alone.</summary>
    internal bool Declared { get; set; }

    internal DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Of the newest event, in milliseconds since 1970.</summary>
    internal long LastActivity { get; private set; }

    /// <summary>What was here before, in milliseconds since 1970, and whether a call removed it or nobody used it any more.</summary>
    internal (long At, bool ByCall)? Removed { get; private init; }

    /// <summary>Replaced and never changed, so that it can be walked without the lock.</summary>
    internal ListAttachment[] Attachments { get; set; } = [];

    internal StreamPosition Position => Epoch is { } epoch ? new StreamPosition(epoch, Head) : StreamPosition.BeforeFirst;

    internal FeedStart Start => new(Epoch!, Base: 0, Head, IdBase)
    {
        First = First,
        LostThrough = LostThrough,
        ClearedThrough = ClearedThrough,
    };

    /// <summary>Takes the place of a removed stream: it goes on with the same epoch when it is created again, and keeps its keys.</summary>
    internal static ListStream After(ListStream removed, StreamOptions options, bool byCall, long now)
    {
        removed.Exists = false;
        return new ListStream(removed.Name, options, removed.Keys)
        {
            Epoch = removed.Epoch,
            Head = removed.Head,
            LostThrough = removed.Head,
            ClearedThrough = removed.ClearedThrough,
            IdBase = removed.IdBase,
            Removed = (now, byCall),
        };
    }

    internal void Create(StreamOptions? own, bool declared, DateTimeOffset now)
    {
        (Exists, Declared, CreatedAt, LastActivity) = (true, declared, now, now.ToUnixTimeMilliseconds());
        if (own is not null) SetOptions(own, LastActivity);
        if (Epoch is not null) return;
        // Random: a process that starts again must not continue the positions of one that is gone.
        Epoch = RandomNumberGenerator.GetHexString(12, lowercase: true);
        IdBase = DecimalIds.Base(LastActivity);
        foreach (var attachment in Attachments) attachment.Feed.Begin(Start);
    }

    internal void SetOptions(StreamOptions changed, long now)
    {
        Options = changed;
        foreach (var attachment in Attachments) attachment.Feed.SetOptions(changed, now);
        Trim(now);
    }

    internal AppendResult Append(in AppendItem item, long now)
    {
        LastActivity = now;
        if (EventRules.IsTransient(item.Event))
        {
            // A comment or a retry has no offset and is kept nowhere: it goes to the readers that are connected.
            foreach (var attachment in Attachments) attachment.Feed.AppendTransient(item.Event, now);
            return new AppendResult(PublishStatus.Accepted, Position);
        }
        var stored = Stored(item, now);
        _events.Add(stored);
        Head = stored.Offset;
        Bytes += SizeOf(stored);
        foreach (var attachment in Attachments) attachment.Feed.Append(Epoch!, new ReadOnlySpan<StoredEvent>(in stored));
        Trim(now);
        var callerId = stored is { CallerId: true, Event.Id.Length: > 0 } ? stored.Event.Id : null;
        return new AppendResult(PublishStatus.Accepted, Position) { HasOffset = true, CallerId = callerId };
    }

    internal void Clear()
    {
        _events.Clear();
        (_dropped, Bytes, LostThrough, ClearedThrough) = (0, 0, Head, Head);
        TellRetention();
    }

    /// <summary>Drops what the stream's options do not keep.</summary>
    internal void Trim(long now)
    {
        var first = First;
        var most = Options.Replay ? Options.MaxEvents : LiveOnlyEvents;
        var oldest = now - (long)Options.MaxAge.TotalMilliseconds;
        while (First <= Head && (IsTooMuch() || At(First).At < oldest || IsExpired(At(First), now))) Drop(now);
        if (First != first) TellRetention();

        bool IsTooMuch() => Head - First + 1 > most || (Bytes > Options.MaxBytes && First < Head);
    }

    /// <summary>Drops old events, but never the newest, because the node's bound is exceeded. Returns the bytes that this freed.</summary>
    internal long Shrink(long bytes, long now)
    {
        var before = Bytes;
        while (before - Bytes < bytes && First < Head) Drop(now);
        if (Bytes != before) TellRetention();
        return before - Bytes;
    }

    /// <summary>The kept events among these offsets; both ends belong to the range.</summary>
    internal List<StoredEvent> Range(long from, long to)
    {
        from = Math.Max(from, First);
        to = Math.Min(to, Head);
        return from > to ? [] : _events.GetRange(IndexOf(from), (int)(to - from + 1));
    }

    internal StoredEvent At(long offset) => _events[IndexOf(offset)];

    internal static bool IsExpired(in StoredEvent stored, long now) => stored.Expiry != 0 && stored.Expiry <= now;

    private int IndexOf(long offset) => (int)(offset - First) + _dropped;

    private void Drop(long now)
    {
        var oldest = At(First);
        if (!IsExpired(oldest, now)) LostThrough = oldest.Offset;
        Bytes -= SizeOf(oldest);
        _events[_dropped++] = default;
        if (_dropped <= _events.Count / 2) return;
        _events.RemoveRange(0, _dropped);
        _dropped = 0;
    }

    private void TellRetention()
    {
        foreach (var attachment in Attachments) attachment.Feed.Retain(First, LostThrough, ClearedThrough);
    }

    // A copy: the publisher may use its memory for something else after the call.
    private StoredEvent Stored(in AppendItem item, long now)
    {
        var e = Options.Base64 ? SseBase64.Encode(item.Event) : item.Event;
        var ttl = item.Options.Ttl ?? Options.Ttl;
        return new StoredEvent(Head + 1, now, new SseEvent(e) { DataBytes = e.DataBytes!.Value.ToArray(), Fields = [.. e.Fields] })
        {
            CallerId = e.Id is { } id && (Options.Ids == StreamIds.Caller || id.Length == 0),
            ConflateKey = item.Options.ConflateKey,
            Expiry = ttl is { } time ? now + Math.Max(1, (long)time.TotalMilliseconds) : 0,
            TraceParent = item.Options.TraceParent,
        };
    }

    private static long SizeOf(in StoredEvent stored) => FrameBytes + (stored.Event.DataBytes?.Length ?? 0);
}
