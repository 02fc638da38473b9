using AkkaSse.Protocol;

namespace AkkaSse.Hub.Engine;

/// <summary>Whether an engine can do its work.</summary>
public enum EngineState
{
    /// <summary>Not connected yet; subscribers are accepted and wait.</summary>
    Starting,

    /// <summary>Everything works.</summary>
    Ready,

    /// <summary>Works, with less redundancy or more delay than promised.</summary>
    Degraded,

    /// <summary>Away: publishes fail fast; connections stay open with heartbeats.</summary>
    Down,
}

/// <summary>
/// The seam between a node and the cluster: who decides a stream's order, where a client lives, who the nodes are.
/// </summary>
/// <remarks>
/// A promise, not a convenience. Every engine passes the same suites (AkkaSse.Engine.Specs). All members are thread-safe. Before
/// <see cref="StartAsync"/> and after disposal every call answers its "unavailable" value and never throws for that; a cancelled call throws
/// <see cref="OperationCanceledException"/> only when it certainly had no effect.
/// </remarks>
public interface IHubEngine : IAsyncDisposable
{
    /// <summary>The engine's name for <c>/v1/cluster</c>: <c>memory</c>, <c>postgres</c>, <c>akka</c>.</summary>
    string Name { get; }

    /// <summary>The current state. Changes are told to <see cref="IEngineHost.OnStateChanged"/>.</summary>
    EngineState State { get; }

    /// <summary>Starts; called once, with the node that this engine serves. May return before the state is Ready.</summary>
    /// <exception cref="EngineStartException">It cannot, and trying again changes nothing. What is only away is waited for.</exception>
    ValueTask StartAsync(IEngineHost host, CancellationToken cancellation);

    /// <summary>Leaves the cluster gracefully: claims end, entities move. Connections have been drained before.</summary>
    ValueTask DrainAsync(CancellationToken cancellation);

    /// <summary>
    /// Bytes of memory that logs take on this node, of the order of seconds old: what <see cref="HubOptions.MaxLogBytes"/> bounds. 0 before the
    /// start. Metrics and <c>/v1/cluster</c> ask for it.
    /// </summary>
    long LogBytes { get; }

    /// <summary>
    /// Called about once a second while the hub runs, and never twice at once, for what is done by and by: retention by age, removal of idle
    /// streams. Must not block; an engine that does such things at times of its own leaves it empty.
    /// </summary>
    void Sweep();

    /// <summary>Logs.</summary>
    IStreamEngine Streams { get; }

    /// <summary>Claims on client ids.</summary>
    IClaimEngine Claims { get; }

    /// <summary>Other nodes.</summary>
    INodeEngine Nodes { get; }

    /// <summary>Small shared state with an end.</summary>
    IKeyValueEngine Values { get; }
}

/// <summary>What an engine may call on its node. Thread-safe; never blocks.</summary>
public interface IEngineHost
{
    /// <summary>The node's options, validated.</summary>
    HubOptions Options { get; }

    /// <summary>The only clock.</summary>
    TimeProvider Time { get; }

    /// <summary>Told after <see cref="IHubEngine.State"/> has changed.</summary>
    void OnStateChanged(EngineState state);

    /// <summary>
    /// Told after the start and before the state was ever Ready, perhaps several times: it will not be until somebody changes what the reason
    /// says. The engine goes on trying.
    /// </summary>
    void OnRefused(EngineStartException reason)
    {
    }

    /// <summary>A claim that this node holds was given to another connection or has ended; its connection is closed when the generation is still the same.</summary>
    void OnClaimLost(string zone, string client, long generation, CloseReason reason);

    /// <summary>A request from a node (itself included). Returns the reply.</summary>
    ValueTask<ReadOnlyMemory<byte>> OnRequestAsync(string node, ReadOnlyMemory<byte> message, CancellationToken cancellation);
}

/// <summary>One event to be appended.</summary>
/// <param name="Event">Valid by the protocol's rules; not changed and not kept beyond the call. What is stored of it is written by
/// <see cref="EventCodec"/>.</param>
/// <param name="Options">The publisher's options; validated.</param>
public readonly record struct AppendItem(SseEvent Event, PublishOptions Options);

