using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>The part of a connection that is not delivery: opening, gaps, changes, heartbeat, the end.</summary>
internal sealed partial class ClientActor
{
    // A stream that comes late meets the same id.
    private bool _unknownIdTold;

    private void WriteOpen(ref int budget)
    {
        _opened = true;
        // The head goes out with a first comment line; nothing may come before the welcome.
        Put(":\n"u8, ref budget);
        // With a gap to follow, a cut between the two must not leave the reader with a position that hides it: it is told the one that it
        // came with.
        if (Array.Exists(_cursors, static c => c.HasGap)) OwnRare.Held = GivenId();
        if (_request.Welcome is { } welcome) WriteWelcome(welcome.Span, ref budget);
        var buffer = FrameBuffer.Rent();
        if (_request.Control)
        {
            ControlFrames.Open(buffer, ClientId, _host.Options.Retry, _cursors, PositionId());
        }
        else
        {
            ControlFrames.Retry(buffer, _host.Options.Retry);
        }
        Put(buffer.Written, ref budget);
        WriteGaps(ref budget);
    }

    private void WriteWelcome(ReadOnlySpan<byte> welcome, ref int budget)
    {
        var id = PositionId();
        if (id.IsEmpty || !welcome.EndsWith("\n\n"u8))
        {
            Put(welcome, ref budget);
            return;
        }
        Put(welcome[..^1], ref budget);
        var buffer = FrameBuffer.Rent();
        ControlFrames.Finish(buffer, id);
        Put(buffer.Written, ref budget);
    }

    private void WriteGaps(ref int budget)
    {
        // One line for what one request asked for: an id that nobody knows is unknown to each of its streams.
        var gaps = Array.FindAll(_cursors, static c => c.HasGap);
        foreach (var cursor in gaps) WriteGap(cursor, ref budget, isTold: gaps.Length > 1);
        if (gaps.Length > 1) Log.Gaps(_host.Logger, gaps.Length, gaps[0].Stream);
        if (_rare is { } rare) rare.Held = null;
    }

    private void WriteGap(Cursor cursor, ref int budget, bool isTold = false)
    {
        if (cursor.TakeGap() is not { } gap) return;
        _host.Metrics.Gaps.Add(1, new KeyValuePair<string, object?>("reason", gap.Word));
        var isUnknownId = gap.Reason == GapReason.UnknownId;
        if (!isTold && !(isUnknownId && _unknownIdTold)) Log.Gap(_host.Logger, cursor.Stream, gap.From, gap.To, gap.Word);
        _unknownIdTold |= isUnknownId;
        var buffer = FrameBuffer.Rent();
        if (_request.Control)
        {
            // Conflated frames that follow lie inside the gap: the cursor's position is before the first of them, so that a cut skips none.
            ControlFrames.Gap(buffer, cursor.Stream, gap, exact: _filter is null, PositionId(cursor));
            cursor.ToldOffset = cursor.Position.Offset;
        }
        else
        {
            ControlFrames.GapComment(buffer, cursor.Stream, gap);
        }
        Put(buffer.Written, ref budget);
    }

    // A reader that is quiet because of its filter gets a position before half its retention has passed.
    private void TellPosition(ref int budget)
    {
        if (_filter is null || !_request.Control || _request.Ids is WireIds.None or WireIds.Decimal) return;
        var due = false;
        foreach (var cursor in _cursors)
        {
            if (cursor.Untold <= 0) continue;
            var log = cursor.LocalStream.Log;
            // Half of what is retained in events; by age and bytes the heartbeat's pace is enough, see WriteHeartbeat.
            if (cursor.Untold >= Math.Max(1, Math.Min(log.Options.MaxEvents, Math.Max(1_024, log.Count)) / 4)) due = true;
        }
        if (due) WritePosition(ref budget);
    }

    private void WritePosition(ref int budget)
    {
        var id = PositionId();
        var buffer = FrameBuffer.Rent();
        ControlFrames.Position(buffer, _cursors, id);
        Put(buffer.Written, ref budget);
        foreach (var cursor in _cursors) cursor.ToldOffset = cursor.Position.Offset;
    }

