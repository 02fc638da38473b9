using AkkaSse.Hub;

namespace AkkaSse.Cluster;

/// <summary>The options of <see cref="AkkaClusterEngine"/> on one node. Read once at start; every bound is checked by <see cref="Validate"/>.</summary>
/// <remarks>Nodes of one cluster share system name, backups, shards and frame size; give all of them the same values.</remarks>
public sealed class AkkaClusterOptions
{
    /// <summary>The role of nodes that host streams, clients and values.</summary>
    public const string StreamRole = "stream";

    /// <summary>The role of nodes that hold connections.</summary>
    public const string EdgeRole = "edge";

    /// <summary>The default port of the cluster's own traffic.</summary>
    public const int DefaultPort = 4053;

    /// <summary>The cluster's name, 1 to 64 of <c>[A-Za-z0-9-]</c>, a letter first. Default <c>akkasse</c>.</summary>
    public string SystemName { get; set; } = "akkasse";

    /// <summary>
    /// The address to listen on for other nodes. Default <c>127.0.0.1</c>: without <see cref="Tls"/> the cluster's traffic is neither encrypted nor authenticated, and belongs into a network of its own.
    /// </summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port to listen on for other nodes; 0 takes a free one, for tests. Default 4053.</summary>
    public int Port { get; set; } = DefaultPort;

    /// <summary>The name or address by which other nodes reach this one; null: <see cref="Host"/>. Needed where that is <c>0.0.0.0</c>.</summary>
    public string? PublicHost { get; set; }

    /// <summary>The port by which other nodes reach this one; null: <see cref="Port"/>.</summary>
    public int? PublicPort { get; set; }

    /// <summary>
    /// Where a node that starts looks for the cluster: <c>host:port</c> of some nodes, the same list in the same order on all of them. The first of the list is the one that begins a new cluster.
    /// Empty without <see cref="DiscoveryService"/>: this node is a cluster by itself.
    /// </summary>
    public IList<string> Seeds { get; set; } = [];

    /// <summary>
    /// The service that Akka.Discovery is asked for instead of <see cref="Seeds"/>; the method is chosen in HOCON (<c>akka.discovery.method</c>). Null, the default: no discovery.
    /// </summary>
    public string? DiscoveryService { get; set; }

    /// <summary>
    /// The first seed begins a new cluster only when so many seeds, itself included, answer and none is in one; 1 to 100. Default 1. A node that was removed from the cluster and comes back asks for more than half of the
    /// seeds in any case: else the first seed, cut off from the others, would begin a second cluster.
    /// </summary>
    public int RequiredSeeds { get; set; } = 1;

    /// <summary>The node's roles, <c>stream</c>, <c>edge</c> or both. Default both.</summary>
    public IList<string> Roles { get; set; } = [StreamRole, EdgeRole];

    /// <summary>So many nodes besides the owner hold a stream's log, 0 to 6. Default 2: one node may be lost at any time without losing what was acknowledged.</summary>
    public int Backups { get; set; } = 2;

    /// <summary>Into so many shards streams, clients and values are divided, 1 to 1 000. Default 100: ten for each of ten nodes. Changing it needs a stop of all nodes.</summary>
    public int Shards { get; set; } = 100;

    /// <summary>
    /// Largest message between nodes in bytes, 256 KiB to 128 MiB. Default 4 MiB. Must leave 128 KiB beyond <see cref="HubOptions.MaxEventBytes"/>; larger events are refused (413) before they meet it.
    /// </summary>
    public int MaxFrameBytes { get; set; } = 4 << 20;

    /// <summary>How long a new owner waits for the replicas of a stream before it begins a new epoch without them, 1 s to 10 min. Default 15 s.</summary>
    public TimeSpan RecoveryLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a leaving node waits until others hold what it holds, 0 to 10 min. Default 30 s.</summary>
    public TimeSpan LeaveLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an append waits for the owner of its stream before it answers unavailable, 100 ms to 1 min. Default 2 s.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of history pages kept for readers that catch up, 1 MiB to 64 GiB. Default 64 MiB.</summary>
    public long HistoryCacheBytes { get; set; } = 64L << 20;

    /// <summary>HOCON of your own; it overrides what the engine brings (<c>hocon/</c>), except what the engine cannot work without.</summary>
    public string? Hocon { get; set; }

    /// <summary>A file of such HOCON, read at start; <see cref="Hocon"/> wins over it. Null, the default: none.</summary>
    public string? HoconFile { get; set; }

    /// <summary>TLS between nodes. Off by default; setting <see cref="AkkaTlsOptions.CertificateFile"/> turns it on.</summary>
    public AkkaTlsOptions Tls { get; set; } = new();

    /// <summary>How this node is reached by people, for <c>/v1/cluster</c>; null for nothing.</summary>
    public string? Address { get; set; }

    /// <summary>Bytes of events on their way to one node; tests make it small.</summary>
    internal long LineBytes { get; set; } = Streams.StreamLines.DefaultBytes;

    internal string EffectivePublicHost => PublicHost ?? Host;

    internal bool HostsStreams => Roles.Contains(StreamRole);

