using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>The application's own ActorSystem: the application makes it, joins it, and decides what follows when it ends.</summary>
/// <param name="system">The application's.</param>
/// <param name="handOff">Hands over what this node holds; idempotent.</param>
/// <param name="logger">The engine's.</param>
internal sealed class GivenActorSystem(ActorSystem system, Func<Task> handOff, ILogger logger) : IActorSystemHost
{
    // Whether the others gave this node's name to another one is known again after so long: they say it every 250 ms.
    private static readonly TimeSpan NameTakenFor = TimeSpan.FromSeconds(2);

    // As long as the same takes in an ActorSystem of the hub's own (hocon/common.hocon).
    private static readonly TimeSpan RegionLimit = TimeSpan.FromSeconds(20);

    public int MaxFrameBytes
    {
        get
        {
            var bytes = system.Settings.Config.GetByteSize("akka.remote.dot-netty.tcp.maximum-frame-size", null);
            return bytes is { } known and > 0
                ? (int)Math.Min(known, int.MaxValue)
                : throw new InvalidOperationException(
                    $"The ActorSystem {system.Name} has no remoting; the hub needs WithRemoting and WithClustering.");
        }
    }

    public bool Replaces => false;

    public ActorSystem Begin(EngineContext context)
    {
        if (system is not ExtendedActorSystem { Provider: IClusterActorRefProvider })
            throw new InvalidOperationException(
                $"The ActorSystem {system.Name} is not one of a cluster; call WithRemoting and WithClustering before WithSseHub.");
        var missing = ClusterRoles.Of(context.Options).Where(role => !Akka.Cluster.Cluster.Get(system).SelfRoles.Contains(role)).ToArray();
        if (missing.Length > 0)
            throw new InvalidOperationException(
                $"The ActorSystem {system.Name} lacks the role {string.Join(" and ", missing)}: WithSseHub adds it to those that " +
                "WithClustering set, and has to be called after it.");
        Log.Guest(context.Logger, context.NodeName, system.Name);
        TlsNode.Warn(system.Settings.Config, "Turn on TLS in the application's remoting", context.Logger);
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(ClusterHocon.HandOffPhase, "akkasse", async () =>
        {
            // One that was removed has nobody to hand anything to.
            if (shutdown.ShutdownReason is not CoordinatedShutdown.ClusterDowningReason) await handOff().ConfigureAwait(false);
            return Done.Instance;
        });
        return system;
    }

    // The application's own start shows it.
    public Exception Explain(Exception fault) => fault;

    public async Task<bool> JoinAsync(ClusterNode node, bool wasRemoved, CancellationToken ended)
    {
        if (node.Cluster.Settings.SeedNodes.IsEmpty && node.Cluster.SelfMember.Status is not (MemberStatus.Joining or MemberStatus.Up))
            Log.GuestWaits(logger, system.Name);
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Cluster.RegisterOnMemberUp(up.SetResult);
        await up.Task.WaitAsync(ended).ConfigureAwait(false);
        return true;
    }

    public async Task EndedAsync(ClusterNode node, CancellationToken stopped)
    {
        try
        {
            await node.System.WhenTerminated.WaitAsync(stopped).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The ActorSystem goes on without the hub.
        }
    }

    // The node stays in the cluster, because it is the application's. What is moved here would otherwise move when the application leaves,
    // with nobody to answer for it meanwhile.
    public Task LeaveAsync(ClusterNode node, IReadOnlyList<IActorRef> regions, CancellationToken limit) =>
        EndRegionsAsync(regions, node.Logger, limit);

    public Task EndAsync(ActorSystem system, IReadOnlyList<IActorRef> regions) => EndRegionsAsync(regions, logger, CancellationToken.None);

    private async Task EndRegionsAsync(IReadOnlyList<IActorRef> regions, ILogger logger, CancellationToken limit)
    {
        foreach (var region in regions) region.Tell(GracefulShutdown.Instance, ActorRefs.NoSender);
        using var watched = CancellationTokenSource.CreateLinkedTokenSource(limit);
        var ended = Task.WhenAll(regions.Select(region => region.WatchAsync(watched.Token)));
        try
        {
            // Nothing is heard of an actor of an ActorSystem that has ended.
            await Task.WhenAny(ended, system.WhenTerminated).WaitAsync(RegionLimit, limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Without a coordinator that can be reached they wait for one.
            Log.RegionsNotEnded(logger, RegionLimit);
            foreach (var region in regions) region.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        }
        catch (OperationCanceledException)
        {
            // The engine is disposed of, which ends them too.
        }
        finally
        {
            await watched.CancelAsync().ConfigureAwait(false);
            await ((Task)ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
    }

    public void OnNameTaken(ClusterNode node) => node.Refuse(NameTakenFor);
}
