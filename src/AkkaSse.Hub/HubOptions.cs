using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub;

/// <summary>What happens when a second connection asks for a client id under which another connection is registered.</summary>
public enum DuplicateClientPolicy
{
    /// <summary>
    /// The new connection replaces the registered one when both have the same authenticated principal; else it is refused (409).
    /// </summary>
    ReplaceSamePrincipal,

    /// <summary>The new connection is refused (409).</summary>
    Reject,

    /// <summary>The new connection replaces the registered one.</summary>
    Replace,
}

/// <summary>
/// The options of a hub on one node. The hub reads them once, at its start; <see cref="Validate"/> checks every range.
/// </summary>
/// <remarks>Not thread-safe; not to be changed after the start.</remarks>
public sealed class HubOptions
{
    private NamespaceTable? _namespaces;

    /// <summary>
    /// The name of this node. 1 to 64 characters of <c>[A-Za-z0-9_-]</c>. Default: the name of the machine, with <c>-</c> in place of other
    /// characters. Set it when two nodes run on one machine: names differ from node to node.
    /// </summary>
    public string NodeName { get; set; } = DefaultNodeName();

    /// <summary>
    /// Whether a publish creates an unknown stream, and a subscriber may wait for one. Default false; the server sets true.
    /// </summary>
    public bool AutoCreate { get; set; }

    /// <summary>
    /// The options of a stream that is created without options of its own. Default: the defaults of <see cref="StreamOptions"/>.
    /// </summary>
    public StreamOptions StreamDefaults { get; set; } = new();

    /// <summary>
    /// The options of the streams through which the engine sends to zones and broadcasts. Default: <see cref="StreamOptions.Ephemeral"/>.
    /// </summary>
    public StreamOptions ZoneStreams { get; set; } = StreamOptions.Ephemeral;

    /// <summary>
    /// The largest event: its data, type, id, comment and fields together, in UTF-8. Bytes. 1 to 64 MiB. Default 1 MiB. The hub refuses a
    /// larger event (413).
    /// </summary>
    public int MaxEventBytes { get; set; } = 1 << 20;

