using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>One incarnation of a node with its copy of the log.</summary>
internal sealed class SimNode(NodeId id)
{
    internal NodeId Id { get; } = id;

    internal bool IsAlive { get; set; } = true;

    /// <summary>Stands still: messages to it wait, the time of its leaders too.</summary>
    internal bool IsFrozen { get; set; }

    /// <summary>Joined, and every member knows it.</summary>
    internal bool IsUp { get; set; }

    internal bool IsDraining { get; set; }

    internal bool Works => IsAlive && !IsFrozen;

    /// <summary>Which side of the partition it is on.</summary>
    internal int Side { get; set; }

    /// <summary>The cluster as this node sees it, and how old that is.</summary>
    internal MemberView View { get; set; } = new([]);

    internal int ViewVersion { get; set; }

    internal Replica<Notebook>? Replica { get; set; }

    /// <summary>What the process has of the log from before the cluster removed it; the first replica here gets it.</summary>
    internal UncleanCopy<Notebook>? UncleanCopy { get; set; }

    internal UncleanCopy<Notebook>? TakeUncleanCopy()
    {
        var former = UncleanCopy;
        UncleanCopy = null;
        return former;
    }

    /// <summary>Every life the log's copy had here; the first has incarnation 1.</summary>
    internal List<Replica<Notebook>> Lives { get; } = [];

    internal long Incarnations { get; set; }

    internal List<Action> Waiting { get; } = [];
}