    private void WriteHeartbeat(ref int budget)
    {
        if (_filter is not null && _request.Control && _request.Ids is WireIds.Position or WireIds.Token && Array.Exists(_cursors, static c => c.Untold > 0))
        {
            WritePosition(ref budget);
            return;
        }
        if (_request.HeartbeatKind == HeartbeatKind.Event)
        {
            var buffer = FrameBuffer.Rent();
            ControlFrames.Ping(buffer, _request.HeartbeatEvent ?? HubNames.PingEvent, _host.Time.GetUtcNow(), PositionId());
            Put(buffer.Written, ref budget);
            return;
        }
        Put(":\n"u8, ref budget);
    }

    private void WriteEnd(ref int budget)
    {
        if (_endWritten) return;
        _endWritten = true;
        var buffer = FrameBuffer.Rent();
        if (_request.Control)
        {
            if (_closing == CloseReason.Shutdown) ControlFrames.Drain(buffer, _rare?.EndRetry ?? _host.Options.Retry, PositionId());
            else ControlFrames.End(buffer, ControlFrames.Word(_closing), _rare?.EndRetry, PositionId());
        }
        else if (_rare?.EndRetry is { } retry && _request.Ids != WireIds.Decimal)
        {
            // Not to r3labs' client: it makes an empty event of a line that stands alone at the end.
            ControlFrames.Retry(buffer, retry);
        }
        Put(buffer.Written, ref budget);
    }

    private void RemoveStream(Cursor cursor)
    {
        if (Array.IndexOf(_cursors, cursor) < 0 || _closing != CloseReason.None) return;
        if (Array.Exists(_cursors, c => !ReferenceEquals(c, cursor) && !c.IsInternal && !c.LocalStream.IsRemoved))
        {
            (OwnRare.Leaving ??= []).Add(cursor);
            return;
        }
        // What is queued is delivered first.
        _closing = CloseReason.Removed;
        _closeAfterDrain = true;
    }

    private void LeaveRemoved(ref int budget)
    {
        var leaving = _rare!.Leaving!;
        _rare.Leaving = null;
        // Leaving runs other connections' turns on this thread, which gather in the same buffer.
        Release(_gathered);
        Change([], [.. leaving.Where(_cursors.Contains).Select(static c => c.Stream)], CloseReason.Removed);
        WritePending(ref budget);
    }

    private void WritePending(ref int budget)
    {
        if (_rare?.Pending is not { } pending) return;
        Put(pending, ref budget);
        _rare!.Pending = null;
        // The gap of an added stream comes before any event: its place in the ids is already behind the gap.
        WriteGaps(ref budget);
    }

    private void Change(List<Cursor> add, IReadOnlyList<string> remove, CloseReason reason)
    {
        var hasGap = _opened && add.Exists(static c => c.HasGap);
        if (hasGap) OwnRare.Held ??= PositionId().ToArray();
        var cursors = new List<Cursor>(_cursors);
        foreach (var name in remove)
        {
            var cursor = cursors.Find(c => c.Stream == name);
            if (cursor is null) continue;
            cursors.Remove(cursor);
            if (_joined) cursor.LocalStream.Leave(cursor);
            else cursor.LocalStream.Discharge();
            _host.Left(this, cursor, reason);
        }
        foreach (var cursor in add)
        {
            cursor.Owner = this;
            cursors.Add(cursor);
        }
        Volatile.Write(ref _cursors, [.. cursors]);
        if (_request.Ids == WireIds.Token) BuildToken();
        foreach (var cursor in add)
        {
            if (_joined) cursor.LocalStream.Join(cursor);
            Observed?.Subscribed(cursor);
        }
        if (_request.Control && _opened)
        {
            var buffer = FrameBuffer.Rent();
            ControlFrames.Subscriptions(buffer, cursors, PositionId());
            OwnRare.Pending = OwnRare.Pending is { } pending ? [.. pending, .. buffer.Written] : buffer.Written.ToArray();
        }
        else if (hasGap)
        {
            OwnRare.Pending ??= [];
        }
    }

