using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Streams;

namespace AkkaSse.Cluster.Values;

/// <summary>The copies of values on this node; finds those that have ended.</summary>
internal sealed class ValueReplicas(ValueContext context) : ReplicaHost<ValueState>(context.Peers, context.Kind)
{
    // An owner that was asked a moment ago knows by itself; who comes later finds nothing.
    private const long Grace = 30_000;
    private const long SweepInterval = 5_000;

    private long _sweptAt = ReplicaPeers.Now;

    private protected override void Wake(string log) => context.Region.Tell(new ValueQuestion(log, ValueAsk.Get, null), Self);

    private protected override void OnTick()
    {
        if (ReplicaPeers.Now - _sweptAt < SweepInterval) return;
        _sweptAt = ReplicaPeers.Now;
        var now = context.Now;
        foreach (var (name, replica) in Replicas)
        {
            if (replica.State is { Current: { Version: > 0 } value } && !value.IsLive(now - Grace)
                && replica.Voters?.Voters is [var first, ..] && first.Node == Peers.Self)
                context.Region.Tell(new ValueQuestion(name, ValueAsk.Tidy, null), Self);
        }
    }

    private protected override void OnOther(object message)
    {
        if (message is CountVotes) Sender.Tell(VotesHeld, Self);
        else if (message is not ValueAnswer) Unhandled(message);
    }
}
