using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>The part of a connection that is not a turn: its messages, the clock, its end, and changes of its streams.</summary>
internal sealed partial class ClientActor
{
    /// <summary>Looks at the clock for this connection; from the sweeper.</summary>
    internal void Sweep(long now)
    {
        var timeout = _host.Options.WriteTimeout;
        if (timeout != Timeout.InfiniteTimeSpan && Volatile.Read(ref _flush) is { } flush && flush.Start is var start and not 0)
        {
            SweepFlush(flush, start, now, timeout);
            return;
        }
        if (_keepAlive.TryFallDue(now, HeartbeatMilliseconds)) Signal();
        if (_rare is { } rare && now >= rare.Deadline && !_ending.IsClosing) Close(CloseReason.Lifetime);
    }

    /// <summary>Ends the transport of a peer that does not take what is written.</summary>
    internal void Abort(CloseReason reason)
    {
        if (!_ending.TryAbort(reason)) return;
        Post(new ClientMail.Gone());
        try
        {
            _transport?.Abort();
        }
        catch (Exception fault)
        {
            // The transport's own callbacks run in there; the caller may be the sweeper of all connections.
            Log.Fault(_host.Logger, fault, "abort of client " + ClientId);
            _host.Metrics.Faults.Add(1);
        }
    }

    protected override void OnMail(Mail mail)
    {
        switch (mail)
        {
            case ClientMail.Start:
                // Here and not in the caller: a change of subscriptions may have come first.
                _joined = true;
                foreach (var cursor in _cursors) cursor.LocalStream.Join(cursor);
                break;
            case ClientMail.Gone:
                _ending.IsGone = true;
                break;
            case ClientMail.Cut cut:
                _ending.Cut(cut.Reason);
                Abort(cut.Reason);
                break;
            case ClientMail.Close close:
                if (_ending.TryClose(close.Reason) && close.Retry is { } retry) OwnRare.EndRetry = retry;
                break;
            case ClientMail.StreamRemoved removed:
                RemoveStream(removed.Cursor);
                break;
            case ClientMail.Change change:
                Change(change.Add, change.Remove, CloseReason.None);
                change.Done.TrySetResult(null);
                break;
            case ClientMail.Opened opened:
                Open(opened.Cursors);
                opened.Done.TrySetResult(true);
                break;
            case ClientMail.Release:
                _held = false;
                break;
            case ClientMail.Abandon:
                Finish(_ending.Why(CloseReason.ClientGone));
                break;
        }
    }

    protected override void OnUndelivered(Mail mail)
    {
        if (mail is ClientMail.Opened opened) opened.Done.TrySetResult(false);
        if (mail is not ClientMail.Change change) return;
        foreach (var cursor in change.Add) cursor.LocalStream.Discharge();
        change.Done.TrySetResult("The connection has ended.");
    }

    protected override void OnFault(Exception fault)
    {
        if (_ending.IsGone || _ending.IsAborted || fault is OperationCanceledException or IOException or ObjectDisposedException)
        {
            if (!_ending.IsGone && !_ending.IsAborted) Log.WriteFailed(_host.Logger, fault, ClientId);
            Finish(_ending.Why(CloseReason.WriteError));
            return;
        }
        Log.Fault(_host.Logger, fault, "client " + ClientId);
        _host.Metrics.Faults.Add(1);
        _ending.Fail();
        Abort(CloseReason.Fault);
        Finish(CloseReason.Fault);
    }

    private void SweepFlush(PendingFlush flush, long start, long now, TimeSpan timeout)
    {
        var added = flush.CountFailures(start, now, timeout, out var failures);
        if (added == 0) return;
        var tolerance = Math.Max(1, _host.Options.WriteTolerance);
        _host.Metrics.FlushFailures.Add(added);
        Log.WriteTimeout(_host.Logger, ClientId, failures, tolerance);
        if (failures >= tolerance) Abort(CloseReason.SlowClient);
    }

    private void Finish(CloseReason reason)
    {
        if (!_ending.TryFinish(reason)) return;
        // Fire and forget would hide a fault: Unregister only takes the callback away and cannot throw.
        _gone.Unregister();
        // A caller that asks for it from now on gets a closed one.
        (Interlocked.CompareExchange(ref _inbox, Inbox.Ended, null) ?? Inbox.Ended).Close();
        foreach (var cursor in _cursors) Leave(cursor);
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

    private void Open(Cursor[] cursors)
    {
        foreach (var cursor in cursors) cursor.Owner = this;
        Volatile.Write(ref _cursors, cursors);
        if (_request.Ids == WireIds.Token) _token = PositionId.TokenOf(cursors);
        (OwnRare.Waits, OwnRare.Held) = (false, null);
        if (!_joined) return;
        foreach (var cursor in cursors) cursor.LocalStream.Join(cursor);
        Observed?.Began();
    }

    private void RemoveStream(Cursor cursor)
    {
        if (Array.IndexOf(_cursors, cursor) < 0 || _ending.IsClosing) return;
        if (Array.Exists(_cursors, c => !ReferenceEquals(c, cursor) && !c.IsInternal && !c.LocalStream.IsRemoved))
        {
            (OwnRare.Leaving ??= []).Add(cursor);
            return;
        }
        _ending.CloseAfterDelivery(CloseReason.Removed);
    }

    private void Change(List<Cursor> add, IReadOnlyList<string> remove, CloseReason reason)
    {
        var hasGap = _opened && add.Exists(static c => c.HasGap);
        if (hasGap) OwnRare.Held ??= CurrentPosition().ToArray();
        var cursors = new List<Cursor>(_cursors);
        foreach (var name in remove)
        {
            var cursor = cursors.Find(c => c.Stream == name);
            if (cursor is null) continue;
            cursors.Remove(cursor);
            Leave(cursor);
            _host.Left(this, cursor, reason);
        }
        foreach (var cursor in add)
        {
            cursor.Owner = this;
            cursors.Add(cursor);
        }
        Volatile.Write(ref _cursors, [.. cursors]);
        if (_request.Ids == WireIds.Token) _token = PositionId.TokenOf(_cursors);
        foreach (var cursor in add)
        {
            if (_joined) cursor.LocalStream.Join(cursor);
            Observed?.Subscribed(cursor);
        }
        if (_request.Control && _opened)
        {
            var buffer = FrameBuffer.Rent();
            ControlFrames.Subscriptions(buffer, cursors, CurrentPosition());
            OwnRare.Pending = OwnRare.Pending is { } pending ? [.. pending, .. buffer.Written] : buffer.Written.ToArray();
        }
        else if (hasGap)
        {
            OwnRare.Pending ??= [];
        }
    }

    private void Leave(Cursor cursor)
    {
        if (_joined) cursor.LocalStream.Leave(cursor);
        else cursor.LocalStream.Discharge();
    }
}
