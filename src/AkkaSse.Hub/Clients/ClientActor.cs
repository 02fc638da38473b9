using System.IO.Pipelines;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// One connection: its cursors, its inbox, the one flush in flight; given the host that connections share, its request and its cursors. A
/// turn copies the events between cursors and heads into the response, at most 32 KB, and flushes once.
/// </summary>
/// <remarks>
/// Turns run on lane, pool and socket threads; nothing here blocks or holds a lock over I/O. The decisions stand apart as structs, so that
/// an idle connection has no object for them: <see cref="ConnectionEnding"/>, <see cref="KeepAlive"/>, <see cref="PositionId"/>,
/// <see cref="TurnOutput"/>.
/// </remarks>
internal sealed partial class ClientActor : Actor, IClientConnection, IPendingDelivery, IStreamReader, ILaggard
{
    /// <summary>At most so many bytes are written in one turn, so that a reader that catches up does not hold a thread.</summary>
    internal const int TurnBytes = 32 << 10;

    private static readonly TaskCompletionSource s_over = Over();

    private readonly ClientHost _host;
    private readonly SubscribeRequest _request;
    private readonly string? _id;
    private readonly Guid _made;
    private readonly long _connectedAt;
    private readonly TypeFilter? _filter;
    private TaskCompletionSource? _completion;
    private Cursor[] _cursors;
    private CursorToken? _token;
    private Inbox? _inbox;
    private PipeWriter? _output;
    private IClientTransport? _transport;
    private PendingFlush? _flush;
    private RareClientState? _rare;
    private CancellationTokenRegistration _gone;

    private ConnectionEnding _ending;
    private KeepAlive _keepAlive;
    private int _started;
    private bool _joined;
    private bool _held;

