using Akka.Cluster;

namespace AkkaSse.Cluster.Hosting;

/// <summary>How the hub's roles are called in the cluster: in an application's own cluster other members have roles too.</summary>
internal static class ClusterRoles
{
    /// <summary>Of nodes that host streams, clients and values.</summary>
    internal const string Stream = "akkasse-" + AkkaEngineOptions.StreamRole;

    /// <summary>Of nodes that hold connections.</summary>
    internal const string Edge = "akkasse-" + AkkaEngineOptions.EdgeRole;

    /// <summary>Of a node with these options.</summary>
    internal static IEnumerable<string> Of(AkkaEngineOptions options) => options.EffectiveRoles.Select(static role => "akkasse-" + role);

    /// <summary>Whether a member is a node of the hub at all.</summary>
    internal static bool HasHub(Member member) => member.HasRole(Stream) || member.HasRole(Edge);
}
