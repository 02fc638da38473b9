using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>The part of a connection that is a turn: what is written in which order, and the flush.</summary>
internal sealed partial class ClientActor
{
    // A reader of several streams takes so much of one before it looks at the next.
    private const int Quantum = 8 << 10;

    // What is left of an event that was cut at the turn's end.
    private ArraySegment<byte> _rest;
    private int _next;
    private bool _opened;
    private bool _inboxCut;

    protected override bool OnTurn()
    {
        if (_ending.IsFinished || !_joined) return false;
        if (_flush is { InFlight: true } && !TakeFlush(_flush)) return false;
        if (_ending.IsGone)
        {
            Finish(_ending.Why(CloseReason.ClientGone));
            return false;
        }
        if (FinishAfterEnd()) return false;
        var turn = new TurnOutput(_output!, TurnBytes);
        Write(ref turn);
        turn.Release();
        if (turn.Budget == TurnBytes)
        {
            // A reader without control events may end without a byte.
            if (_ending.IsWritten) Finish(_ending.Closing);
            return false;
        }
        var (events, bytes) = (turn.Events, TurnBytes - turn.Budget);
        _host.Metrics.CountDelivered(events - turn.CountedEvents, bytes);
        if (events > 0 && _host.Logger.ForDebug() is { } debug) Log.Delivered(debug, ClientId, Zone, events, bytes);
        // The first heartbeat comes at a random moment, so that connections of one storm do not beat together.
        var early = !_keepAlive.HasWritten && HeartbeatMilliseconds is var interval and > 0 ? Random.Shared.NextInt64(interval) : 0;
        _keepAlive.Wrote(_host.Clock.Milliseconds, early);
        return Flush(more: turn.Budget <= 0);
    }

