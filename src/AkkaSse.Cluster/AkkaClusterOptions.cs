using Akka.Actor;
using AkkaSse.Hub;

namespace AkkaSse.Cluster;

/// <summary>
/// The options of <see cref="AkkaClusterEngine"/> on one node that makes, joins and replaces an ActorSystem of its own. The engine reads
/// them once, at its start; <see cref="Validate"/> checks every range.
/// </summary>
/// <remarks>
/// All nodes of a cluster need the same <see cref="SystemName"/>, <see cref="AkkaEngineOptions.Backups"/>,
/// <see cref="AkkaEngineOptions.Shards"/> and <see cref="MaxFrameBytes"/>. Not thread-safe; not to be changed after the start.
/// </remarks>
public sealed class AkkaClusterOptions : AkkaEngineOptions
{
    /// <summary>The default port for the traffic between nodes.</summary>
    public const int DefaultPort = 4053;

    /// <summary>The name of the cluster. 1 to 64 characters of <c>[A-Za-z0-9-]</c>, a letter first. Default <c>akkasse</c>.</summary>
    public string SystemName { get; set; } = "akkasse";

    /// <summary>
    /// The address of this machine on which the node listens for other nodes. Default <c>127.0.0.1</c>, which no other machine reaches:
    /// with it, seeds on other machines are a fault unless <see cref="PublicHost"/> is set. Without <see cref="Tls"/> the traffic is
    /// neither encrypted nor authenticated; keep it in a network of its own.
    /// </summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>
    /// The port on which the node listens for other nodes. 0 to 65 535. Default 4053. 0 takes a free port, for tests.
    /// </summary>
    public int Port { get; set; } = DefaultPort;

    /// <summary>
    /// The name or address by which other nodes reach this node. Default null: <see cref="Host"/>. Needed where that is <c>0.0.0.0</c>.
    /// </summary>
    public string? PublicHost { get; set; }

    /// <summary>
    /// The port by which other nodes reach this node. 1 to 65 535, or null. Default null: <see cref="Port"/>.
    /// </summary>
    public int? PublicPort { get; set; }

    /// <summary>
    /// The nodes at which a starting node looks for the cluster: <c>host:port</c>, or <c>host</c> with port 4053; the same list in the same
    /// order on all nodes, and each written as its own <see cref="PublicHost"/> is. Default empty: without <see cref="DiscoveryService"/>
    /// this node is a cluster of one. The first seed begins a new cluster.
    /// </summary>
    public IList<string> Seeds { get; set; } = [];

    /// <summary>
    /// The name of the service for which Akka.Discovery looks in place of <see cref="Seeds"/>; HOCON chooses the method
    /// (<c>akka.discovery.method</c>). Default null: no discovery.
    /// </summary>
    public string? DiscoveryService { get; set; }

    /// <summary>
    /// The number of seeds that must answer, the first seed included, before the first seed begins a new cluster. 1 to 100, and at most the
    /// number of different seeds. Default 1. A node that the cluster has removed asks for more than half of the seeds in any case, so that
    /// a first seed that is cut off begins no second cluster.
    /// </summary>
    public int RequiredSeeds { get; set; } = 1;

    /// <summary>
    /// The largest message between nodes. Bytes. 256 KiB to 128 MiB. Default 4 MiB. It must be 128 KiB more than
    /// <see cref="HubOptions.MaxEventBytes"/>; the hub refuses larger events (413).
    /// </summary>
    public int MaxFrameBytes { get; set; } = DefaultFrameBytes;

    /// <summary>
    /// Your HOCON, as text. Default null: none. It overrides the engine's own (<c>hocon/</c>), except for settings without which the engine
    /// cannot work.
    /// </summary>
    public string? Hocon { get; set; }

    /// <summary>The path of a file with your HOCON, read at start. Default null: none. <see cref="Hocon"/> wins over it.</summary>
    public string? HoconFile { get; set; }

    /// <summary>TLS between nodes. Default: off. <see cref="AkkaTlsOptions.CertificateFile"/> turns it on.</summary>
    public AkkaTlsOptions Tls { get; set; } = new();

    internal const int DefaultFrameBytes = 4 << 20;

