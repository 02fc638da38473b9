using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster;

/// <summary>Everything that this project logs. No payload.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "Node {Node} listens for the cluster at {Address}.")]
    internal static partial void Listening(ILogger logger, string node, string address);

    [LoggerMessage(5002, LogLevel.Information, "Node {Node} is up in a cluster of {Members} with {Streams} stream nodes.")]
    internal static partial void Up(ILogger logger, string node, int members, int streams);

    [LoggerMessage(5003, LogLevel.Warning, "The other nodes have removed this one; it comes back as a new member.")]
    internal static partial void Removed(ILogger logger);

    [LoggerMessage(5004, LogLevel.Warning, "The cluster could not be started ({Reason}); trying again in {Delay}.")]
    internal static partial void StartFailed(ILogger logger, string reason, TimeSpan delay);

    [LoggerMessage(5005, LogLevel.Error,
        "The node name {Node} is in use by the node at {Address}; this one serves nothing until that one is gone. Each node needs a " +
        "NodeName of its own.")]
    internal static partial void NameInUse(ILogger logger, string node, string address);

    [LoggerMessage(5006, LogLevel.Warning,
        "This node sees a minority of the stream nodes; publishes are refused until it sees the others again.")]
    internal static partial void Minority(ILogger logger);

    [LoggerMessage(5007, LogLevel.Error, "A fault in {Where} was contained.")]
    internal static partial void Fault(ILogger logger, Exception fault, string where);

    [LoggerMessage(5008, LogLevel.Information,
        "No cluster yet at {Names}: {Answered} of {Seeds} seeds have answered that they are in none, {Open} take connections or cannot " +
        "be reached and have not answered. The first of them begins a cluster when {Required} have answered and no other one is open.")]
    internal static partial void WaitingForSeeds(ILogger logger, string names, int answered, int seeds, int open, int required);

    [LoggerMessage(5018, LogLevel.Warning,
        "The cluster of {Members} has not let this node in for {Limit}: it may still hold an earlier node of this address for a member. " +
        "Asking again.")]
    internal static partial void NotLetIn(ILogger logger, string members, TimeSpan limit);

    [LoggerMessage(5009, LogLevel.Information, "Node {Node} begins a new cluster.")]
    internal static partial void BeginsCluster(ILogger logger, string node);

    [LoggerMessage(5015, LogLevel.Information,
        "Node {Node} was given no seeds and is a cluster of one: its logs are in this process alone. Others join it with the seed " +
        "{Address}.")]
    internal static partial void ClusterOfOne(ILogger logger, string node, string address);

    [LoggerMessage(5010, LogLevel.Warning,
        "Leaving the cluster took longer than {Limit}; what only this node holds is lost to the others.")]
    internal static partial void LeaveLimit(ILogger logger, TimeSpan limit);

    [LoggerMessage(5019, LogLevel.Information, "No node stays that keeps streams: this one leaves the cluster without a successor.")]
    internal static partial void NoSuccessor(ILogger logger);

    [LoggerMessage(5011, LogLevel.Warning, "Discovery of {Service} failed: {Reason}")]
    internal static partial void DiscoveryFailed(ILogger logger, string service, string reason);

    [LoggerMessage(5013, LogLevel.Information, "Node {Node} works in the application's ActorSystem {System}.")]
    internal static partial void Guest(ILogger logger, string node, string system);

    [LoggerMessage(5014, LogLevel.Error, "The application's ActorSystem has ended; this hub is down until the application starts again.")]
    internal static partial void GuestEnded(ILogger logger);

    [LoggerMessage(5016, LogLevel.Warning,
        "The hub's shard regions did not end within {Limit} and were stopped; the other nodes take over their shards when they have " +
        "noticed.")]
    internal static partial void RegionsNotEnded(ILogger logger, TimeSpan limit);

    [LoggerMessage(5017, LogLevel.Warning,
        "The member at {Address} has a role of the hub and has not said its name within {Limit}: its hub has ended or was not started. " +
        "This node goes on without it.")]
    internal static partial void SilentMember(ILogger logger, string address, TimeSpan limit);

    [LoggerMessage(5020, LogLevel.Critical,
        "This node's copy of log {Log} failed on a {Message} and answers nothing from now on, as if the node were down for this log " +
        "alone; restart the node soon, the log has one holder less.")]
    internal static partial void ReplicaFailed(ILogger logger, Exception fault, string log, string message);

    [LoggerMessage(5021, LogLevel.Debug, "This node still has a vote in {Votes} logs.")]
    internal static partial void VotesHeld(ILogger logger, int votes);

    [LoggerMessage(5022, LogLevel.Warning,
        "The log of stream {Stream} lost most of its voters at once and goes on in a new epoch (unclean recovery) with the {Events} " +
        "events that are left. A majority of its voters took part: {All}; then nothing that was acknowledged is missing.")]
    internal static partial void StreamRestored(ILogger logger, string stream, long events, bool all);

    [LoggerMessage(5012, LogLevel.Warning,
        "The seed {Seed} takes connections and has answered nothing for {Limit}; this node begins again with a new ActorSystem.")]
    internal static partial void DeafSeed(ILogger logger, string seed, TimeSpan limit);

    [LoggerMessage(5039, LogLevel.Error,
        "The seed {Seed} takes connections and has answered nothing to {Count} ActorSystems of this node: its process is frozen, or it " +
        "is no node of the cluster {System}, or it has another SystemName or PublicHost than its address here has. This node begins " +
        "again after {Limit}.")]
    internal static partial void DeafSeedAgain(ILogger logger, string seed, int count, string system, TimeSpan limit);

    [LoggerMessage(5040, LogLevel.Error, "This node cannot join as it is: {Reason}")]
    internal static partial void CannotJoin(ILogger logger, string reason);

    [LoggerMessage(5041, LogLevel.Error,
        "Shards is {Own} on this node and {Theirs} on node {Node} at {Address}, which was in the cluster before; all nodes of a cluster " +
        "need the same number. The hub of this node is down until the application starts again.")]
    internal static partial void ShardsDiffer(ILogger logger, int own, int theirs, string node, string address);

    [LoggerMessage(5042, LogLevel.Warning,
        "The cluster of {Members} has admitted this node and waits for more of them: {Count} of {Least} are there " +
        "(akka.cluster.min-nr-of-members).")]
    internal static partial void WaitsForMembers(ILogger logger, string members, int count, int least);

    [LoggerMessage(5043, LogLevel.Information,
        "The application's ActorSystem {System} has no seed nodes (akka.cluster.seed-nodes) and is in no cluster: the hub waits until " +
        "the application joins it to one.")]
    internal static partial void GuestWaits(ILogger logger, string system);

    [LoggerMessage(5023, LogLevel.Information, "Node {Node} at {Address} has joined the cluster.")]
    internal static partial void NodeJoined(ILogger logger, string node, string address);

    [LoggerMessage(5024, LogLevel.Warning,
        "Node {Node} at {Address} does not answer. Publishes to the streams that it owns are refused until it answers or the others " +
        "remove it. If nobody stopped it, look at its process and its network.")]
    internal static partial void NodeUnreachable(ILogger logger, string node, string address);

    [LoggerMessage(5025, LogLevel.Information, "Node {Node} at {Address} answers again.")]
    internal static partial void NodeReachable(ILogger logger, string node, string address);

    [LoggerMessage(5026, LogLevel.Warning,
        "Node {Node} at {Address} was removed from the cluster; its streams get new owners among the others. Start " +
        "it again: it joins as a new member.")]
    internal static partial void NodeRemoved(ILogger logger, string node, string address);

    [LoggerMessage(5027, LogLevel.Information, "Node {Node} at {Address} has left the cluster.")]
    internal static partial void NodeLeft(ILogger logger, string node, string address);

    [LoggerMessage(5028, LogLevel.Warning,
        "Node {Node} has crashed: nothing listens at {Address} any more, as a majority of the nodes has found. It is removed at once.")]
    internal static partial void NodeCrashed(ILogger logger, string node, string address);

    [LoggerMessage(5029, LogLevel.Warning,
        "Node {Node} at {Address} is removed: it and another node do not reach each other, although this node reaches both. Look at the " +
        "network between them; it joins again when the path is whole.")]
    internal static partial void PartialPartition(ILogger logger, string node, string address);

    [LoggerMessage(5030, LogLevel.Information,
        "The cluster speaks TLS. This node is {Subject}, valid until {Expiry}, signed by {Issuer}; let in are certificates of " +
        "{Authorities}.")]
    internal static partial void TlsOn(ILogger logger, string subject, string expiry, string issuer, string authorities);

    [LoggerMessage(5031, LogLevel.Warning,
        "Whoever reaches {Host}:{Port} can publish and read everything: the cluster's port has no TLS. {Remedy}, or keep it in a " +
        "network of its own.")]
    internal static partial void PortIsOpen(ILogger logger, string host, int port, string remedy);

    [LoggerMessage(5032, LogLevel.Warning,
        "The certificate {Subject} of this node expires on {Expiry}, in {Days} days: replace it and restart the nodes one after the " +
        "other.")]
    internal static partial void CertificateExpires(ILogger logger, string subject, string expiry, int days);

    [LoggerMessage(5033, LogLevel.Error,
        "The certificate {Subject} of this node expired on {Expiry}: its connections go on, and no new one is let in. Replace it and " +
        "restart the node.")]
    internal static partial void CertificateExpired(ILogger logger, string subject, string expiry);

    [LoggerMessage(5034, LogLevel.Warning, "A connection from {Peer} to the cluster's port was refused: {Reason}.")]
    internal static partial void PeerRefused(ILogger logger, string peer, string reason);

    [LoggerMessage(5035, LogLevel.Warning, "No TLS with the node at {Node}: {Reason}.")]
    internal static partial void PeerUnreached(ILogger logger, string node, string reason);

    [LoggerMessage(5036, LogLevel.Error,
        "The seed {Seed} speaks TLS and this node does not, so it cannot join: set Tls.CertificateFile and Tls.CaFile.")]
    internal static partial void SeedSpeaksTls(ILogger logger, string seed);

    [LoggerMessage(5037, LogLevel.Warning,
        "Tls.RequirePeerCertificate is off: the cluster's traffic is encrypted, and whoever reaches its port can publish and read " +
        "everything.")]
    internal static partial void TlsWithoutPeers(ILogger logger);

    [LoggerMessage(5038, LogLevel.Error, "The cluster's transport: {Text}")]
    internal static partial void TransportFault(ILogger logger, Exception? fault, string text);
}