    // True when the flush is done and another turn is due.
    private bool Flush(bool more)
    {
#pragma warning disable CA2012 // Consumed once, by hand: a state machine per flush would be garbage on the delivery path.
        var flush = _output!.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            var result = flush.Result;
            if (Managed is not null) KeepFlushed();
            if (!result.IsCompleted && !result.IsCanceled) return !FinishAfterEnd() && more;
            Finish(_ending.Why(CloseReason.ClientGone));
            return false;
        }
        if (_flush is null) Volatile.Write(ref _flush, new PendingFlush(this));
        _flush.Begin(flush.GetAwaiter(), Math.Max(1, _host.Clock.Milliseconds));
#pragma warning restore CA2012
        return false;
    }

    // True when the end was written, and the connection has ended.
    private bool FinishAfterEnd()
    {
        if (!_ending.IsWritten || _rest.Count > 0) return false;
        Finish(_ending.Closing);
        return true;
    }

    // True when the flush in flight is over and the connection lives.
    private bool TakeFlush(PendingFlush flush)
    {
        if (!flush.IsDone) return false;
        _host.Metrics.FlushWait.Record((_host.Clock.Milliseconds - flush.Start) / 1000.0);
        var result = flush.End();
        if (Managed is not null) KeepFlushed();
        if (result.IsCompleted || result.IsCanceled) _ending.IsGone = true;
        return true;
    }

    // No event is cut in two by a turn's end unless a rest is left, and then it is not flushed yet.
    private void KeepFlushed()
    {
        if (_rest.Count > 0) return;
        var positions = new Dictionary<string, StreamPosition>(_cursors.Length, StringComparer.Ordinal);
        foreach (var cursor in _cursors)
        {
            if (!cursor.IsInternal) positions[cursor.Stream] = cursor.Position;
        }
        Volatile.Write(ref OwnRare.FlushedPositions, positions);
    }

    private void Write(ref TurnOutput turn)
    {
        if (_rest.Count > 0)
        {
            WriteRest(ref turn);
            if (_rest.Count > 0) return;
        }
        if (_inboxCut)
        {
            DrainInbox(ref turn);
            if (_inboxCut) return;
        }
        if (!_opened)
        {
            if (_rare is { Waits: true })
            {
                WriteWaiting(ref turn);
                return;
            }
            WriteOpen(ref turn);
        }
        WritePending(ref turn);
        var ends = _ending.IsClosing && !_ending.AfterDelivery;
        if (ends && !_ending.TakeLastDelivery())
        {
            WriteEnd(ref turn);
            return;
        }
        if (Volatile.Read(ref _inbox) is { HasData: true })
        {
            DrainInbox(ref turn);
            if (_inboxCut) return;
        }
        if (!_held)
        {
            WriteStreams(ref turn);
            if (_rest.Count > 0 || _ending.IsWritten) return;
            // Budget is left: every stream was read to its head, so what was queued on a removed one is out.
            if (turn.Budget > 0 && !ends && _rare?.Leaving is not null) LeaveRemoved(ref turn);
            if (turn.Budget > 0 && _ending.AfterDelivery)
            {
                WriteEnd(ref turn);
                return;
            }
        }
        if (ends)
        {
            WriteEnd(ref turn);
            return;
        }
        if (turn.Budget == TurnBytes && _keepAlive.IsDue) WriteHeartbeat(ref turn);
    }

    private void DrainInbox(ref TurnOutput turn)
    {
        turn.Release();
        var tail = FrameBuffer.RentForTurn();
        ControlFrames.Finish(tail, CurrentPosition());
        turn.Budget -= _inbox!.Drain(turn.Response, Math.Max(1, turn.Budget), tail.Written, out var atBoundary);
        _inboxCut = !atBoundary;
    }

    private void WriteRest(ref TurnOutput turn)
    {
        var count = Math.Min(_rest.Count, turn.Budget);
        turn.Put(_rest.AsSpan(0, count));
        _rest = _rest[count..];
        if (_rest.Count == 0 && _rare is { RestTail: { } tail } rare)
        {
            rare.RestTail = null;
            turn.Put(tail);
        }
    }

    private void WriteStreams(ref TurnOutput turn)
    {
        var cursors = _cursors;
        if (cursors.Length == 1)
        {
            Deliver(cursors[0], turn.Budget, ref turn);
            if (turn.Budget > 0 && !_ending.IsWritten) TellPosition(ref turn);
            return;
        }
        var first = cursors.Length == 0 ? 0 : _next++ % cursors.Length;
        for (var more = true; more && turn.Budget > 0;)
        {
            more = false;
            for (var i = 0; i < cursors.Length && turn.Budget > 0 && _rest.Count == 0; i++)
            {
                var at = first + i;
                if (at >= cursors.Length) at -= cursors.Length;
                more |= Deliver(cursors[at], Math.Min(Quantum, turn.Budget), ref turn);
                if (_ending.IsWritten) return;
            }
            if (_rest.Count > 0) return;
        }
        // Also after a delivery: the ids of a busy stream say nothing of a quiet one beside it.
        if (turn.Budget > 0) TellPosition(ref turn);
    }

    // True when the quantum ended before the data did.
    private bool Deliver(Cursor cursor, int quantum, ref TurnOutput turn)
    {
        if (cursor.LocalStream.Counters is not { } counters) return DeliverRuns(cursor, quantum, ref turn);
        var before = turn.Events;
        var more = DeliverRuns(cursor, quantum, ref turn);
        var events = turn.Events - before;
        if (events == 0) return more;
        counters.CountDelivered(events);
        turn.CountedEvents += events;
        return more;
    }

    private bool DeliverRuns(Cursor cursor, int quantum, ref TurnOutput turn)
    {
        var whole = _request is { Ids: WireIds.Position, TraceParents: false };
        var end = turn.Budget - quantum;
        while (turn.Budget > end)
        {
            switch (cursor.Read(whole, _filter, _host.Time, turn.Budget - end, out var run))
            {
                case CursorState.Data:
                    if (_request.TraceParents) WriteTraced(cursor, run, ref turn);
                    else WriteRun(cursor, run, ref turn);
                    turn.Events += run.Events;
                    if (cursor.LocalStream.Log.Traced is { IsEmpty: false } traced) Written(traced, cursor, run);
                    if (_rest.Count > 0) return true;
                    break;
                case CursorState.Gap:
                    WriteGap(cursor, ref turn);
                    break;
                case CursorState.Disconnect:
                    _ending.TryClose(CloseReason.SlowClient);
                    WriteEnd(ref turn);
                    return false;
                default:
                    return false;
            }
        }
        return true;
    }

    private void WriteRun(Cursor cursor, in FrameRun run, ref TurnOutput turn)
    {
        if (!run.Transient) cursor.ToldOffset = run.Offset;
        var asItLies = run.Transient || _request.Ids == WireIds.Position;
        var body = run.Bytes.AsSpan(run.Start, (asItLies ? run.End : run.IdStart) - run.Start);
        if (body.Length > turn.Budget)
        {
            // Cut at the turn's end. What is left of it keeps its bytes alive, and is the same array for all its readers.
            var count = turn.Budget;
            turn.Put(body[..count]);
            _rest = new ArraySegment<byte>(run.Bytes, run.Start + count, body.Length - count);
            if (asItLies) return;
            var tail = FrameBuffer.RentForTurn();
            AppendTail(tail, cursor, run);
            OwnRare.RestTail = tail.Written.ToArray();
            return;
        }
        if (asItLies)
        {
            turn.Put(body);
            return;
        }
        var gathered = turn.Gather();
        var before = gathered.Count;
        gathered.Append(body);
        AppendTail(gathered, cursor, run);
        turn.Budget -= gathered.Count - before;
    }

    private void AppendTail(FrameBuffer to, Cursor cursor, in FrameRun run)
    {
        switch (_request.Ids)
        {
            case WireIds.Decimal when cursor.LocalStream.Log.Options.Ids == StreamIds.Caller:
                to.Append(run.Bytes.AsSpan(run.IdStart, run.End - run.IdStart));
                return;
            case WireIds.None:
                to.Append("\n"u8);
                return;
        }
        to.Append("id: "u8);
        if (_request.Ids == WireIds.Decimal)
        {
            ControlFrames.Number(to, cursor.Generation!.IdBase + run.Offset);
        }
        else
        {
            _token!.Set(cursor.TokenSlot, cursor.Generation!.EpochTag, run.Offset);
            to.Append(_token.Text);
        }
        to.Append("\n\n"u8);
    }
}