    internal string EffectivePublicHost => PublicHost ?? Host;

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (Seeds is null || Tls is null)
        {
            if (Seeds is null) yield return $"{nameof(Seeds)} is null; a list is needed, an empty one for a cluster of one.";
            if (Tls is null) yield return $"{nameof(Tls)} is null; options are needed, new {nameof(AkkaTlsOptions)}() for no TLS.";
            // The other rules look at both.
            yield break;
        }
        if (!IsSystemName(SystemName))
            yield return $"{nameof(SystemName)} is '{SystemName}'; 1 to 64 of letters, digits and '-' are allowed, a letter first.";
        if (!IsHost(Host)) yield return $"{nameof(Host)} is '{Host}'; an address or a name of this machine is allowed.";
        if (PublicHost is not null && !IsHost(PublicHost))
            yield return $"{nameof(PublicHost)} is '{PublicHost}'; an address or a name is allowed.";
        if (IsHost(EffectivePublicHost) && EffectivePublicHost is "0.0.0.0" or "::")
            yield return $"{nameof(PublicHost)} is needed: other nodes cannot reach {EffectivePublicHost}.";
        if (Port is < 0 or > 65_535) yield return $"{nameof(Port)} is {Port}; 0 to 65535 are allowed.";
        if (PublicPort is < 1 or > 65_535) yield return $"{nameof(PublicPort)} is {PublicPort}; 1 to 65535 are allowed.";
        if (PublicPort is not null && Port == 0)
            yield return $"{nameof(PublicPort)} is {PublicPort}, but {nameof(Port)} is 0, a port that nobody knows before.";
        foreach (var seed in Seeds)
        {
            if (Hosting.SeedAddress.Parse(SystemName, seed) is null)
                yield return $"{nameof(Seeds)} has '{seed}'; host:port is allowed, or host with the default port, like "
                    + $"10.0.0.1:{DefaultPort} or hub-0.hub:{DefaultPort}, or akka.tcp://{SystemName}@host:port.";
        }
        if (PublicHost is null && HostNames.IsLoopback(Host) && Seeds.FirstOrDefault(IsElsewhere) is { } elsewhere)
        {
            yield return $"{nameof(Host)} is '{Host}', where the seed {elsewhere} cannot reach this node; the address of this machine in "
                + $"the nodes' network is allowed, or such a {nameof(PublicHost)}, or seeds on this machine.";
        }
        if (Seeds.Count > 0 && DiscoveryService is not null)
            yield return $"{nameof(Seeds)} and {nameof(DiscoveryService)} exclude each other.";
        if (DiscoveryService is "") yield return $"{nameof(DiscoveryService)} is empty; the name of a service is allowed, or none.";
        if (RequiredSeeds is < 1 or > 100) yield return $"{nameof(RequiredSeeds)} is {RequiredSeeds}; 1 to 100 are allowed.";
        else if (DiscoveryService is null && SeedAddresses() is var seeds && RequiredSeeds > Math.Max(1, seeds.Count))
            yield return $"{nameof(RequiredSeeds)} is {RequiredSeeds}, but there are {seeds.Count} different seeds.";
        if (MaxFrameBytes is < 256 << 10 or > 128 << 20)
            yield return $"{nameof(MaxFrameBytes)} is {MaxFrameBytes}; {256 << 10} to {128 << 20} are allowed.";
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

    /// <summary>The seeds in their order, each once: one that stands there twice answers once.</summary>
    /// <param name="protocol">What this node speaks.</param>
    internal IReadOnlyList<Address> SeedAddresses(string protocol = "akka.tcp") =>
        [.. Seeds.Select(s => Hosting.SeedAddress.Parse(SystemName, s, protocol)).OfType<Address>().Distinct()];

    private static bool IsSystemName(string? name) =>
        name is { Length: > 0 and <= 64 } && char.IsAsciiLetter(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private bool IsElsewhere(string seed) =>
        Hosting.SeedAddress.Parse(SystemName, seed) is { Host: { } host } && !HostNames.IsLoopback(host);

    private static bool IsHost(string? host) => !string.IsNullOrWhiteSpace(host) && Uri.CheckHostName(host) != UriHostNameType.Unknown;
}
