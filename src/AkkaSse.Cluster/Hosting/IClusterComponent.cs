using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// A part of the engine (streams, values, clients, nodes). It lives as long as the engine; its actors live as long as one ActorSystem, of
/// which there may be several one after the other: a node that the others have downed comes back with a new one.
/// </summary>
internal interface IClusterComponent
{
    /// <summary>
    /// Creates the component's actors in a new ActorSystem, before it joins the cluster. The regions returned are waited for before the
    /// engine is Ready.
    /// </summary>
    IReadOnlyList<IActorRef> Start(ClusterNode node);

    /// <summary>The node is a member, and all regions answer.</summary>
    void Reached()
    {
    }

    /// <summary>
    /// This node is leaving, and the other members know it (<see cref="ClusterMember.Draining"/>). Completes when they hold what it holds.
    /// </summary>
    Task LeaveAsync(CancellationToken cancellation);

    /// <summary>
    /// The ActorSystem of the last <see cref="Start"/> has ended or is ending, or goes on without the hub: everybody who waits for an
    /// answer of it is answered. Called before the next Start and at the end; idempotent.
    /// </summary>
    void Stop();
}
