using System.Threading.Channels;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Listening;

/// <summary>
/// An in-process reader: decides which event the enumerating code gets next; given its cursor, and the listening that ends it. The
/// enumerating code moves the cursor, the actor only wakes it.
/// </summary>
internal sealed class StreamListener : Actor, IStreamReader, ILaggard, IAsyncDisposable
{
    private readonly InProcessListening _listening;
    private readonly Cursor _cursor;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private volatile bool _removed;
    private volatile bool _lagged;
    private bool _last;

    internal StreamListener(InProcessListening listening, ActorCount actors, Cursor cursor)
        : base(actors)
    {
        _listening = listening;
        _cursor = cursor;
        cursor.Owner = this;
        cursor.LocalStream.Join(cursor);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Ends the enumeration after what there is.</summary>
    internal void HubStopped() => OnStreamRemoved(_cursor);

    public void OnStreamRemoved(Cursor cursor)
    {
        _removed = true;
        _wake.Writer.TryWrite(true);
    }

    public void EndAsLaggard(Cursor cursor)
    {
        _lagged = true;
        _wake.Writer.TryWrite(true);
        _cursor.LocalStream.Log.Gate?.Remove(_cursor);
    }

    public ValueTask DisposeAsync()
    {
        _listening.Close(this, _cursor);
        Post(new EndMail());
        return ValueTask.CompletedTask;
    }

    /// <summary>False when the stream was removed and everything of it was read.</summary>
    internal async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        if (_lagged) throw new HubException("The listener kept publishers waiting for longer than the publish timeout.");
        if (_removed)
        {
            // Nothing is appended after the removal; what came before it is read in one last pass.
            if (_last) return false;
            _last = true;
            return true;
        }
        return await _wake.Reader.ReadAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The next event, a gap as an event of type <c>hub.gap</c>; false when there is nothing to read now.</summary>
    internal bool TryRead(out StreamEvent e)
    {
        e = default;
        if (_lagged) return false;
        while (true)
        {
            switch (_cursor.Read(whole: false, null, _listening.Time, ClientActor.TurnBytes, out var run))
            {
                case CursorState.Data:
                    var tail = run.Transient ? null : FrameDecoder.IdOf(run.Bytes.AsSpan(run.IdStart, run.End - run.IdStart));
                    var read = FrameDecoder.Decode(run.Bytes.AsSpan(run.Start, run.IdStart - run.Start), tail);
                    // Its own, not the cursor's: with conflated events the cursor stands before the next one of them.
                    var trace = _cursor.TraceOf(run);
                    e = new StreamEvent(read, new StreamPosition(_cursor.Generation!.Epoch, run.Offset))
                    {
                        TraceParent = trace.IsSet ? trace.ToString() : null,
                    };
                    if (_cursor.LocalStream.Counters is { } counters) counters.CountDelivered(1);
                    else _listening.Metrics.CountDelivered(1, 0);
                    if (_cursor.LocalStream.Log.Traced is { IsEmpty: false } traced && !run.Transient)
                        traced.Written(_cursor.Stream, e.Position.Epoch, run.Offset, run.Offset);
                    return true;
                case CursorState.Gap when _cursor.TakeGap() is { } gap:
                    var buffer = FrameBuffer.Rent();
                    ControlFrames.Gap(buffer, _cursor.Stream, gap, exact: true, default);
                    var position = _cursor.Position;
                    e = new StreamEvent(FrameDecoder.Decode(buffer.Written[..^1], position.ToString()), position);
                    return true;
                case CursorState.Disconnect:
                    throw new HubException("The listener fell off a stream whose policy is to disconnect slow readers.");
                default:
                    return false;
            }
        }
    }

    protected override void OnMail(Mail mail) => Stop();

    protected override bool OnTurn()
    {
        _wake.Writer.TryWrite(true);
        return false;
    }

    protected override void OnFault(Exception fault) => _listening.Faults.Report(fault, "listener");

    private sealed class EndMail : Mail;
}
