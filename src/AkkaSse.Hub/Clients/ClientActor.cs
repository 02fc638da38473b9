using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// One connection: its cursors, its inbox, the one flush in flight. A turn copies what lies between cursors and heads into the response, at most 32 KB, and flushes once.
/// </summary>
/// <remarks>Turns run on lane, pool and socket threads; nothing here blocks or holds a lock over I/O.</remarks>
internal sealed partial class ClientActor : Actor, IClientConnection, IPendingDelivery, IStreamReader, ILaggard
{
    /// <summary>At most so many bytes are written in one turn, so that a reader that catches up does not hold a thread.</summary>
    internal const int TurnBytes = 32 << 10;

    // A reader of several streams takes so much of one before it looks at the next.
    private const int Quantum = 8 << 10;

    private static readonly IReadOnlyDictionary<string, StreamPosition> NoPositions = System.Collections.Frozen.FrozenDictionary<string, StreamPosition>.Empty;

    private static readonly TaskCompletionSource s_over = Over();

    private readonly ClientHost _host;
    private readonly SubscribeRequest _request;
    private readonly string? _id;
    private readonly Guid _made;
    private TaskCompletionSource? _completion;
    private Cursor[] _cursors;
    private CursorToken? _token;
    private readonly TypeFilter? _filter;
    private Inbox? _inbox;
    private PipeWriter? _output;
    private IClientTransport? _transport;
    private CancellationTokenRegistration _gone;

    private SlowFlush? _flush;
    private int _aborted;

    private bool _joined;
    private bool _opened;
    private bool _held;
    private bool _hasGone;
    private bool _finished;
    private int _started;
    private CloseReason _reason;
    private CloseReason _closing;
    private bool _closeAfterDrain;
    private bool _endWritten;
    private bool _spread = true;
    private Rare? _rare;

    // Set only while a turn runs.
    private FrameBuffer? _gathered;
    private ArraySegment<byte> _rest;
    private bool _inboxCut;
    private int _next;
    private long _lastWrite;
    private int _heartbeatDue;
    private readonly long _connectedAt;

    /// <summary>A connection that does not run yet.</summary>
    /// <param name="host">What connections share.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="id">The id that the client has chosen; null: one is made.</param>
    /// <param name="generation">Of the claim to the id; 0 for none.</param>
    /// <param name="cursors">Its places.</param>
    /// <param name="held">Whether streams wait until <see cref="Release()"/>.</param>
    internal ClientActor(ClientHost host, SubscribeRequest request, string? id, long generation, List<Cursor> cursors, bool held)
        : base(host.Actors)
    {
        _host = host;
        _request = request;
        _id = id;
        if (id is null) _made = ConnectionIds.Draw();
        Generation = generation;
        _cursors = [.. cursors];
        _held = held;
        _filter = request.Types.Count > 0 ? new TypeFilter(request.Types) : null;
        _connectedAt = host.Time.GetUtcNow().UtcTicks;
        var now = host.Clock.Milliseconds;
        _lastWrite = now;
        if (host.Options.MaxConnectionLifetime is { } life) OwnRare.Deadline = now + (long)(life.TotalMilliseconds * (1 - (0.1 * Random.Shared.NextDouble())));
        foreach (var cursor in cursors) cursor.Owner = this;
        if (request.Ids == WireIds.Token) BuildToken();
    }

    /// <summary>A made id is written anew each time: as text it would be 110 bytes of every idle connection.</summary>
    public string ClientId => _id ?? _host.Ids.Text(_made);

    /// <summary>The random part of an id that was made; empty for an id that the client has chosen.</summary>
    internal Guid Made => _made;

    public CloseReason Reason => _reason;

    internal string? Zone => _request.Zone;

    internal string? Instance => _request.Instance;

    internal string? Subject => _request.Subject;

    internal string? LimitKey => _request.LimitKey;

    internal SubscribeRequest Request => _request;

    internal long Generation { get; }

    internal DateTimeOffset ConnectedAt => new(_connectedAt, TimeSpan.Zero);

