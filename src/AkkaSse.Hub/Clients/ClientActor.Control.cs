using System.Text;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// The part of a turn that is not delivery: the opening, gaps, positions, heartbeats, changes of the streams, and the end.
/// </summary>
internal sealed partial class ClientActor
{
    // A stream that comes late meets the same id.
    private bool _unknownIdTold;

    // The connection's position as its id lines write it. All of the hub's own events repeat it, because an event without an id empties the
    // last event id of some clients (npm eventsource 4). While a gap is to be told it is the one before.
    private PositionId CurrentPosition() =>
        _rare?.Held is { } held ? new PositionId(held) : PositionId.Of(_request.Ids, _cursors, _token);

    // After a gap of one stream: the other streams' places in the token stay as the reader was last told.
    private PositionId PositionAfterGap(Cursor cursor)
    {
        if (!Array.Exists(_cursors, static c => c.HasGap) && _rare is { } rare) rare.Held = null;
        if (_request.Ids != WireIds.Token) return CurrentPosition();
        PositionId.Place(_token!, cursor);
        return new PositionId(_rare?.Held ?? _token!.Text);
    }

    // The last event id that the reader came with, as far as an id line can repeat it.
    private byte[] GivenId() => _request is { Ids: not WireIds.None, RepeatableLastEventId: { } id } ? Encoding.ASCII.GetBytes(id) : [];

    private void WriteOpen(ref TurnOutput turn)
    {
        _opened = true;
        // The head goes out with a first comment line; nothing may come before the welcome.
        turn.Put(":\n"u8);
        // With a gap to follow, a cut between the two must not leave the reader with a position that hides it: it is told the one that it
        // came with.
        if (Array.Exists(_cursors, static c => c.HasGap)) OwnRare.Held = GivenId();
        if (_request.Welcome is { } welcome) WriteWelcome(welcome.Span, ref turn);
        var buffer = FrameBuffer.Rent();
        if (_request.Control) ControlFrames.Open(buffer, ClientId, _host.Options.Retry, _cursors, CurrentPosition());
        else ControlFrames.Retry(buffer, _host.Options.Retry);
        turn.Put(buffer.Written);
        WriteGaps(ref turn);
    }

    // Where the connection starts is not known yet: the head goes out with a comment, and comments keep it.
    private void WriteWaiting(ref TurnOutput turn)
    {
        if (_ending.IsClosing) WriteEnd(ref turn);
        else if (!_keepAlive.HasWritten || _keepAlive.IsDue) turn.Put(":\n"u8);
    }

    private void WriteWelcome(ReadOnlySpan<byte> welcome, ref TurnOutput turn)
    {
        var id = CurrentPosition();
        if (id.IsEmpty || !welcome.EndsWith("\n\n"u8))
        {
            turn.Put(welcome);
            return;
        }
        turn.Put(welcome[..^1]);
        var buffer = FrameBuffer.Rent();
        ControlFrames.Finish(buffer, id);
        turn.Put(buffer.Written);
    }

    // Before its event, as a comment: EventSource ignores it, and parsers that report fields outside of the specification do too.
    private void WriteTraced(Cursor cursor, in FrameRun run, ref TurnOutput turn)
    {
        var trace = cursor.TraceOf(run);
        if (trace.IsSet)
        {
            var gathered = turn.Gather();
            gathered.Append(": "u8);
            gathered.Append(HubNames.TraceParentComment);
            trace.Format(gathered.GetSpan(TraceParent.Chars));
            gathered.Advance(TraceParent.Chars);
            gathered.Append("\n"u8);
        }
        WriteRun(cursor, run, ref turn);
        // Afterwards, so that the line alone never ends a turn.
        if (trace.IsSet) turn.Budget -= HubNames.TraceParentComment.Length + TraceParent.Chars + 3;
    }

    private static void Written(TracedDeliveries traced, Cursor cursor, in FrameRun run)
    {
        if (!run.Transient && cursor.Generation is { } g) traced.Written(cursor.Stream, g.Epoch, run.Offset - run.Events + 1, run.Offset);
    }

