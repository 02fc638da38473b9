using AkkaSse.Hub;

namespace AkkaSse.Cluster;

/// <summary>
/// The options of <see cref="AkkaClusterEngine"/> that hold in any ActorSystem: the hub's own (<see cref="AkkaClusterOptions"/>) or that of
/// the application (<c>WithSseHub</c>). The engine reads them once, at its start; <see cref="Validate"/> checks every range.
/// </summary>
/// <remarks>
/// All nodes of a cluster need the same <see cref="Backups"/> and <see cref="Shards"/>. Not thread-safe; not to be changed after the start.
/// </remarks>
public class AkkaEngineOptions
{
    /// <summary>The role of nodes that host streams, clients and values. In the cluster it is called <c>akkasse-stream</c>.</summary>
    public const string StreamRole = "stream";

    /// <summary>The role of nodes that hold connections. In the cluster it is called <c>akkasse-edge</c>.</summary>
    public const string EdgeRole = "edge";

    /// <summary>
    /// The roles of this node: <see cref="StreamRole"/>, <see cref="EdgeRole"/> or both. Default empty: both. Configuration adds to a list,
    /// so a default of two roles could not be made one.
    /// </summary>
    public IList<string> Roles { get; set; } = [];

    /// <summary>
    /// The number of nodes that hold a copy of a stream's log besides its owner. 0 to 6. Default 2. With 2, one node may be lost at any
    /// time without the loss of an acknowledged event.
    /// </summary>
    public int Backups { get; set; } = 2;

    /// <summary>
    /// The number of shards over which the cluster spreads streams, clients and values. 1 to 1 000. Default 100. Ten for each node are
    /// enough. A change needs a stop of all nodes.
    /// </summary>
    public int Shards { get; set; } = 100;

    /// <summary>
    /// The time that a new owner waits for the copies of a stream's log before it begins a new epoch without them. 1 s to 10 min. Default
    /// 15 s.
    /// </summary>
    public TimeSpan RecoveryLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The time that a leaving node waits until other nodes hold its logs. 0 s to 10 min. Default 30 s. The host's shutdown timeout must be
    /// longer.
    /// </summary>
    public TimeSpan LeaveLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time that an append waits for the owner of its stream before it is answered unavailable. 100 ms to 1 min. Default 2 s.
    /// </summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The largest size of cached history pages, for readers that catch up. Bytes. 1 MiB to 64 GiB. Default 64 MiB.</summary>
    public long HistoryCacheBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The address of this node for people, as <c>/v1/cluster</c> shows it. Default null: none; the server sets its first url.
    /// </summary>
    public string? Address { get; set; }

    /// <summary><see cref="Roles"/>, and both roles where that is empty.</summary>
    internal IEnumerable<string> EffectiveRoles => Roles is not { Count: > 0 } ? [StreamRole, EdgeRole] : Roles.Distinct();

    /// <summary>Bytes of events on their way to one node; tests make it small.</summary>
    internal long LineBytes { get; set; } = Streams.StreamLines.DefaultBytes;

    internal bool HostsStreams => EffectiveRoles.Contains(StreamRole);

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid.
    /// </summary>
    public virtual IEnumerable<string> Validate()
    {
        if (Roles is null) yield return $"{nameof(Roles)} is null; a list is needed, an empty one for both roles.";
        foreach (var role in Roles ?? [])
        {
            if (role is not (StreamRole or EdgeRole))
                yield return $"{nameof(Roles)} has '{role}'; {StreamRole} and {EdgeRole} are allowed.";
        }
        if (Backups is < 0 or > 6) yield return $"{nameof(Backups)} is {Backups}; 0 to 6 are allowed.";
        if (Shards is < 1 or > 1_000) yield return $"{nameof(Shards)} is {Shards}; 1 to 1000 are allowed.";
        if (Outside(RecoveryLimit, 1_000, 600_000)) yield return Range(nameof(RecoveryLimit), RecoveryLimit, "1s to 10m");
        if (Outside(LeaveLimit, 0, 600_000)) yield return Range(nameof(LeaveLimit), LeaveLimit, "0s to 10m");
        if (Outside(AppendTimeout, 100, 60_000)) yield return Range(nameof(AppendTimeout), AppendTimeout, "100ms to 1m");
        if (HistoryCacheBytes is < 1 << 20 or > 64L << 30)
            yield return $"{nameof(HistoryCacheBytes)} is {HistoryCacheBytes}; {1 << 20} to {64L << 30} are allowed.";
    }

    internal void ThrowIfInvalid(string parameter)
    {
        var faults = Validate().ToArray();
        if (faults.Length > 0)
            throw new ArgumentException("The options of the Akka engine are invalid. " + string.Join(' ', faults), parameter);
    }

    private static bool Outside(TimeSpan value, int low, int high) => value.TotalMilliseconds < low || value.TotalMilliseconds > high;

    private static string Range(string name, TimeSpan value, string allowed) =>
        $"{name} is {Durations.Format(value)}; {allowed} are allowed.";
}