    /// <summary>Lists every fault as "property: what is wrong and what is allowed"; empty when the options are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (!IsSystemName(SystemName)) yield return $"{nameof(SystemName)} is '{SystemName}'; 1 to 64 of letters, digits and '-' are allowed, a letter first.";
        if (!IsHost(Host)) yield return $"{nameof(Host)} is '{Host}'; an address or a name of this machine is allowed.";
        if (PublicHost is not null && !IsHost(PublicHost)) yield return $"{nameof(PublicHost)} is '{PublicHost}'; an address or a name is allowed.";
        if (IsHost(EffectivePublicHost) && EffectivePublicHost is "0.0.0.0" or "::") yield return $"{nameof(PublicHost)} is needed: other nodes cannot reach {EffectivePublicHost}.";
        if (Port is < 0 or > 65_535) yield return $"{nameof(Port)} is {Port}; 0 to 65535 are allowed.";
        if (PublicPort is < 1 or > 65_535) yield return $"{nameof(PublicPort)} is {PublicPort}; 1 to 65535 are allowed.";
        if (PublicPort is not null && Port == 0) yield return $"{nameof(PublicPort)} is {PublicPort}, but {nameof(Port)} is 0, a port that nobody knows before.";
        foreach (var seed in Seeds)
        {
            if (Hosting.SeedAddress.Parse(SystemName, seed) is null) yield return $"{nameof(Seeds)} has '{seed}'; host:port is allowed, like 10.0.0.1:{DefaultPort} or hub-0.hub:{DefaultPort}.";
        }
        if (Seeds.Count > 0 && DiscoveryService is not null) yield return $"{nameof(Seeds)} and {nameof(DiscoveryService)} exclude each other.";
        if (DiscoveryService is "") yield return $"{nameof(DiscoveryService)} is empty; the name of a service is allowed, or none.";
        if (RequiredSeeds is < 1 or > 100) yield return $"{nameof(RequiredSeeds)} is {RequiredSeeds}; 1 to 100 are allowed.";
        else if (DiscoveryService is null && RequiredSeeds > Math.Max(1, Seeds.Count)) yield return $"{nameof(RequiredSeeds)} is {RequiredSeeds}, but there are {Seeds.Count} seeds.";
        if (Roles.Count == 0) yield return $"{nameof(Roles)} is empty; {StreamRole}, {EdgeRole} or both are allowed.";
        foreach (var role in Roles)
        {
            if (role is not (StreamRole or EdgeRole)) yield return $"{nameof(Roles)} has '{role}'; {StreamRole} and {EdgeRole} are allowed.";
        }
        if (Backups is < 0 or > 6) yield return $"{nameof(Backups)} is {Backups}; 0 to 6 are allowed.";
        if (Shards is < 1 or > 1_000) yield return $"{nameof(Shards)} is {Shards}; 1 to 1000 are allowed.";
        if (MaxFrameBytes is < 256 << 10 or > 128 << 20) yield return $"{nameof(MaxFrameBytes)} is {MaxFrameBytes}; {256 << 10} to {128 << 20} are allowed.";
        if (Outside(RecoveryLimit, 1_000, 600_000)) yield return Range(nameof(RecoveryLimit), RecoveryLimit, "1s to 10m");
        if (Outside(LeaveLimit, 0, 600_000)) yield return Range(nameof(LeaveLimit), LeaveLimit, "0s to 10m");
        if (Outside(AppendTimeout, 100, 60_000)) yield return Range(nameof(AppendTimeout), AppendTimeout, "100ms to 1m");
        if (HistoryCacheBytes is < 1 << 20 or > 64L << 30) yield return $"{nameof(HistoryCacheBytes)} is {HistoryCacheBytes}; {1 << 20} to {64L << 30} are allowed.";
        if (Hosting.ClusterHocon.Fault(Hocon) is { } fault) yield return $"{nameof(Hocon)} cannot be read: {fault}";
        if (HoconFileFault() is { } unread) yield return unread;
        else foreach (var wrong in Tls.Validate(EffectivePublicHost, [Hocon, ReadHoconFile()])) yield return wrong;
    }

    internal void ThrowIfInvalid(string parameter)
    {
        var faults = Validate().ToArray();
        if (faults.Length > 0) throw new ArgumentException("The options of the Akka engine are invalid. " + string.Join(' ', faults), parameter);
    }

    private string? HoconFileFault()
    {
        try
        {
            return Hosting.ClusterHocon.Fault(ReadHoconFile()) is { } fault ? $"{nameof(HoconFile)} cannot be read: {fault}" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"{nameof(HoconFile)} is '{HoconFile}', which cannot be read: {e.Message}";
        }
    }

    internal string? ReadHoconFile() => HoconFile is null ? null : File.ReadAllText(HoconFile);

    private static bool IsSystemName(string name) => name is { Length: > 0 and <= 64 } && char.IsAsciiLetter(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsHost(string? host) => !string.IsNullOrWhiteSpace(host) && Uri.CheckHostName(host) != UriHostNameType.Unknown;

    private static bool Outside(TimeSpan value, int low, int high) => value.TotalMilliseconds < low || value.TotalMilliseconds > high;

    private static string Range(string name, TimeSpan value, string allowed) => $"{name} is {Durations.Format(value)}; {allowed} are allowed.";
}