    /// <summary>What is sent to this client. Made when somebody asks: most connections never get anything but streams.</summary>
    internal Inbox Inbox => Volatile.Read(ref _inbox) ?? Interlocked.CompareExchange(ref _inbox, new Inbox(), null) ?? _inbox!;

    /// <summary>Completes when the connection has ended.</summary>
    internal Task Ended => (Volatile.Read(ref _completion) ?? Interlocked.CompareExchange(ref _completion, new(TaskCreationOptions.RunContinuationsAsynchronously), null) ?? _completion!).Task;

    /// <summary>The managed subscription that this connection serves.</summary>
    internal ManagedSubscription? Managed
    {
        get => _rare?.Managed;
        set => OwnRare.Managed = value;
    }

    /// <summary>True when the streams were changed while connected and the change outlives the connection.</summary>
    internal bool HasStoredChange
    {
        get => _rare?.HasStoredChange == true;
        set => OwnRare.HasStoredChange = value;
    }

    /// <summary>What has been written and flushed, per stream; of the last flush that was done.</summary>
    internal IReadOnlyDictionary<string, StreamPosition> FlushedPositions => _rare is { } rare ? Volatile.Read(ref rare.FlushedPositions) : NoPositions;

    /// <summary>Tells the observers; null when there are none.</summary>
    internal ObserverRelay? Observed
    {
        get => _rare?.Observed;
        set => OwnRare.Observed = value;
    }

    /// <summary>Place in the connection table. Touched under its lock.</summary>
    internal int TableIndex = -1;

    private long HeartbeatMilliseconds => _request.HeartbeatKind == HeartbeatKind.None ? 0 : (long)(_request.Heartbeat ?? _host.Options.Heartbeat).TotalMilliseconds;

    /// <summary>The streams now, from any thread. The array never changes: a change of the streams brings another one.</summary>
    internal Cursor[] CursorSnapshot => Volatile.Read(ref _cursors);

    public Task RunAsync(PipeWriter output, Action abort, CancellationToken gone)
    {
        Run(output, new AbortOnly(abort), gone);
        return Ended;
    }

