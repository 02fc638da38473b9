using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>Says that it has what it was never given: a gap is acknowledged as if it were filled.</summary>
internal sealed class AcknowledgesUnseen : ISaboteur
{
    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        asked is AppendEntries accept && answer is Ack { Gap: true } ack ? ack with { Index = accept.After + accept.Entries.Length, Stands = true, Gap = false } : answer;
}

/// <summary>Takes entries of older leaders after it promised not to.</summary>
internal sealed class IgnoresPromises : ISaboteur
{
    public ReplicaMessage? ToReplica(SimNode node, ReplicaMessage message) =>
        message is AppendEntries && node.Replica is { } replica && message.Term < replica.Promised ? message with { Term = replica.Promised } : message;

    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) => answer is Ack ? answer with { Term = asked.Term } : answer;
}

/// <summary>Calls its log older than it is.</summary>
internal sealed class UnderstatesItsTerm : ISaboteur
{
    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        answer is Promise { Held: { } held } promise && node.Id.Uid % 2 == 0 ? promise with { Held = held with { Accepted = held.Origin } } : answer;
}

/// <summary>Calls its log shorter than it is.</summary>
internal sealed class UnderstatesItsLength : ISaboteur
{
    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) =>
        answer is Promise { Held: { } held } promise ? promise with { Held = held with { Last = held.Commit } } : answer;
}

/// <summary>Loses its memory and goes on as the same life.</summary>
internal sealed class ForgetsUnderTheSameIncarnation : ISaboteur
{
    private int _asked;

    public bool Forgets(SimNode node, ReplicaMessage message) => message is Prepare && ++_asked % 3 == 0;
}

/// <summary>A replica that was let go and made again passes itself off as the first.</summary>
internal sealed class KeepsItsFirstIncarnation : ISaboteur
{
    public ReplicaMessage? ToReplica(SimNode node, ReplicaMessage message) => node.Replica is not { } replica ? message : message switch
    {
        AppendEntries m => m with { Incarnation = replica.Incarnation },
        InstallSnapshot m => m with { Incarnation = replica.Incarnation },
        FetchSnapshot m => m with { Incarnation = replica.Incarnation },
        FetchEntries m => m with { Incarnation = replica.Incarnation },
        Drop m => m with { Incarnation = replica.Incarnation },
        _ => message,
    };

    public ReplicaMessage? FromReplica(SimNode node, ReplicaMessage asked, ReplicaMessage? answer) => answer switch
    {
        Promise m => m with { Incarnation = 1 },
        FetchedSnapshot m => m with { Incarnation = 1 },
        FetchedEntries m => m with { Incarnation = 1 },
        Ack m => m with { Incarnation = 1 },
        Gone m => m with { Incarnation = 1 },
        _ => answer,
    };
}