    /// <summary>A connection that does not run yet.</summary>
    /// <param name="host">What connections share.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="id">The id that the client has chosen; null: one is made.</param>
    /// <param name="generation">Of the claim to the id; 0 for none.</param>
    /// <param name="cursors">Its places.</param>
    /// <param name="held">Whether streams wait until <see cref="Release"/>.</param>
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
        _keepAlive = new KeepAlive(now);
        // Up to a tenth sooner at random, so that connections of one storm do not end together.
        if (host.Options.MaxConnectionLifetime is { } life)
            OwnRare.Deadline = now + (long)(life.TotalMilliseconds * (1 - (0.1 * Random.Shared.NextDouble())));
        foreach (var cursor in cursors) cursor.Owner = this;
        if (request.Ids == WireIds.Token) _token = PositionId.TokenOf(_cursors);
    }

    /// <summary>A connection whose start is not known yet: its head goes out, and <see cref="OpenAsync"/> gives it its places.</summary>
    /// <param name="host">What connections share.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="held">Whether streams wait until <see cref="Release"/>.</param>
    internal static ClientActor Waiting(ClientHost host, SubscribeRequest request, bool held)
    {
        var client = new ClientActor(host, request, request.ClientId, 0, [], held);
        // Until the first position the hub's own events repeat the one that the reader came with.
        (client.OwnRare.Waits, client.OwnRare.IsUnnamed, client.OwnRare.Held) = (true, true, client.GivenId());
        return client;
    }

    /// <summary>A made id is written anew each time: as text it would be 110 bytes of every idle connection.</summary>
    public string ClientId => _id ?? _host.Ids.Text(_made);

    /// <summary>The random part of an id that was made; empty for an id that the client has chosen.</summary>
    internal Guid Made => _made;

    public CloseReason Reason => _ending.Reason;

    internal string? Zone => _request.Zone;

    internal string? Instance => _request.Instance;

    internal string? Subject => _request.Subject;

    internal string? LimitKey => _request.LimitKey;

    internal SubscribeRequest Request => _request;

    internal long Generation { get; private set; }

    /// <summary>True when the client has chosen its id, and has claimed it.</summary>
    internal bool IsClaimed => Generation != 0;

    internal DateTimeOffset ConnectedAt => new(_connectedAt, TimeSpan.Zero);

    /// <summary>What is sent to this client. Made for the first caller: most connections never get anything but streams.</summary>
    internal Inbox Inbox => Volatile.Read(ref _inbox) ?? Interlocked.CompareExchange(ref _inbox, new Inbox(), null) ?? _inbox!;

    /// <summary>True for a connection that is not found by its id, because it holds none yet. Touched under the table's lock.</summary>
    internal bool IsUnnamed
    {
        get => _rare?.IsUnnamed == true;
        set => OwnRare.IsUnnamed = value;
    }

    /// <summary>Completes when the connection has ended.</summary>
    internal Task Ended => Completion.Task;

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
    internal IReadOnlyDictionary<string, StreamPosition> FlushedPositions =>
        _rare is { } rare ? Volatile.Read(ref rare.FlushedPositions) : RareClientState.NoPositions;

    /// <summary>Tells the observers; null when there are none.</summary>
    internal ObserverRelay? Observed
    {
        get => _rare?.Observed;
        set => OwnRare.Observed = value;
    }

    /// <summary>Held while a change of the streams is decided and applied: each decision sees the result of the one before.</summary>
    internal SemaphoreSlim Changes => LazyInitializer.EnsureInitialized(ref OwnRare.Changes, static () => new SemaphoreSlim(1, 1));

    /// <summary>Place in the connection table. Touched under its lock.</summary>
    internal int TableIndex = -1;

    /// <summary>The streams now, from any thread. The array never changes: a change of the streams brings another one.</summary>
    internal Cursor[] CursorSnapshot => Volatile.Read(ref _cursors);

    private RareClientState OwnRare =>
        Volatile.Read(ref _rare) ?? Interlocked.CompareExchange(ref _rare, new RareClientState(), null) ?? _rare!;

    private TaskCompletionSource Completion => Volatile.Read(ref _completion)
        ?? Interlocked.CompareExchange(ref _completion, new(TaskCreationOptions.RunContinuationsAsynchronously), null) ?? _completion!;

    private long HeartbeatMilliseconds =>
        _request.HeartbeatKind == HeartbeatKind.None ? 0 : (long)(_request.Heartbeat ?? _host.Options.Heartbeat).TotalMilliseconds;

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
        Post(new ClientMail.Start(), inline: true);
        Observed?.Began();
        _gone = gone.UnsafeRegister(static s => ((ClientActor)s!).Post(new ClientMail.Gone(), inline: true), this);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0) Post(new ClientMail.Abandon(), inline: true);
        await Ended.ConfigureAwait(false);
    }

    /// <summary>Ends the connection with <c>hub.end</c>, or on drain with <c>hub.drain</c>.</summary>
    internal void Close(CloseReason reason, TimeSpan? retry = null) => Post(new ClientMail.Close(reason, retry));

    /// <summary>Ends it without another byte: its node may not speak for the client any more.</summary>
    internal void Cut(CloseReason reason) => Post(new ClientMail.Cut(reason));

    /// <summary>Changes the streams. Null, or why they were not changed.</summary>
    internal Task<string?> ChangeAsync(List<Cursor> add, IReadOnlyList<string> remove)
    {
        var mail = new ClientMail.Change(add, remove);
        Post(mail);
        return mail.Done.Task;
    }

    /// <summary>A connection that waits holds its id now; before it is named.</summary>
    internal void Claimed(long generation) => Generation = generation;

    /// <summary>Gives a connection that waits its places; false when it has ended.</summary>
    internal Task<bool> OpenAsync(List<Cursor> cursors)
    {
        var mail = new ClientMail.Opened([.. cursors]);
        Post(mail);
        return mail.Done.Task;
    }

    /// <summary>The observers are through: streams may flow.</summary>
    internal void Release() => Post(new ClientMail.Release());

    public void OnStreamRemoved(Cursor cursor) => Post(new ClientMail.StreamRemoved(cursor));

    void IPendingDelivery.Deliver() => SignalInline();

    void ILaggard.EndAsLaggard(Cursor cursor) => Abort(CloseReason.SlowClient);

    internal ClientInfo Info() => new()
    {
        Id = ClientId,
        Zone = Zone,
        Node = _host.Options.NodeName,
        ConnectedAt = ConnectedAt,
        Streams = [.. CursorSnapshot.Where(static c => !c.IsInternal).Select(static c => c.Stream)],
        ListenZones = _request.ListenZones,
        Subject = _request.Subject,
        Instance = _request.Instance,
        Remote = _request.Remote,
        Url = _request.Url,
        LastEventId = _request.LastEventId,
        Headers = _request.Headers,
    };

    private static TaskCompletionSource Over()
    {
        var over = new TaskCompletionSource();
        over.SetResult();
        return over;
    }

    private sealed class AbortOnly(Action abort) : IClientTransport
    {
        public void Abort() => abort();

        public void OnEnded(CloseReason reason)
        {
        }
    }
}