    private void WriteGaps(ref TurnOutput turn)
    {
        // One line for what one request asked for: an id that nobody knows is unknown to each of its streams.
        var gaps = Array.FindAll(_cursors, static c => c.HasGap);
        foreach (var cursor in gaps) WriteGap(cursor, ref turn, isTold: gaps.Length > 1);
        if (gaps.Length > 1) Log.Gaps(_host.Logger, gaps.Length, gaps[0].Stream);
        if (_rare is { } rare) rare.Held = null;
    }

    private void WriteGap(Cursor cursor, ref TurnOutput turn, bool isTold = false)
    {
        if (cursor.TakeGap() is not { } gap) return;
        _host.Metrics.Gaps.Add(1, new KeyValuePair<string, object?>("reason", gap.Word));
        var isUnknownId = gap.Reason == GapReason.UnknownId;
        if (!isTold && !(isUnknownId && _unknownIdTold))
            Log.Gap(_host.Logger, cursor.Stream, Known(gap.From), Known(gap.To), gap.Word);
        _unknownIdTold |= isUnknownId;
        var buffer = FrameBuffer.Rent();
        if (_request.Control)
        {
            // Conflated frames that follow lie inside the gap: the cursor's position is before the first of them, so that a cut skips none.
            ControlFrames.Gap(buffer, cursor.Stream, gap, exact: _filter is null, PositionAfterGap(cursor));
            cursor.ToldOffset = cursor.Position.Offset;
        }
        else
        {
            ControlFrames.GapComment(buffer, cursor.Stream, gap);
        }
        turn.Put(buffer.Written);
    }

    // A reader that is quiet because of its filter gets a position before half its retention has passed.
    private void TellPosition(ref TurnOutput turn)
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
        if (due) WritePosition(ref turn);
    }

    private void WritePosition(ref TurnOutput turn)
    {
        var buffer = FrameBuffer.Rent();
        ControlFrames.Position(buffer, _cursors, CurrentPosition());
        turn.Put(buffer.Written);
        foreach (var cursor in _cursors) cursor.ToldOffset = cursor.Position.Offset;
    }

    private void WriteHeartbeat(ref TurnOutput turn)
    {
        if (_filter is not null && _request is { Control: true, Ids: WireIds.Position or WireIds.Token }
            && Array.Exists(_cursors, static c => c.Untold > 0))
        {
            WritePosition(ref turn);
            return;
        }
        if (_request.HeartbeatKind != HeartbeatKind.Event)
        {
            turn.Put(":\n"u8);
            return;
        }
        var buffer = FrameBuffer.Rent();
        ControlFrames.Ping(buffer, _request.HeartbeatEvent ?? HubNames.PingEvent, _host.Time.GetUtcNow(), CurrentPosition());
        turn.Put(buffer.Written);
    }

    private void WriteEnd(ref TurnOutput turn)
    {
        if (!_ending.TryWrite()) return;
        var buffer = FrameBuffer.Rent();
        var asked = _rare?.EndRetry;
        if (_request.Control)
        {
            if (_ending.Closing == CloseReason.Shutdown) ControlFrames.Drain(buffer, asked ?? _host.Options.Retry, CurrentPosition());
            else ControlFrames.End(buffer, ControlFrames.Word(_ending.Closing), asked, CurrentPosition());
        }
        else if (asked is { } retry && _request.Ids != WireIds.Decimal)
        {
            // Not to r3labs' client: it makes an empty event of a line that stands alone at the end.
            ControlFrames.Retry(buffer, retry);
        }
        turn.Put(buffer.Written);
    }

    private void LeaveRemoved(ref TurnOutput turn)
    {
        var leaving = _rare!.Leaving!;
        _rare.Leaving = null;
        // Leaving runs other connections' turns on this thread, which gather in the same buffer.
        turn.Release();
        Change([], [.. leaving.Where(_cursors.Contains).Select(static c => c.Stream)], CloseReason.Removed);
        WritePending(ref turn);
    }

    private void WritePending(ref TurnOutput turn)
    {
        if (_rare?.Pending is not { } pending) return;
        turn.Put(pending);
        _rare.Pending = null;
        // The gap of an added stream comes before any event: its place in the ids is already behind the gap.
        WriteGaps(ref turn);
    }

    // What a reader has missed of an epoch that is gone has no number.
    private static string Known(long? offset) => offset?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown offset";
}
