namespace AkkaSse.Hub;

/// <summary>What happens when a second connection claims a client id that is in use by another instance.</summary>
public enum DuplicateClientPolicy
{
    /// <summary>Replace when both are the same authenticated principal, else reject. The default.</summary>
    ReplaceSamePrincipal,

    /// <summary>Always reject the newcomer (409).</summary>
    Reject,

    /// <summary>Always replace the established connection.</summary>
    Replace,
}

/// <summary>The options of a hub on one node. Read once at start; every bound is checked by <see cref="Validate"/>.</summary>
public sealed class HubOptions
{
    /// <summary>This node's name in the cluster, 1 to 64 of <c>[A-Za-z0-9_-]</c>. Default: the machine's name, other characters replaced by <c>-</c>.</summary>
    public string NodeName { get; set; } = DefaultNodeName();

    /// <summary>Whether a publish creates an unknown stream, and a subscriber may wait for one. Default false (CFG-03); the server sets true.</summary>
    public bool AutoCreate { get; set; }

    /// <summary>The options of a stream that is created without its own.</summary>
    public StreamOptions StreamDefaults { get; set; } = new();

    /// <summary>The options of the engine streams behind zones and broadcasts.</summary>
    public StreamOptions ZoneStreams { get; set; } = StreamOptions.Ephemeral;

    /// <summary>Largest event that is accepted, in bytes of data, 1 to 64 MiB. Default 1 MiB.</summary>
    public int MaxEventBytes { get; set; } = 1 << 20;