    public void Run(PipeWriter output, IClientTransport transport, CancellationToken gone)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0) throw new InvalidOperationException("A connection runs once.");
        _output = output;
        _transport = transport;
        Post(new StartMail(), inline: true);
        Observed?.Began();
        _gone = gone.UnsafeRegister(static s => ((ClientActor)s!).Post(new GoneMail(), inline: true), this);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            Post(new AbandonMail(), inline: true);
        }
        await Ended.ConfigureAwait(false);
    }

    /// <summary>Ends the connection with <c>hub.end</c>, or on drain with <c>hub.drain</c>.</summary>
    internal void Close(CloseReason reason, TimeSpan? retry = null) => Post(new CloseMail(reason, retry));

    /// <summary>Ends it without another byte: its node may not speak for the client any more.</summary>
    internal void Cut(CloseReason reason) => Post(new CutMail(reason));

    void IPendingDelivery.Deliver() => SignalInline();

    void ILaggard.EndAsLaggard(Cursor cursor) => Abort(CloseReason.SlowClient);

    /// <summary>Held while a change of the streams is decided and applied: each decision sees the result of the one before.</summary>
    internal SemaphoreSlim Changes => LazyInitializer.EnsureInitialized(ref OwnRare.Changes, static () => new SemaphoreSlim(1, 1));

    private Rare OwnRare => Volatile.Read(ref _rare) ?? Interlocked.CompareExchange(ref _rare, new Rare(), null) ?? _rare!;

    internal Task<string?> ChangeAsync(List<Cursor> add, IReadOnlyList<string> remove)
    {
        var mail = new ChangeMail(add, remove);
        Post(mail);
        return mail.Done.Task;
    }

    /// <summary>The observers are through: streams may flow.</summary>
    internal void Release() => Post(new ReleaseMail());

    public void OnStreamRemoved(Cursor cursor) => Post(new StreamRemovedMail(cursor));

    /// <summary>Looks at the clock for this connection; from the sweeper.</summary>
    internal void Sweep(long now)
    {
        var timeout = _host.Options.WriteTimeout;
        if (timeout != Timeout.InfiniteTimeSpan && Volatile.Read(ref _flush) is { } flush && Volatile.Read(ref flush.Start) is var start and not 0)
        {
            var failures = (int)((now - start) / Math.Max(1, (long)timeout.TotalMilliseconds));
            if (failures > flush.Failures)
            {
                _host.Metrics.FlushFailures.Add(failures - flush.Failures);
                flush.Failures = failures;
                Log.WriteTimeout(_host.Logger, ClientId, failures, Math.Max(1, _host.Options.WriteTolerance));
                if (failures >= Math.Max(1, _host.Options.WriteTolerance)) Abort(CloseReason.SlowClient);
            }
            return;
        }
        var interval = HeartbeatMilliseconds;
        if (interval > 0 && now - Volatile.Read(ref _lastWrite) >= interval && Interlocked.Exchange(ref _heartbeatDue, 1) == 0) Signal();
        if (_rare is { } rare && now >= rare.Deadline && _closing == CloseReason.None) Close(CloseReason.Lifetime);
    }

    /// <summary>Ends the transport of a peer that does not take what is written.</summary>
    internal void Abort(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0) return;
        if (_reason == CloseReason.None) _reason = Why(reason);
        Post(new GoneMail());
        try
        {
            _transport?.Abort();
        }
        catch (Exception fault)
        {
            // The transport's own callbacks run in there; whoever aborts may be the sweeper of all connections.
            Log.Fault(_host.Logger, fault, "abort of client " + ClientId);
            _host.Metrics.Faults.Add(1);
        }
    }

    // A connection that was being ended for a reason has ended for that reason, whatever finished it.
    private CloseReason Why(CloseReason otherwise) => _reason != CloseReason.None ? _reason : _closing != CloseReason.None ? _closing : otherwise;

    internal ClientInfo Info() => new()
    {
        Id = ClientId,
        Zone = Zone,
        Node = _host.Options.NodeName,
        ConnectedAt = ConnectedAt,
        Streams = [.. CursorSnapshot.Where(c => !c.IsInternal).Select(c => c.Stream)],
        ListenZones = _request.ListenZones,
        Subject = _request.Subject,
        Instance = _request.Instance,
        Remote = _request.Remote,
        Url = _request.Url,
        LastEventId = _request.LastEventId,
        Headers = _request.Headers,
    };

    protected override void OnMail(Mail mail)
    {
        switch (mail)
        {
            case StartMail:
                // Here and not in the caller: a change of subscriptions may have come first.
                _joined = true;
                foreach (var cursor in _cursors) cursor.LocalStream.Join(cursor);
                break;
            case GoneMail:
                _hasGone = true;
                break;
            case CutMail cut:
                if (_reason == CloseReason.None) _reason = cut.Reason;
                Abort(cut.Reason);
                _hasGone = true;
                break;
            case CloseMail close:
                if (_closing != CloseReason.None) break;
                _closing = close.Reason;
                if (close.Retry is { } retry) OwnRare.EndRetry = retry;
                break;
            case StreamRemovedMail removed:
                RemoveStream(removed.Cursor);
                break;
            case ChangeMail change:
                Change(change.Add, change.Remove, CloseReason.None);
                change.Done.TrySetResult(null);
                break;
            case ReleaseMail:
                _held = false;
                break;
            case AbandonMail:
                Finish(Why(CloseReason.ClientGone));
                break;
        }
    }

    protected override void OnUndelivered(Mail mail)
    {
        if (mail is ChangeMail change)
        {
            foreach (var cursor in change.Add) cursor.LocalStream.Discharge();
            change.Done.TrySetResult("The connection has ended.");
        }
    }

    protected override bool OnTurn()
    {
        if (_finished || !_joined) return false;
        if (_flush is { InFlight: true } && !TakeFlush(_flush)) return false;
        if (_hasGone)
        {
            Finish(Why(CloseReason.ClientGone));
            return false;
        }
        if (_endWritten && _rest.Count == 0)
        {
            Finish(_closing);
            return false;
        }
        var budget = TurnBytes;
        var events = 0;
        Write(ref budget, ref events);
        Release(_gathered);
        if (budget == TurnBytes)
        {
            // A reader without control events may end without a byte.
            if (_endWritten) Finish(_closing);
            return false;
        }
        var more = budget <= 0;
        _host.Metrics.CountDelivered(events, TurnBytes - budget);
        if (events > 0 && _host.Logger.IsEnabled(LogLevel.Debug)) Log.Delivered(_host.Logger, ClientId, Zone, events, TurnBytes - budget);
        // The first heartbeat comes at a random moment, so that connections of one storm do not beat together.
        var early = _spread && HeartbeatMilliseconds > 0 ? Random.Shared.NextInt64(HeartbeatMilliseconds) : 0;
        _spread = false;
        Volatile.Write(ref _lastWrite, _host.Clock.Milliseconds - early);
        Volatile.Write(ref _heartbeatDue, 0);
#pragma warning disable CA2012 // Consumed once, by hand: a state machine per flush would be garbage on the delivery path.
        var flush = _output!.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            var result = flush.Result;
            if (Managed is not null) KeepFlushed();
            if (result.IsCompleted || result.IsCanceled)
            {
                Finish(Why(CloseReason.ClientGone));
                return false;
            }
            if (_endWritten && _rest.Count == 0)
            {
                Finish(_closing);
                return false;
            }
            return more;
        }
        if (_flush is null) Volatile.Write(ref _flush, new SlowFlush(this));
        _flush.Begin(flush.GetAwaiter(), Math.Max(1, _host.Clock.Milliseconds));
