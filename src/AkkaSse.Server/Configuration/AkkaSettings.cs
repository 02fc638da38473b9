namespace AkkaSse.Server.Configuration;

/// <summary>The options of the engine akka, section <c>Akka</c>. They are the engine's own, with a file in place of HOCON; builds without that engine read them too, so that a configuration file serves both.</summary>
internal sealed partial class AkkaSettings
{
    internal const string Section = "Akka";

    /// <summary>The cluster's name.</summary>
    public string SystemName { get; set; } = "akkasse";

    /// <summary>The address to listen on for other nodes.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port to listen on for other nodes; 0 takes a free one.</summary>
    public int Port { get; set; } = 4053;

    /// <summary>The name or address by which other nodes reach this one; null: Host.</summary>
    public string? PublicHost { get; set; }

    /// <summary>The port by which other nodes reach this one; null: Port.</summary>
    public int? PublicPort { get; set; }

    /// <summary>Where a node that starts looks for the cluster, host:port each, the same list on all nodes.</summary>
    public List<string> Seeds { get; set; } = [];

    /// <summary>The service that Akka.Discovery is asked for instead of seeds.</summary>
    public string? DiscoveryService { get; set; }

    /// <summary>So many seeds have to answer before the first one begins a cluster.</summary>
    public int RequiredSeeds { get; set; } = 1;

    /// <summary>stream, edge or both.</summary>
    public List<string> Roles { get; set; } = ["stream", "edge"];

    /// <summary>So many nodes besides the owner hold a stream's log.</summary>
    public int Backups { get; set; } = 2;

    /// <summary>Into so many shards streams, clients and values are divided.</summary>
    public int Shards { get; set; } = 100;

    /// <summary>Largest message between nodes.</summary>
    public int MaxFrameBytes { get; set; } = 4 << 20;

    /// <summary>How long a new owner waits for the replicas of a stream before it begins a new epoch without them.</summary>
    public TimeSpan RecoveryLimit { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a leaving node waits until others hold what it holds.</summary>
    public TimeSpan LeaveLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an append waits for the owner of its stream.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Pages of history kept for readers that catch up.</summary>
    public long HistoryCacheBytes { get; set; } = 64L << 20;

    /// <summary>A file of HOCON that overrides what the engine brings.</summary>
    public string? HoconFile { get; set; }

#if !AKKA_ENGINE
    internal IEnumerable<string> Validate()
    {
        yield return $"{ServerSettings.Section}:Engine is 'akka', but this build has no Akka engine; build with -p:AkkaEngine=true, or choose memory or postgres.";
    }
#endif
}
