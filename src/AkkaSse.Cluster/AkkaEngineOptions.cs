using AkkaSse.Hub;

namespace AkkaSse.Cluster;

/// <summary>
/// The options of <see cref="AkkaClusterEngine"/> on one node that hold in any ActorSystem, one of the hub's own (<see cref="AkkaClusterOptions"/>) or the application's (<c>WithSseHub</c>). Read once at start; every bound
/// is checked by <see cref="Validate"/>.
/// </summary>
/// <remarks>Nodes of one cluster share backups and shards; give all of them the same values. Not thread-safe; not to be changed after the start.</remarks>
public class AkkaEngineOptions
{
    /// <summary>The role of nodes that host streams, clients and values. In the cluster it is called <c>akkasse-stream</c>.</summary>
    public const string StreamRole = "stream";

    /// <summary>The role of nodes that hold connections. In the cluster it is called <c>akkasse-edge</c>.</summary>
    public const string EdgeRole = "edge";

    /// <summary>The node's roles, <see cref="StreamRole"/>, <see cref="EdgeRole"/> or both. Default both.</summary>
    public IList<string> Roles { get; set; } = [StreamRole, EdgeRole];

    /// <summary>So many nodes besides the owner hold a stream's log, 0 to 6. Default 2: one node may be lost at any time without losing what was acknowledged.</summary>
    public int Backups { get; set; } = 2;

    /// <summary>Into so many shards streams, clients and values are divided, 1 to 1 000. Default 100: ten for each of ten nodes. Changing it needs a stop of all nodes.</summary>
    public int Shards { get; set; } = 100;

    /// <summary>How long a new owner waits for the replicas of a stream before it begins a new epoch without them, 1 s to 10 min. Default 15 s.</summary>
    public TimeSpan RecoveryLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a leaving node waits until others hold what it holds, 0 to 10 min. Default 30 s.</summary>
    public TimeSpan LeaveLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an append waits for the owner of its stream before it answers unavailable, 100 ms to 1 min. Default 2 s.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of history pages kept for readers that catch up, 1 MiB to 64 GiB. Default 64 MiB.</summary>
    public long HistoryCacheBytes { get; set; } = 64L << 20;

    /// <summary>How this node is reached by people, for <c>/v1/cluster</c>; null, the default, for nothing.</summary>
    public string? Address { get; set; }

    /// <summary>Bytes of events on their way to one node; tests make it small.</summary>
    internal long LineBytes { get; set; } = Streams.StreamLines.DefaultBytes;

    internal bool HostsStreams => Roles.Contains(StreamRole);

    /// <summary>Lists every fault as "property: what is wrong and what is allowed"; empty when the options are valid.</summary>
    public virtual IEnumerable<string> Validate()
    {
        if (Roles.Count == 0) yield return $"{nameof(Roles)} is empty; {StreamRole}, {EdgeRole} or both are allowed.";
        foreach (var role in Roles)
        {
            if (role is not (StreamRole or EdgeRole)) yield return $"{nameof(Roles)} has '{role}'; {StreamRole} and {EdgeRole} are allowed.";
        }
        if (Backups is < 0 or > 6) yield return $"{nameof(Backups)} is {Backups}; 0 to 6 are allowed.";
        if (Shards is < 1 or > 1_000) yield return $"{nameof(Shards)} is {Shards}; 1 to 1000 are allowed.";
        if (Outside(RecoveryLimit, 1_000, 600_000)) yield return Range(nameof(RecoveryLimit), RecoveryLimit, "1s to 10m");
        if (Outside(LeaveLimit, 0, 600_000)) yield return Range(nameof(LeaveLimit), LeaveLimit, "0s to 10m");
        if (Outside(AppendTimeout, 100, 60_000)) yield return Range(nameof(AppendTimeout), AppendTimeout, "100ms to 1m");
        if (HistoryCacheBytes is < 1 << 20 or > 64L << 30) yield return $"{nameof(HistoryCacheBytes)} is {HistoryCacheBytes}; {1 << 20} to {64L << 30} are allowed.";
    }

    internal void ThrowIfInvalid(string parameter)
    {
        var faults = Validate().ToArray();
        if (faults.Length > 0) throw new ArgumentException("The options of the Akka engine are invalid. " + string.Join(' ', faults), parameter);
    }

    private static bool Outside(TimeSpan value, int low, int high) => value.TotalMilliseconds < low || value.TotalMilliseconds > high;

    private static string Range(string name, TimeSpan value, string allowed) => $"{name} is {Durations.Format(value)}; {allowed} are allowed.";
}