#pragma warning restore CA2012
        return false;
    }

    protected override void OnFault(Exception fault)
    {
        _gathered = null;
        if (_hasGone || _aborted != 0 || fault is OperationCanceledException or IOException or ObjectDisposedException)
        {
            if (!_hasGone && _aborted == 0) Log.WriteFailed(_host.Logger, fault, ClientId);
            Finish(Why(CloseReason.WriteError));
            return;
        }
        Log.Fault(_host.Logger, fault, "client " + ClientId);
        _host.Metrics.Faults.Add(1);
        _reason = CloseReason.Fault;
        Abort(CloseReason.Fault);
        Finish(CloseReason.Fault);
    }

    // True when the flush in flight is over and the connection lives.
    private bool TakeFlush(SlowFlush flush)
    {
        if (!flush.IsDone) return false;
        _host.Metrics.FlushWait.Record((_host.Clock.Milliseconds - flush.Start) / 1000.0);
        var result = flush.End();
        if (Managed is not null) KeepFlushed();
        if (result.IsCompleted || result.IsCanceled) _hasGone = true;
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

    private void Write(ref int budget, ref int events)
    {
        if (_rest.Count > 0)
        {
            WriteRest(ref budget);
            if (_rest.Count > 0) return;
        }
        if (_inboxCut)
        {
            DrainInbox(ref budget);
            if (_inboxCut) return;
        }
        if (!_opened) WriteOpen(ref budget);
        WritePending(ref budget);
        if (_closing != CloseReason.None && !_closeAfterDrain)
        {
            WriteEnd(ref budget);
            return;
        }
        if (Volatile.Read(ref _inbox) is { HasData: true })
        {
            DrainInbox(ref budget);
            if (_inboxCut) return;
        }
        if (!_held)
        {
            WriteStreams(ref budget, ref events);
            if (_rest.Count > 0 || _endWritten) return;
            // Budget is left: every stream was read to its head, so what was queued on a removed one is out.
            if (budget > 0 && _rare?.Leaving is not null) LeaveRemoved(ref budget);
            if (budget > 0 && _closeAfterDrain)
            {
                WriteEnd(ref budget);
                return;
            }
        }
        if (budget == TurnBytes && Volatile.Read(ref _heartbeatDue) != 0) WriteHeartbeat(ref budget);
    }

    private void DrainInbox(ref int budget)
    {
        Release(_gathered);
        var tail = FrameBuffer.RentForTurn();
        AppendPosition(tail);
        budget -= _inbox!.Drain(_output!, Math.Max(1, budget), tail.Written, out var atBoundary);
        _inboxCut = !atBoundary;
    }

    private void WriteRest(ref int budget)
    {
        var count = Math.Min(_rest.Count, budget);
        Put(_rest.AsSpan(0, count), ref budget);
        _rest = _rest[count..];
        if (_rest.Count == 0 && _rare?.RestTail is { } tail)
        {
            _rare!.RestTail = null;
            Put(tail, ref budget);
        }
    }

    private void WriteStreams(ref int budget, ref int events)
    {
        var cursors = _cursors;
        if (cursors.Length == 1)
        {
            Deliver(cursors[0], budget, ref budget, ref events);
            if (budget > 0 && !_endWritten) TellPosition(ref budget);
            return;
        }
        var first = cursors.Length == 0 ? 0 : _next++ % cursors.Length;
        for (var more = true; more && budget > 0;)
        {
            more = false;
            for (var i = 0; i < cursors.Length && budget > 0 && _rest.Count == 0; i++)
            {
                var at = first + i;
                if (at >= cursors.Length) at -= cursors.Length;
                more |= Deliver(cursors[at], Math.Min(Quantum, budget), ref budget, ref events);
                if (_endWritten) return;
            }
            if (_rest.Count > 0) return;
        }
        // Also after a delivery: the ids of a busy stream say nothing of a quiet one beside it.
        if (budget > 0) TellPosition(ref budget);
    }

    // True when the quantum ended before the data did.
    private bool Deliver(Cursor cursor, int quantum, ref int budget, ref int events)
    {
        var whole = _request.Ids == WireIds.Position;
        var end = budget - quantum;
        while (budget > end)
        {
            switch (cursor.Read(whole, _filter, _host.Time, budget - end, out var run))
            {
                case CursorState.Data:
                    WriteRun(cursor, run, ref budget);
                    events += run.Events;
                    if (_rest.Count > 0) return true;
                    break;
                case CursorState.Gap:
                    WriteGap(cursor, ref budget);
                    break;
                case CursorState.Disconnect:
                    if (_closing == CloseReason.None) _closing = CloseReason.SlowClient;
                    WriteEnd(ref budget);
                    return false;
                default:
                    return false;
            }
        }
        return true;
    }

    private void WriteRun(Cursor cursor, in FrameRun run, ref int budget)
    {
        if (!run.Transient) cursor.ToldOffset = run.Offset;
        var asItLies = run.Transient || _request.Ids == WireIds.Position;
        var body = run.Bytes.AsSpan(run.Start, (asItLies ? run.End : run.IdStart) - run.Start);
        if (body.Length > budget)
        {
            // Cut at the turn's end. What is left of it keeps its bytes alive, and is the same array for all its readers.
            var count = budget;
            Put(body[..count], ref budget);
            _rest = new ArraySegment<byte>(run.Bytes, run.Start + count, body.Length - count);
            if (asItLies) return;
            var tail = FrameBuffer.RentForTurn();
            AppendTail(tail, cursor, run);
            OwnRare.RestTail = tail.Written.ToArray();
            return;
        }
        if (asItLies)
        {
            Put(body, ref budget);
            return;
        }
        // Gathered, so that a turn of many small frames is one write into the response.
        var turn = _gathered ??= FrameBuffer.RentForTurn();
        var before = turn.Count;
        turn.Append(body);
        AppendTail(turn, cursor, run);
        budget -= turn.Count - before;
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

    private void Put(ReadOnlySpan<byte> bytes, ref int budget)
    {
        Release(_gathered);
        budget -= bytes.Length;
        _output!.Write(bytes);
    }

    // What was gathered goes out before anything else is written.
    private void Release(FrameBuffer? gathered)
    {
        if (gathered is null) return;
        _gathered = null;
        _output!.Write(gathered.Written);
    }
}