    /// <summary>
    /// The largest size of all logs of this node together. Bytes. At least 1 MiB. Default: a quarter of the memory that the process may
    /// use, at least 64 MiB. Beyond it the hub trims the largest logs first, and those of a namespace that is within its own bound last.
    /// </summary>
    public long MaxLogBytes { get; set; } = Math.Max(64L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>The largest number of streams of this engine. 1 to 10 000 000. Default 1 000 000.</summary>
    public int MaxStreams { get; set; } = 1_000_000;

    /// <summary>
    /// Streams whose names begin with a prefix have options and limits of their own. The longest prefix that a name begins with decides. A
    /// prefix is 1 to 256 bytes of UTF-8 like a name, without <c>*</c>; two that differ in case only are a fault. Default empty. All nodes
    /// of one engine need the same namespaces.
    /// </summary>
    public IDictionary<string, NamespaceOptions> Namespaces { get; set; } =
        new Dictionary<string, NamespaceOptions>(StringComparer.Ordinal);

    /// <summary>
    /// The largest number of streams that do not exist yet and have waiting readers on this node. At least 1. Default 100 000.
    /// </summary>
    public int MaxPlaceholders { get; set; } = 100_000;

    /// <summary>
    /// The largest number of connections of this node. At least 1, or null. Default null: no limit. The hub refuses further connections and
    /// keeps those that it has.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// The largest number of connections of one remote address or principal on this node. At least 1, or null. Default null: no limit.
    /// </summary>
    public int? MaxConnectionsPerKey { get; set; }

    /// <summary>
    /// The largest number of streams that one connection names in its query. 1 to 32. Default 32: the position of 32 streams takes 1 KB.
    /// </summary>
    public int MaxStreamsPerConnection { get; set; } = 32;

    /// <summary>
    /// The time without an event after which the hub writes a comment to a connection. 1 s to 1 h, or <see cref="TimeSpan.Zero"/> for no
    /// comments. Default 15 s. Keep it below the idle timeout of every proxy on the way.
    /// </summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The <c>retry:</c> that the hub writes at the start of every connection. 0 s to 1 h. Default 1 s.</summary>
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The time that a flush to a connection may take; a longer one is a failure. 10 ms to 10 min, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Default 5 s. <see cref="WriteTolerance"/> says how many failures end the connection.
    /// </summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The number of failed flushes in a row that ends a connection. 0 to 1 000. Default 3. 0 and 1 both mean the first.</summary>
    public int WriteTolerance { get; set; } = 3;

    /// <summary>
    /// The time that an append waits on a stream with the policy <see cref="SlowReaderPolicy.Wait"/>, or for the engine. 1 ms to 10 min.
    /// Default 5 s.
    /// </summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time in which the hub finds out where a reader starts. 10 ms to 1 min. Default 750 ms. After it a connection gets its response
    /// head and waits for <c>hub.open</c>; a managed subscription and a change of a client's streams are refused (503), and nothing was
    /// changed.
    /// </summary>
    public TimeSpan OpenTimeout { get; set; } = TimeSpan.FromMilliseconds(750);

    /// <summary>
    /// The age at which the hub ends a connection. 1 s to 365 d, or null. Default null: no limit. The hub takes off up to a tenth at
    /// random. Set it when connections should spread over nodes that joined later.
    /// </summary>
    public TimeSpan? MaxConnectionLifetime { get; set; }

    /// <summary>The time over which readers reconnect when this node drains. 0 s to 10 min. Default 5 s.</summary>
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time for which the hub keeps an idempotency key. 5 min to 7 d. Default 5 min. A publisher that repeats a request after this time
    /// can publish it twice.
    /// </summary>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The largest number of idempotency keys of one stream. 1 to 10 000 000. Default 100 000. A stream with so many keys refuses further
    /// publishes with a key.
    /// </summary>
    public int MaxIdempotencyKeys { get; set; } = 100_000;

    /// <summary>
    /// What happens when a second connection asks for a registered client id. Default
    /// <see cref="DuplicateClientPolicy.ReplaceSamePrincipal"/>.
    /// </summary>
    public DuplicateClientPolicy DuplicateClients { get; set; }

    /// <summary>
    /// The time for which the subscribers of a removed stream get 204, unless the stream exists again. 0 s to 1 d. Default 1 min.
    /// </summary>
    public TimeSpan RemovedStreamMemory { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The time for which the hub refuses a client that was disconnected for good. 0 s to 1 d. Default 10 min.</summary>
    public TimeSpan RefusalMemory { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The time for which a managed subscription lives without a connection. 1 s to 7 d. Default 5 min.</summary>
    public TimeSpan SubscriptionIdle { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A rule for names of streams besides <see cref="HubNames.Check"/>: it returns null when a stream may have the name, else the reason.
    /// Default null: no further rule. The hub calls it from any thread.
    /// </summary>
    public Func<string, string?>? StreamNameRule { get; set; }

    /// <summary>The namespaces, made ready at the first question; null when there are none.</summary>
    internal NamespaceTable? NamespaceTable =>
        _namespaces ?? (Namespaces.Count == 0 ? null : LazyInitializer.EnsureInitialized(ref _namespaces, () => new NamespaceTable(this)));

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid.
    /// </summary>
    public IEnumerable<string> Validate()
    {
        if (NodeName is not { Length: >= 1 and <= 64 } || NodeName.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
            yield return $"{nameof(NodeName)} is '{NodeName}'; 1 to 64 of A-Z a-z 0-9 _ - are allowed.";
        foreach (var fault in Of(nameof(StreamDefaults), StreamDefaults)) yield return fault;
        foreach (var fault in Of(nameof(ZoneStreams), ZoneStreams)) yield return fault;
        if (MaxEventBytes is < 1 or > 64 << 20) yield return $"{nameof(MaxEventBytes)} is {MaxEventBytes}; 1 to {64 << 20} are allowed.";
        if (MaxLogBytes < 1 << 20) yield return $"{nameof(MaxLogBytes)} is {MaxLogBytes}; at least {1 << 20} is needed.";
        if (MaxStreams is < 1 or > 10_000_000) yield return $"{nameof(MaxStreams)} is {MaxStreams}; 1 to 10000000 are allowed.";
        foreach (var fault in NamespaceFaults()) yield return fault;
        if (MaxPlaceholders < 1) yield return $"{nameof(MaxPlaceholders)} is {MaxPlaceholders}; at least 1 is needed.";
        if (MaxConnections is < 1) yield return $"{nameof(MaxConnections)} is {MaxConnections}; at least 1 is needed, or null.";
        if (MaxConnectionsPerKey is < 1)
            yield return $"{nameof(MaxConnectionsPerKey)} is {MaxConnectionsPerKey}; at least 1 is needed, or null.";
        if (MaxStreamsPerConnection is < 1 or > 32)
            yield return $"{nameof(MaxStreamsPerConnection)} is {MaxStreamsPerConnection}; 1 to 32 are allowed.";
        if (Heartbeat != TimeSpan.Zero && Outside(Heartbeat, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)))
            yield return $"{nameof(Heartbeat)} is {Durations.Format(Heartbeat)}; 0 (off) or 1s to 1h are allowed.";
        if (Outside(Retry, TimeSpan.Zero, TimeSpan.FromHours(1)))
            yield return $"{nameof(Retry)} is {Durations.Format(Retry)}; 0 to 1h are allowed.";
        if (WriteTimeout != Timeout.InfiniteTimeSpan && Outside(WriteTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)))
            yield return $"{nameof(WriteTimeout)} is {Durations.Format(WriteTimeout)}; 10ms to 10m are allowed, or explicitly infinite.";
        if (WriteTolerance is < 0 or > 1000) yield return $"{nameof(WriteTolerance)} is {WriteTolerance}; 0 to 1000 are allowed.";
        if (Outside(PublishTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10)))
            yield return $"{nameof(PublishTimeout)} is {Durations.Format(PublishTimeout)}; 1ms to 10m are allowed.";
        if (Outside(OpenTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)))
            yield return $"{nameof(OpenTimeout)} is {Durations.Format(OpenTimeout)}; 10ms to 1m are allowed.";
        if (MaxConnectionLifetime is { } life && Outside(life, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)))
            yield return $"{nameof(MaxConnectionLifetime)} is {Durations.Format(life)}; 1s to 365d are allowed, or null.";
        if (Outside(DrainWindow, TimeSpan.Zero, TimeSpan.FromMinutes(10)))
            yield return $"{nameof(DrainWindow)} is {Durations.Format(DrainWindow)}; 0 to 10m are allowed.";
        if (Outside(IdempotencyWindow, TimeSpan.FromMinutes(5), TimeSpan.FromDays(7)))
            yield return $"{nameof(IdempotencyWindow)} is {Durations.Format(IdempotencyWindow)}; 5m to 7d are allowed.";
        if (MaxIdempotencyKeys is < 1 or > 10_000_000)
            yield return $"{nameof(MaxIdempotencyKeys)} is {MaxIdempotencyKeys}; 1 to 10000000 are allowed.";
        if (!Enum.IsDefined(DuplicateClients))
            yield return $"{nameof(DuplicateClients)} is {(int)DuplicateClients}; replaceSamePrincipal, reject and replace are allowed.";
        if (Outside(RemovedStreamMemory, TimeSpan.Zero, TimeSpan.FromDays(1)))
            yield return $"{nameof(RemovedStreamMemory)} is {Durations.Format(RemovedStreamMemory)}; 0 to 1d are allowed.";
        if (Outside(RefusalMemory, TimeSpan.Zero, TimeSpan.FromDays(1)))
            yield return $"{nameof(RefusalMemory)} is {Durations.Format(RefusalMemory)}; 0 to 1d are allowed.";
        if (Outside(SubscriptionIdle, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)))
            yield return $"{nameof(SubscriptionIdle)} is {Durations.Format(SubscriptionIdle)}; 1s to 7d are allowed.";
    }

    private IEnumerable<string> NamespaceFaults()
    {
        if (Namespaces is null)
        {
            yield return $"{nameof(Namespaces)} is null; namespaces by their prefixes are needed, or none.";
            yield break;
        }
        foreach (var (prefix, options) in Namespaces)
        {
            var name = $"{nameof(Namespaces)}[\"{prefix}\"]";
            if (HubNames.Check(prefix) is { } fault) yield return $"{name} is no prefix of names. {fault}";
            else if (prefix.Contains('*', StringComparison.Ordinal))
                yield return $"{name} is no prefix of names: a prefix has no '*', and is for all names that begin with it as it is.";
            if (options is null) yield return $"{name} is null; options are needed, new NamespaceOptions() for example.";
            foreach (var wrong in options?.Validate() ?? []) yield return $"{name}.{wrong}";
        }
        // A configuration could not hold both, and who writes both means one.
        foreach (var twins in Namespaces.Keys.GroupBy(static p => p, StringComparer.OrdinalIgnoreCase).Where(static g => g.Count() > 1))
            yield return $"{nameof(Namespaces)} has {string.Join(" and ", twins.Select(static p => $"'{p}'"))}, which differ in case only; "
                + "one of them is allowed.";
    }

    private static IEnumerable<string> Of(string name, StreamOptions? options) =>
        options?.Validate().Select(fault => $"{name}.{fault}") ?? [$"{name} is null; options are needed, new StreamOptions() for example."];

    private static bool Outside(TimeSpan value, TimeSpan low, TimeSpan high) => value < low || value > high;

    private static string DefaultNodeName()
    {
        var name = new string([.. Environment.MachineName.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')]);
        return name.Length == 0 ? "node" : name;
    }
}
