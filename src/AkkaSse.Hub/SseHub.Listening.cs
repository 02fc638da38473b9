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
        CheckStreamName(stream) is { } fault ? throw new ArgumentException(fault, nameof(stream)) : Listen(stream, from, static e => e.Event, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamEvent> SubscribeAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default) =>
        CheckStreamName(stream) is { } fault ? throw new ArgumentException(fault, nameof(stream)) : Listen(stream, from, static e => e, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenToZoneAsync(string zone, CancellationToken cancellation = default) =>
        HubNames.Check(zone) is { } fault ? throw new ArgumentException(fault, nameof(zone)) : Listen(HubNames.ZoneStream(zone), null, static e => e.Event, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<SseEvent> ListenToBroadcastAsync(CancellationToken cancellation = default) =>
        Listen(HubNames.BroadcastStream, null, static e => e.Event, cancellation);

    private Listening<T> Listen<T>(string stream, StartPosition? from, Func<StreamEvent, T> select, CancellationToken cancellation)
    {
        if (Phase is not (HubPhase.Running or HubPhase.Draining)) throw new InvalidOperationException("The hub is not running.");
        return new Listening<T>(this, stream, from ?? StartPosition.Latest, select, cancellation);
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

    private static async IAsyncEnumerator<T> Enumerate<T>(Task<Listener> opening, Func<StreamEvent, T> select, CancellationToken cancellation)
    {
        await using var listener = await opening.ConfigureAwait(false);
        while (await listener.WaitAsync(cancellation).ConfigureAwait(false))
        {
            while (listener.TryRead(out var e))
            {
                yield return select(e);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>
    /// What listening returns. Each enumeration is a reader of its own, registered when it begins and not by its first MoveNext: what is published in between is not missed. One
    /// that is never enumerated costs nothing.
    /// </summary>
    private sealed class Listening<T>(SseHub hub, string stream, StartPosition from, Func<StreamEvent, T> select, CancellationToken cancellation) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            var linked = cancellation.CanBeCanceled && cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellation, cancellationToken) : null;
            var either = linked?.Token ?? (cancellation.CanBeCanceled ? cancellation : cancellationToken);
            var opening = hub.OpenListenerAsync(stream, from, either).AsTask();
            return new Enumeration<T>(opening, linked, Enumerate(opening, select, either));
        }
    }

    /// <summary>One enumeration. An iterator that was never moved does not run its own end, and the reader is there since before the first move: then it is ended here.</summary>
    private sealed class Enumeration<T>(Task<Listener> opening, CancellationTokenSource? linked, IAsyncEnumerator<T> events) : IAsyncEnumerator<T>
    {
        private bool _moved;

        public T Current => events.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            _moved = true;
            return events.MoveNextAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_moved) await events.DisposeAsync().ConfigureAwait(false);
            else await AbandonAsync().ConfigureAwait(false);
            linked?.Dispose();
        }

        private async ValueTask AbandonAsync()
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Refused, or cancelled: there is no reader, and nobody has asked why.
            if (opening.IsCompletedSuccessfully) await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
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
            cursor.LocalStream.Join(cursor);
            hub._listeners.TryAdd(this, true);
            // The hub is stopped first and its listeners are told then: one of the two sees the other.
            if (hub.Phase == HubPhase.Stopped) HubStopped();
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
            _hub._listeners.TryRemove(this, out _);
            _cursor.LocalStream.Leave(_cursor);
            _hub._streams!.Release(_cursor.LocalStream);
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

        internal bool TryRead(out StreamEvent e)
        {
            e = default;
            if (_lagged) return false;
            while (true)
            {
                switch (_cursor.Read(whole: false, null, _hub._time, ClientActor.TurnBytes, out var run))
                {
                    case CursorState.Data:
                        var tail = run.Transient ? null : FrameDecoder.IdOf(run.Bytes.AsSpan(run.IdStart, run.End - run.IdStart));
                        var read = FrameDecoder.Decode(run.Bytes.AsSpan(run.Start, run.IdStart - run.Start), tail);
                        // Its own, not the cursor's: with conflated events the cursor stands before the next one of them.
                        e = new StreamEvent(read, new StreamPosition(_cursor.Generation!.Epoch, run.Offset));
                        _hub._metrics.CountDelivered(1, 0);
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

        protected override void OnFault(Exception fault) => _hub.OnActorFault(fault, "listener");

        private sealed class EndMail : Mail;
    }
}
