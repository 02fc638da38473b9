using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Where the engine's ActorSystem comes from, how it joins, and who ends it.</summary>
internal interface IActorSystemHost : IDisposable
{
    /// <summary>Largest message between nodes in bytes.</summary>
    /// <exception cref="InvalidOperationException">The ActorSystem is not one the engine can work in; the message says what is
    /// missing.</exception>
    int MaxFrameBytes { get; }

    /// <summary>Whether another ActorSystem follows one that has ended.</summary>
    bool Replaces { get; }

    /// <summary>An ActorSystem to work in. When what follows fails, <see cref="EndAsync"/> is called.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says why.</exception>
    ActorSystem Begin(EngineContext context);

    /// <summary>In words what the engine's own actors threw while they were started in an ActorSystem of <see cref="Begin"/>.</summary>
    Exception Explain(Exception fault);

    /// <summary>Completes with true when this node is a member that is up, with false when this ActorSystem will not become one.</summary>
    Task<bool> JoinAsync(ClusterNode node, bool wasRemoved, CancellationToken ended);

    /// <summary>Completes when the ActorSystem has ended, or the engine's part in it because the engine was stopped.</summary>
    Task EndedAsync(ClusterNode node, CancellationToken stopped);

    /// <summary>The others hold what this node held: it leaves.</summary>
    Task LeaveAsync(ClusterNode node, IReadOnlyList<IActorRef> regions, CancellationToken limit);

    /// <summary>The engine has no use for the ActorSystem any more.</summary>
    Task EndAsync(ActorSystem system, IReadOnlyList<IActorRef> regions);

    /// <summary>A reachable member has this node's name. It says so again every 250 ms for as long as that is so.</summary>
    void OnNameTaken(ClusterNode node);
}