    /// <summary>All logs of this node together, in bytes, at least 1 MiB. Beyond it the largest logs are trimmed first. Default a quarter of the memory that the process may use.</summary>
    public long MaxLogBytes { get; set; } = Math.Max(64L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>At most so many streams on this engine, 1 to 10 000 000. Default 1 000 000.</summary>
    public int MaxStreams { get; set; } = 1_000_000;

    /// <summary>At most so many streams that do not exist yet but have waiting readers on this node. Default 100 000.</summary>
    public int MaxPlaceholders { get; set; } = 100_000;

    /// <summary>At most so many connections on this node; null for no limit. Default null.</summary>
    public int? MaxConnections { get; set; }

    /// <summary>At most so many connections of one remote address or principal on this node; null for no limit. Default null.</summary>
    public int? MaxConnectionsPerKey { get; set; }

    /// <summary>At most so many streams on one connection by query, 1 to 32 (a cursor token of 32 streams has at most 1 KB). Default 32.</summary>
    public int MaxStreamsPerConnection { get; set; } = 32;

    /// <summary>A comment is written when nothing else was for this long; <see cref="TimeSpan.Zero"/> turns it off, else 1 s to 1 h. Default 15 s.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The <c>retry:</c> that every connection gets at its start, 0 to 1 h. Default 1 s.</summary>
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A flush that is not done after this time is a failure (PUB-05), 10 ms to 10 min, or <see cref="Timeout.InfiniteTimeSpan"/>. Default 5 s.</summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>So many consecutive failures end the connection; 0 and 1 mean the first. Default 3.</summary>
    public int WriteTolerance { get; set; } = 3;

    /// <summary>How long an append waits on a stream with the policy <see cref="SlowReaderPolicy.Wait"/>, 1 ms to 10 min. Default 5 s.</summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection is ended after this time, minus up to a tenth at random, so that clients spread over nodes; null for never. Default null.</summary>
    public TimeSpan? MaxConnectionLifetime { get; set; }

    /// <summary>Over which time reconnects are spread when the node drains, 0 to 10 min. Default 5 s.</summary>
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long idempotency keys are kept, 5 min to 7 d. Default 5 min.</summary>
    public TimeSpan IdempotencyWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>At most so many idempotency keys per stream; a full table refuses keyed publishes. 1 to 10 000 000. Default 100 000.</summary>
    public int MaxIdempotencyKeys { get; set; } = 100_000;

    /// <summary>Default <see cref="DuplicateClientPolicy.ReplaceSamePrincipal"/>.</summary>
    public DuplicateClientPolicy DuplicateClients { get; set; }

    /// <summary>How long a removed stream answers 204 to its subscribers, unless it exists again. Default 60 s.</summary>
    public TimeSpan RemovedStreamMemory { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client that was disconnected for good stays refused. Default 10 min.</summary>
    public TimeSpan RefusalMemory { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a managed subscription without a connection lives. Default 5 min.</summary>
    public TimeSpan SubscriptionIdle { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Validates names, besides the fixed rule: returns null when a stream may have this name, else the reason. Default: everything that passes <see cref="HubNames.Check"/>.</summary>
    public Func<string, string?>? StreamNameRule { get; set; }

    /// <summary>Lists every fault as "property: what is wrong and what is allowed"; empty when the options are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (NodeName.Length is < 1 or > 64 || NodeName.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
            yield return $"{nameof(NodeName)} is '{NodeName}'; 1 to 64 of A-Z a-z 0-9 _ - are allowed.";
        foreach (var fault in StreamDefaults.Validate()) yield return $"{nameof(StreamDefaults)}.{fault}";
        foreach (var fault in ZoneStreams.Validate()) yield return $"{nameof(ZoneStreams)}.{fault}";
        if (MaxEventBytes is < 1 or > 64 << 20) yield return $"{nameof(MaxEventBytes)} is {MaxEventBytes}; 1 to {64 << 20} are allowed.";
        if (MaxLogBytes < 1 << 20) yield return $"{nameof(MaxLogBytes)} is {MaxLogBytes}; at least {1 << 20} is needed.";
        if (MaxStreams is < 1 or > 10_000_000) yield return $"{nameof(MaxStreams)} is {MaxStreams}; 1 to 10000000 are allowed.";
        if (MaxPlaceholders < 1) yield return $"{nameof(MaxPlaceholders)} is {MaxPlaceholders}; at least 1 is needed.";
        if (MaxConnections is < 1) yield return $"{nameof(MaxConnections)} is {MaxConnections}; at least 1 is needed, or null.";
        if (MaxConnectionsPerKey is < 1) yield return $"{nameof(MaxConnectionsPerKey)} is {MaxConnectionsPerKey}; at least 1 is needed, or null.";
        if (MaxStreamsPerConnection is < 1 or > 32) yield return $"{nameof(MaxStreamsPerConnection)} is {MaxStreamsPerConnection}; 1 to 32 are allowed.";
        if (Heartbeat != TimeSpan.Zero && Outside(Heartbeat, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))) yield return $"{nameof(Heartbeat)} is {Durations.Format(Heartbeat)}; 0 (off) or 1s to 1h are allowed.";
        if (Outside(Retry, TimeSpan.Zero, TimeSpan.FromHours(1))) yield return $"{nameof(Retry)} is {Durations.Format(Retry)}; 0 to 1h are allowed.";
        if (WriteTimeout != Timeout.InfiniteTimeSpan && Outside(WriteTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10))) yield return $"{nameof(WriteTimeout)} is {Durations.Format(WriteTimeout)}; 10ms to 10m are allowed, or explicitly infinite.";
        if (WriteTolerance is < 0 or > 1000) yield return $"{nameof(WriteTolerance)} is {WriteTolerance}; 0 to 1000 are allowed.";
        if (Outside(PublishTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))) yield return $"{nameof(PublishTimeout)} is {Durations.Format(PublishTimeout)}; 1ms to 10m are allowed.";
        if (MaxConnectionLifetime is { } life && Outside(life, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365))) yield return $"{nameof(MaxConnectionLifetime)} is {Durations.Format(life)}; 1s to 365d are allowed, or null.";
        if (Outside(DrainWindow, TimeSpan.Zero, TimeSpan.FromMinutes(10))) yield return $"{nameof(DrainWindow)} is {Durations.Format(DrainWindow)}; 0 to 10m are allowed.";
        if (Outside(IdempotencyWindow, TimeSpan.FromMinutes(5), TimeSpan.FromDays(7))) yield return $"{nameof(IdempotencyWindow)} is {Durations.Format(IdempotencyWindow)}; 5m to 7d are allowed.";
        if (MaxIdempotencyKeys is < 1 or > 10_000_000) yield return $"{nameof(MaxIdempotencyKeys)} is {MaxIdempotencyKeys}; 1 to 10000000 are allowed.";
        if (!Enum.IsDefined(DuplicateClients)) yield return $"{nameof(DuplicateClients)} is {(int)DuplicateClients}; replaceSamePrincipal, reject and replace are allowed.";
        if (Outside(RemovedStreamMemory, TimeSpan.Zero, TimeSpan.FromDays(1))) yield return $"{nameof(RemovedStreamMemory)} is {Durations.Format(RemovedStreamMemory)}; 0 to 1d are allowed.";
        if (Outside(RefusalMemory, TimeSpan.Zero, TimeSpan.FromDays(1))) yield return $"{nameof(RefusalMemory)} is {Durations.Format(RefusalMemory)}; 0 to 1d are allowed.";
        if (Outside(SubscriptionIdle, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7))) yield return $"{nameof(SubscriptionIdle)} is {Durations.Format(SubscriptionIdle)}; 1s to 7d are allowed.";
    }

    private static bool Outside(TimeSpan value, TimeSpan low, TimeSpan high) => value < low || value > high;

    private static string DefaultNodeName()
    {
        var name = new string([.. Environment.MachineName.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')]);
        return name.Length == 0 ? "node" : name;
    }
}