/// <summary>How an append ended.</summary>
/// <param name="Status">How.</param>
/// <param name="Position">Where; the head for an item without an offset.</param>
public readonly record struct AppendResult(PublishStatus Status, StreamPosition Position)
{
    /// <summary>True when the item has an offset, false for comment-only and retry-only items.</summary>
    public bool HasOffset { get; init; }

    /// <summary>The publisher's id, where it is the wire id.</summary>
    public string? CallerId { get; init; }

    /// <summary>True when the idempotency key was known.</summary>
    public bool Duplicate { get; init; }

    /// <summary>What was wrong.</summary>
    public string? Error { get; init; }
}

/// <summary>Logs, each with one total order.</summary>
public interface IStreamEngine
{
    /// <summary>
    /// Appends items in order and atomically with their positions: what is accepted has consecutive offsets in the order given, and is readable and will be
    /// delivered on every node. Completes after that. Items are decided one by one; <paramref name="results"/> has one place per item.
    /// Items that together have at most <see cref="AppendLimits.UndividedBytes"/>
    /// (<see cref="EventCodec.SizeOf(ReadOnlySpan{AppendItem})"/>) are away or lost from some item on: none is accepted after one that is
    /// <see cref="PublishStatus.Unavailable"/> or <see cref="PublishStatus.OutcomeUnknown"/>, so that repeating those keeps the order.
    /// Names beginning with <c>$</c> are the hub's own (zones, broadcast) and are created with <see cref="HubOptions.ZoneStreams"/>.
    /// </summary>
    ValueTask AppendAsync(string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation);

    /// <summary>Decides an append now, without waiting for space or for an answer from elsewhere. False: it cannot be decided now, and certainly nothing was appended.</summary>
    bool TryAppend(string stream, in AppendItem item, out AppendResult result);

    /// <summary>
    /// Attaches this node to a stream: its log here receives every event from the moment of the call on, in order; a hole becomes a new start of the log,
    /// which readers are told as a gap. Once per node and stream at a time. Legal for a stream that does not exist yet: the log is then empty until it is created.
    /// </summary>
    /// <param name="stream">The name.</param>
    /// <param name="sink">Told of changes; calls come one at a time per stream and must not block.</param>
    /// <param name="cancellation">Cancels the call.</param>
    ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation);

    /// <summary>Retained events after a position, at most <paramref name="limit"/>; a seek, not a scan. Never a partial run that looks complete.</summary>
    ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation);

    /// <summary>Creates, or replaces the options of, a stream. Idempotent. Re-creation within 24 h of a removal continues the epoch.</summary>
    ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation);

    /// <summary>Removes a stream; sinks on all nodes are told. False when it did not exist. Its (epoch, head) is kept for 24 h.</summary>
    ValueTask<bool> RemoveAsync(string stream, CancellationToken cancellation);

    /// <summary>Drops what is retained; offsets go on. False when it does not exist.</summary>
    ValueTask<bool> ClearAsync(string stream, CancellationToken cancellation);

    /// <summary>Whether the stream exists; cheap, asked on every connect.</summary>
    ValueTask<bool> ExistsAsync(string stream, CancellationToken cancellation);

    /// <summary>The stream, or null.</summary>
    ValueTask<StreamInfo?> GetAsync(string stream, CancellationToken cancellation);

    /// <summary>Streams in ordinal order; names beginning with <c>$</c> are not listed.</summary>
    ValueTask<Page<StreamInfo>> ListAsync(string? prefix, string? after, int limit, CancellationToken cancellation);

    /// <summary>Whether the stream was removed less than <see cref="HubOptions.RemovedStreamMemory"/> ago and does not exist again.</summary>
    ValueTask<bool> WasRemovedAsync(string stream, CancellationToken cancellation);
}

/// <summary>
/// A power of some stream engines: they keep the key of a run (<see cref="PublishOptions.KeyCoversRun"/>, <see cref="KeyedRun"/>) as one
/// entry. For the others the hub gives each item of the run a key of its own, which means the same and takes an entry per item.
/// </summary>
public interface IRunKeyEngine : IStreamEngine;

/// <summary>What a node learns about a stream it is attached to.</summary>
public interface IStreamSink
{
    /// <summary>The log has new frames, a new epoch, was cleared or has new options. Coalesced by the receiver; cheap.</summary>
    void OnChanged();

    /// <summary>The stream was removed.</summary>
    void OnRemoved();
}

