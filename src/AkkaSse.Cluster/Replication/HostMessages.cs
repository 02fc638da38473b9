using Akka.Actor;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>A leader's message to a replica.</summary>
/// <param name="Log">The log's name.</param>
/// <param name="From">The leader's node.</param>
/// <param name="To">Whom it is meant for: a node that restarted at the same address is another one.</param>
/// <param name="Message">The message.</param>
internal sealed record ToReplica(string Log, NodeId From, NodeId To, ReplicaMessage Message) : IWireMessage;

/// <summary>A replica's answer to the leader that asked.</summary>
internal sealed record ToLeader(NodeId From, ReplicaMessage Message) : IWireMessage;

/// <summary>Within a node snapshots go by reference.</summary>
internal sealed record WithinNode(IWireMessage Message) : INoSerializationVerificationNeeded;

/// <summary>A message with a snapshot that the receiver is to fetch before anything of it has happened.</summary>
/// <param name="Transfer">The sender's number for it.</param>
/// <param name="Parts">How many parts it has.</param>
/// <param name="Message">A <see cref="ToReplica"/> or a <see cref="ToLeader"/> without its snapshot.</param>
internal sealed record SnapshotOffer(long Transfer, int Parts, IWireMessage Message) : IWireMessage;

/// <summary>Give me this part; beyond the last one: I have them all.</summary>
internal sealed record SnapshotPull(long Transfer, int Part) : IWireMessage;

/// <summary>A part.</summary>
internal sealed record SnapshotPart(long Transfer, int Part, ReadOnlyMemory<byte> Bytes) : IWireMessage;
