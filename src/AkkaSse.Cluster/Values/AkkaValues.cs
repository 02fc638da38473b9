using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Values;

/// <summary>Small shared state over the cluster.</summary>
internal sealed class AkkaValues(EngineContext context) : IKeyValueEngine, IClusterRoom
{
    public IReadOnlyList<IActorRef> Start(ClusterNode node) => [];

    public Task LeaveAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Stop() => _ = context;

    public ValueTask<long?> PutAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation) => ValueTask.FromResult<long?>(null);

    public ValueTask<(ReadOnlyMemory<byte> Value, long Version)?> GetAsync(string key, CancellationToken cancellation) => ValueTask.FromResult<(ReadOnlyMemory<byte>, long)?>(null);

    public ValueTask<bool> DeleteAsync(string key, long? version, CancellationToken cancellation) => ValueTask.FromResult(false);
}
