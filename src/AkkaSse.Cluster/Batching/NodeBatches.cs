using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Wire;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Batching;

/// <summary>
/// Messages of this ActorSystem's actors to other nodes: all that a turn of the <see cref="TurnExecutor"/> has for one node goes in one.
/// Between two actors they stay in order, as long as all of them go this way. Like all messages between nodes they may be lost.
/// Thread-safe.
/// </summary>
internal sealed class NodeBatches
{
    private readonly ConcurrentDictionary<Address, OutgoingBatch> _to = new();
    private readonly IActorRefProvider _provider;
    private readonly TurnExecutor _executor;
    private readonly string _self;

    internal NodeBatches(ExtendedActorSystem system, Address self, ILogger logger)
    {
        _provider = system.Provider;
        _self = self.ToString();
        _executor = TurnExecutor.Of(system.EventStream);
        _executor.AtEndOfTurn(Flush);
        var path = _provider.TempPath().Parent / BatchReceiver.Name;
        var receiver = new BatchReceiver(_provider, _self, path, logger);
        // In an application's ActorSystem an engine may follow another one.
        _provider.UnregisterTempActor(path);
        _provider.RegisterTempActor(receiver, path);
    }

    /// <summary>Sends a message: at once to an actor of this node, with the others of the turn to one of another node.</summary>
    internal void Tell(IActorRef to, IWireMessage message, IActorRef from)
    {
        var address = to.Path.Address;
        if (address.HasLocalScope || To(address) is not { IsAllowed: true } batch)
        {
            to.Tell(message, from);
            return;
        }
        batch.Add(to, message, from);
        if (!TurnExecutor.IsInTurn) _executor.EndTurnSoon();
    }

    /// <summary>A node has said whether it takes batches.</summary>
    internal void Allow(Address node, bool allowed) => To(node).IsAllowed = allowed;

    /// <summary>A node is gone, and none is known at its address.</summary>
    internal void Forget(Address node)
    {
        if (_to.TryRemove(node, out var batch)) batch.IsAllowed = false;
    }

    /// <summary>Sends what has gathered: what is sent in another way afterwards does not overtake it.</summary>
    internal void Flush()
    {
        foreach (var (_, batch) in _to) batch.Flush();
    }

    private OutgoingBatch To(Address node) =>
        _to.GetOrAdd(node, static (node, self) => new OutgoingBatch(
            self._provider.ResolveActorRef($"{node}/temp/{BatchReceiver.Name}"), self._self), this);
}