    private void Finish(CloseReason reason)
    {
        if (_finished) return;
        _finished = true;
        _reason = reason;
        // Fire and forget would hide a fault: Unregister only takes the callback away and cannot throw.
        _gone.Unregister();
        // Whoever asks for it from now on gets a closed one.
        (Interlocked.CompareExchange(ref _inbox, Inbox.Ended, null) ?? Inbox.Ended).Close();
        foreach (var cursor in _cursors)
        {
            if (_joined) cursor.LocalStream.Leave(cursor);
            else cursor.LocalStream.Discharge();
        }
        Stop();
        try
        {
            _host.Ended(this, reason);
        }
        finally
        {
            _transport?.OnEnded(reason);
            Interlocked.Exchange(ref _completion, s_over)?.TrySetResult();
        }
    }

    private static TaskCompletionSource Over()
    {
        var over = new TaskCompletionSource();
        over.SetResult();
        return over;
    }

    /// <summary>What few connections ever need, in an object of its own: it would be 80 bytes of every idle one.</summary>
    private sealed class Rare
    {
        internal SemaphoreSlim? Changes;
        internal ObserverRelay? Observed;
        internal long Deadline = long.MaxValue;
        internal ManagedSubscription? Managed;
        internal bool HasStoredChange;
        internal IReadOnlyDictionary<string, StreamPosition> FlushedPositions = NoPositions;
        internal List<Cursor>? Leaving;
        internal TimeSpan? EndRetry;
        internal byte[]? Pending;
        internal byte[]? RestTail;
        internal byte[]? Held;
    }

    /// <summary>A flush that waits for the peer, used again for the next one. Made for the first: most connections never need it.</summary>
    private sealed class SlowFlush
    {
        private readonly ClientActor _client;
        private readonly Action _done;
        private ValueTaskAwaiter<FlushResult> _awaiter;
        private int _isDone;

        internal SlowFlush(ClientActor client)
        {
            _client = client;
            _done = OnDone;
        }

        /// <summary>When it began, by the coarse clock; 0 while none is in flight.</summary>
        internal long Start;

        /// <summary>Write timeouts since it began.</summary>
        internal int Failures;

        internal bool InFlight { get; private set; }

        internal bool IsDone => Volatile.Read(ref _isDone) != 0;

        internal void Begin(ValueTaskAwaiter<FlushResult> awaiter, long now)
        {
            InFlight = true;
            Failures = 0;
            Volatile.Write(ref Start, now);
            _awaiter = awaiter;
            awaiter.UnsafeOnCompleted(_done);
        }

        internal FlushResult End()
        {
            InFlight = false;
            Volatile.Write(ref _isDone, 0);
            Volatile.Write(ref Start, 0);
            var awaiter = _awaiter;
            _awaiter = default;
            return awaiter.GetResult();
        }

        private void OnDone()
        {
            Volatile.Write(ref _isDone, 1);
            _client.SignalInline();
        }
    }

    private sealed class AbortOnly(Action abort) : IClientTransport
    {
        public void Abort() => abort();

        public void OnEnded(CloseReason reason)
        {
        }
    }

    private sealed class StartMail : Mail;

    private sealed class GoneMail : Mail;

    private sealed class AbandonMail : Mail;

    private sealed class ReleaseMail : Mail;

    private sealed class CutMail(CloseReason reason) : Mail
    {
        internal CloseReason Reason { get; } = reason;
    }

    private sealed class CloseMail(CloseReason reason, TimeSpan? retry) : Mail
    {
        internal CloseReason Reason { get; } = reason;

        internal TimeSpan? Retry { get; } = retry;
    }

    private sealed class StreamRemovedMail(Cursor cursor) : Mail
    {
        internal Cursor Cursor { get; } = cursor;
    }

    private sealed class ChangeMail(List<Cursor> add, IReadOnlyList<string> remove) : Mail
    {
        internal List<Cursor> Add { get; } = add;

        internal IReadOnlyList<string> Remove { get; } = remove;

        internal TaskCompletionSource<string?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
