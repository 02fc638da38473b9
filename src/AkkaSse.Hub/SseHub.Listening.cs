using System.Threading.Channels;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

public sealed partial class SseHub
{
    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default) =>
        CheckStreamName(stream) is { } fault ? throw new ArgumentException(fault, nameof(stream)) : Listen(stream, from, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenToZoneAsync(string zone, CancellationToken cancellation = default) =>
        HubNames.Check(zone) is { } fault ? throw new ArgumentException(fault, nameof(zone)) : Listen(HubNames.ZoneStream(zone), null, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenToBroadcastAsync(CancellationToken cancellation = default) => Listen(HubNames.BroadcastStream, null, cancellation);

    private IAsyncEnumerable<SseEvent> Listen(string stream, StartPosition? from, CancellationToken cancellation)
    {
        if (Phase is not (HubPhase.Running or HubPhase.Draining)) throw new InvalidOperationException("The hub is not running.");
        return new Listening(this, stream, from ?? StartPosition.Latest, cancellation);
    }

    private async ValueTask<Listener> OpenListenerAsync(string stream, StartPosition from, CancellationToken cancellation)
    {
        var acquired = new List<StreamActor>();
        try
        {
            var (cursor, refused) = await OpenCursorAsync(stream, 1, _ => ReaderStart.From(from), acquired, cancellation).ConfigureAwait(false);
            return new Listener(this, cursor ?? throw new HubException(refused?.Error ?? "The stream was removed."));
        }
        catch
        {
            foreach (var actor in acquired) _streams!.Release(actor);
            throw;
        }
    }

    private async IAsyncEnumerator<SseEvent> Enumerate(Task<Listener> opening, CancellationTokenSource? linked, CancellationToken cancellation)
    {
        using var both = linked;
        await using var listener = await opening.ConfigureAwait(false);
        while (await listener.WaitAsync(cancellation).ConfigureAwait(false))
        {
            while (listener.TryRead(out var e))
            {
                yield return e;
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>
    /// What listening returns. Each enumeration is a reader of its own, registered when it begins and not by its first MoveNext: what is published in between is not missed. One
    /// that is never enumerated costs nothing.
    /// </summary>
    private sealed class Listening(SseHub hub, string stream, StartPosition from, CancellationToken cancellation) : IAsyncEnumerable<SseEvent>
    {
        public IAsyncEnumerator<SseEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            var linked = cancellation.CanBeCanceled && cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken) : null;
            var either = linked?.Token ?? (cancellation.CanBeCanceled ? cancellation : cancellationToken);
            return hub.Enumerate(hub.OpenListenerAsync(stream, from, either).AsTask(), linked, either);
        }
    }

    /// <summary>An in-process reader: the enumerating code moves the cursor, the actor only wakes it.</summary>
    private sealed class Listener : Actor, IStreamReader, ILaggard, IAsyncDisposable
    {
        private readonly SseHub _hub;
        private readonly Cursor _cursor;
        private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
        private volatile bool _removed;
        private volatile bool _lagged;
        private bool _last;

        internal Listener(SseHub hub, Cursor cursor)
            : base(hub._actors)
        {
            _hub = hub;
            _cursor = cursor;
            cursor.Owner = this;
            cursor.Node.Join(cursor);
            hub._listeners.TryAdd(this, true);
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
            _cursor.Node.Log.Gate?.Remove(_cursor);
        }

        public ValueTask DisposeAsync()
        {
            _hub._listeners.TryRemove(this, out _);
            _cursor.Node.Leave(_cursor);
            _hub._streams!.Release(_cursor.Node);
            Post(new EndMail());
            return ValueTask.CompletedTask;
        }

        // False when the stream was removed and everything of it was read.
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

        internal bool TryRead(out SseEvent e)
        {
            e = null!;
            if (_lagged) return false;
            while (true)
            {
                switch (_cursor.Read(whole: false, null, _hub._time, ClientActor.TurnBytes, out var run))
                {
                    case CursorState.Data:
                        var tail = run.Transient ? null : FrameDecoder.IdOf(run.Bytes.AsSpan(run.IdStart, run.End - run.IdStart));
                        e = FrameDecoder.Decode(run.Bytes.AsSpan(run.Start, run.IdStart - run.Start), tail);
                        _hub._metrics.CountDelivered(1, 0);
                        return true;
                    case CursorState.Gap when _cursor.TakeGap() is { } gap:
                        var buffer = FrameBuffer.Rent();
                        ControlFrames.Gap(buffer, _cursor.Stream, gap, exact: true, default);
                        e = FrameDecoder.Decode(buffer.Written[..^1], _cursor.Position.ToString());
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

        protected override void OnFault(Exception fault) => _hub.OnActorFault(fault, "listener");

        private sealed class EndMail : Mail;
    }
}
