using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>Claims on client ids over the cluster.</summary>
internal sealed class AkkaClaims(EngineContext context, IKeyValueEngine values) : IClaimEngine, IClusterRoom
{
    public IReadOnlyList<IActorRef> Start(ClusterNode node) => [];

    public Task LeaveAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Stop() => _ = (context, values);

    public ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation) => ValueTask.FromResult(new ClaimResult(ClaimStatus.Unavailable, 0));

    public ValueTask ReleaseAsync(string zone, string client, long generation) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<ClaimLocation>> LocateAsync(string? zone, string client, CancellationToken cancellation) => ValueTask.FromResult<IReadOnlyList<ClaimLocation>>([]);

    public ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask<bool> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation) => ValueTask.FromResult(false);
}