/// <summary>A node's hold on a stream; disposing it detaches.</summary>
public interface IStreamAttachment : IAsyncDisposable
{
    /// <summary>The stream's log on this node. The in-process engine gives the log itself: there is no second copy.</summary>
    Streams.StreamLog Log { get; }

    /// <summary>Whether the stream exists now.</summary>
    bool Exists { get; }
}

/// <summary>A claim on a client id.</summary>
/// <param name="Zone">The zone in which the id is unique.</param>
/// <param name="Client">The id.</param>
public readonly record struct ClaimRequest(string Zone, string Client)
{
    /// <summary>The instance that claims; null for none.</summary>
    public string? Instance { get; init; }

    /// <summary>The authenticated subject; null for none.</summary>
    public string? Subject { get; init; }
}

/// <summary>How a claim was decided.</summary>
public enum ClaimStatus
{
    /// <summary>The caller holds the id.</summary>
    Granted,

    /// <summary>Another connection holds it.</summary>
    InUse,

    /// <summary>This instance was replaced less than 60 s ago, or this client was disconnected for good.</summary>
    Refused,

    /// <summary>The engine is away.</summary>
    Unavailable,
}

/// <summary>The answer to a claim.</summary>
/// <param name="Status">How it was decided.</param>
/// <param name="Generation">Grows with every grant of this id; release and delivery check it.</param>
public readonly record struct ClaimResult(ClaimStatus Status, long Generation);

/// <summary>Where a client is.</summary>
/// <param name="Zone">Its zone.</param>
/// <param name="Client">Its id.</param>
/// <param name="Node">The node that holds it.</param>
/// <param name="Generation">The claim's generation.</param>
public readonly record struct ClaimLocation(string Zone, string Client, string Node, long Generation);

/// <summary>Claims on client ids: one winner under any race, over all nodes. A lost node's claims end within its lease.</summary>
public interface IClaimEngine
{
    /// <summary>True when no other node can hold a claim: whoever is found on this node is the only holder of its id.</summary>
    bool IsNodeLocal { get; }

    /// <summary>Claims an id for this node. A replaced holder's node is told by <see cref="IEngineHost.OnClaimLost"/>.</summary>
    ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation);

    /// <summary>Gives a claim back; without effect when the generation is not the current one.</summary>
    ValueTask ReleaseAsync(string zone, string client, long generation);

    /// <summary>Where an id is: in one zone, or with a null zone in all zones (at most 2 answers are needed to know that it is ambiguous).</summary>
    ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(string? zone, string client, CancellationToken cancellation);

    /// <summary>Refuses a client for a time on all nodes: that instance, or with a null instance the id itself.</summary>
    ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation);

    /// <summary>Whether a client may connect at all (ids made by the server and connections that claim nothing ask this too).</summary>
    ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation);
}

/// <summary>One node of the cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State"><c>up</c>, <c>draining</c>, <c>starting</c>, <c>unreachable</c>.</param>
public sealed record NodeInfo(string Name, string State)
{
    /// <summary>True for the node that answers.</summary>
    public bool Self { get; init; }

    /// <summary>Since when it runs.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Where it is reached, if the engine knows.</summary>
    public string? Address { get; init; }
}

/// <summary>Other nodes.</summary>
public interface INodeEngine
{
    /// <summary>The members now, this node included, in ascending order of their names.</summary>
    ValueTask<IReadOnlyList<NodeInfo>> ListAsync(CancellationToken cancellation);

    /// <summary>Asks a node (itself included): at most once, in order per pair. Null: unreachable, or no reply within the time.</summary>
    ValueTask<ReadOnlyMemory<byte>?> RequestAsync(string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation);
}

/// <summary>Small shared state: refusals, tickets, managed subscriptions. Values are at most 64 KiB.</summary>
public interface IKeyValueEngine
{
    /// <summary>Stores a value for a time. With <paramref name="expected"/> only when the present version is that (0: absent).</summary>
    /// <returns>The new version, or null when the expectation did not hold. Unavailable: it may have been stored or not.</returns>
    ValueTask<EngineAnswer<long?>> PutAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation);

    /// <summary>The value and its version, or null when absent or expired.</summary>
    ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation);

    /// <summary>Removes a value when its version is still the given one (null: whatever it is). False when it was not there or not that. Unavailable: it may be gone or not.</summary>
    ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation);
}
