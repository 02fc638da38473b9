using System.Net;
using AkkaSse.Hub;

namespace AkkaSse.Cluster;

/// <summary>The options of <see cref="AkkaClusterEngine"/> on one node that makes, joins and replaces an ActorSystem of its own. Read once at start; every bound is checked by <see cref="Validate"/>.</summary>
/// <remarks>Nodes of one cluster share system name, backups, shards and frame size; give all of them the same values. Not thread-safe; not to be changed after the start.</remarks>
public sealed class AkkaClusterOptions : AkkaEngineOptions
{
    /// <summary>The default port of the cluster's own traffic.</summary>
    public const int DefaultPort = 4053;

    /// <summary>The cluster's name, 1 to 64 of <c>[A-Za-z0-9-]</c>, a letter first. Default <c>akkasse</c>.</summary>
    public string SystemName { get; set; } = "akkasse";

    /// <summary>
    /// The address to listen on for other nodes. Default <c>127.0.0.1</c>, which no other machine reaches: seeds elsewhere are refused with it, unless there is a <see cref="PublicHost"/>. Without <see cref="Tls"/> the cluster's traffic is neither encrypted nor authenticated, and belongs into a network of its own.
    /// </summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port to listen on for other nodes; 0 takes a free one, for tests. Default 4053.</summary>
    public int Port { get; set; } = DefaultPort;

    /// <summary>The name or address by which other nodes reach this one; null: <see cref="Host"/>. Needed where that is <c>0.0.0.0</c>.</summary>
    public string? PublicHost { get; set; }

    /// <summary>The port by which other nodes reach this one; null: <see cref="Port"/>.</summary>
    public int? PublicPort { get; set; }

    /// <summary>
    /// Where a node that starts looks for the cluster: <c>host:port</c> of some nodes, or <c>host</c> with port 4053, the same list in the same order on all of them. The first of the list is the one that begins a new cluster.
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

    /// <summary>
    /// Largest message between nodes in bytes, 256 KiB to 128 MiB. Default 4 MiB. Must leave 128 KiB beyond <see cref="HubOptions.MaxEventBytes"/>; larger events are refused (413) before they meet it.
    /// </summary>
    public int MaxFrameBytes { get; set; } = DefaultFrameBytes;

    /// <summary>HOCON of your own; it overrides what the engine brings (<c>hocon/</c>), except what the engine cannot work without.</summary>
    public string? Hocon { get; set; }

    /// <summary>A file of such HOCON, read at start; <see cref="Hocon"/> wins over it. Null, the default: none.</summary>
    public string? HoconFile { get; set; }

    /// <summary>TLS between nodes. Off by default; setting <see cref="AkkaTlsOptions.CertificateFile"/> turns it on.</summary>
    public AkkaTlsOptions Tls { get; set; } = new();

    internal const int DefaultFrameBytes = 4 << 20;

    internal string EffectivePublicHost => PublicHost ?? Host;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
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
            if (Hosting.SeedAddress.Parse(SystemName, seed) is null) yield return $"{nameof(Seeds)} has '{seed}'; host:port is allowed, or host with the default port, like 10.0.0.1:{DefaultPort} or hub-0.hub:{DefaultPort}.";
        }
        if (PublicHost is null && IsLoopback(Host) && Seeds.FirstOrDefault(s => Hosting.SeedAddress.Parse(SystemName, s) is { Host: { } host } && !IsLoopback(host)) is { } elsewhere)
            yield return $"{nameof(Host)} is '{Host}', where the seed {elsewhere} cannot reach this node; the address of this machine in the nodes' network is allowed, or such a {nameof(PublicHost)}, or seeds on this machine.";
        if (Seeds.Count > 0 && DiscoveryService is not null) yield return $"{nameof(Seeds)} and {nameof(DiscoveryService)} exclude each other.";
        if (DiscoveryService is "") yield return $"{nameof(DiscoveryService)} is empty; the name of a service is allowed, or none.";
        if (RequiredSeeds is < 1 or > 100) yield return $"{nameof(RequiredSeeds)} is {RequiredSeeds}; 1 to 100 are allowed.";
        else if (DiscoveryService is null && RequiredSeeds > Math.Max(1, Seeds.Count)) yield return $"{nameof(RequiredSeeds)} is {RequiredSeeds}, but there are {Seeds.Count} seeds.";
        if (MaxFrameBytes is < 256 << 10 or > 128 << 20) yield return $"{nameof(MaxFrameBytes)} is {MaxFrameBytes}; {256 << 10} to {128 << 20} are allowed.";
        if (Hosting.ClusterHocon.Fault(Hocon) is { } bad) yield return $"{nameof(Hocon)} cannot be read: {bad}";
        if (HoconFileFault() is { } unread) yield return unread;
        else foreach (var wrong in Tls.Validate(EffectivePublicHost, [Hocon, ReadHoconFile()])) yield return wrong;
        foreach (var fault in base.Validate()) yield return fault;
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

    private static bool IsLoopback(string? host) =>
        IPAddress.TryParse(host, out var address) ? IPAddress.IsLoopback(address) : host is "localhost" || host?.EndsWith(".localhost", StringComparison.Ordinal) == true;

    private static bool IsHost(string? host) => !string.IsNullOrWhiteSpace(host) && Uri.CheckHostName(host) != UriHostNameType.Unknown;
}
