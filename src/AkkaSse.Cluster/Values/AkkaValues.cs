using Akka.Actor;
using AkkaSse.Cluster.Batching;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Streams;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Values;

/// <summary>Small shared state over the cluster: each key is a log of its own, kept by as many nodes as a stream's.</summary>
internal sealed class AkkaValues(EngineContext context) : IKeyValueEngine, IClusterComponent
{
    private const int MaxBytes = 64 << 10;

    private volatile ValueContext? _running;
    private IActorRef _replicas = ActorRefs.Nobody;

    public IReadOnlyList<IActorRef> Start(ClusterNode node)
    {
        var kind = new ValueKind
        {
            Options = new ReplicationOptions
            {
                Voters = context.Options.Backups + 1,
                RecoveryLimit = (long)context.Options.RecoveryLimit.TotalMilliseconds,
            },
        };
        var running = new ValueContext(node, new ReplicaPeers(node, kind.HostName), kind);
        _replicas = node.System.ActorOf(
            Props.Create<ValueReplicas>(running).WithDispatcher(TurnExecutorConfigurator.Dispatcher), kind.HostName);
        running.Region = node.StartRegion(
            "values", name => Props.Create<ValueOwner>(name, running).WithDispatcher(TurnExecutorConfigurator.Dispatcher),
            StopOwner.Instance);
        _running = running;
        return [running.Region];
    }

    public async Task LeaveAsync(CancellationToken cancellation)
    {
        while (_running is not null && context.Options.HostsStreams && context.Node?.View.HasSuccessor == true)
        {
            var votes = await AkkaStreams.VotesAsync(_replicas, cancellation).ConfigureAwait(false);
            if (votes == 0) return;
            Log.VotesHeld(context.Logger, votes);
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }

    public void Stop()
    {
        _running = null;
        _replicas = ActorRefs.Nobody;
    }

    public async ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxBytes);
        var question = new ValueQuestion(key, ValueAsk.Put, expected) { Bytes = value.ToArray(), Ttl = (long)ttl.TotalMilliseconds };
        return await AskAsync(question, cancellation).ConfigureAwait(false) is { } answer
            ? new(answer.Done ? answer.Version : null)
            : default;
    }

    public async ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation) =>
        await AskAsync(new ValueQuestion(key, ValueAsk.Get, null), cancellation).ConfigureAwait(false) is { } answer
            ? new(answer.Done ? new VersionedValue(answer.Bytes, answer.Version) : null)
            : default;

    public async ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation) =>
        await AskAsync(new ValueQuestion(key, ValueAsk.Delete, version), cancellation).ConfigureAwait(false) is { } answer
            ? new(answer.Done)
            : default;

    // Null: nobody can say now.
    private async ValueTask<ValueAnswer?> AskAsync(ValueQuestion question, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!context.IsServing || _running is not { } running) return null;
        try
        {
            return await running.Region.Ask<ValueAnswer>(
                question, context.Options.AppendTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
