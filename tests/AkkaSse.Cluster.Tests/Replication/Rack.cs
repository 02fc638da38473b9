using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication;

/// <summary>Replicas on some nodes and the messages between them and a leader, delivered by hand and in order.</summary>
internal sealed class Rack
{
    private readonly Dictionary<NodeId, long> _grants = [];

    internal Rack(int nodes, ReplicationOptions? options = null)
    {
        Options = options ?? ReplicationOptions.Default;
        Nodes = [.. Enumerable.Range(1, nodes).Select(static i => new NodeId($"n{i}", i))];
    }

    internal ReplicationOptions Options { get; }

    internal IReadOnlyList<NodeId> Nodes { get; }

    internal Dictionary<NodeId, Replica<Tally>> Replicas { get; } = [];

    /// <summary>Nodes that get nothing and say nothing.</summary>
    internal HashSet<NodeId> Cut { get; } = [];

    /// <summary>Effects other than sends, in order.</summary>
    internal List<LeaderEffect> Told { get; } = [];

    internal Leader<Tally> Lead(NodeId self, long heard = 0, IEnumerable<NodeId>? members = null, long incarnation = 1) =>
        new("log", self, incarnation, heard, Tallies.Instance, new MemberView(members ?? Nodes), Options, 0);

    /// <summary>Delivers until nobody has anything to say.</summary>
    internal void Settle(Leader<Tally> leader)
    {
        while (leader.TryTake(out var effect))
        {
            if (effect.Kind != LeaderEffectKind.Send) Told.Add(effect);
            else if (!Cut.Contains(effect.To!) && Answer(effect.To!, effect.Message!) is { } answer) leader.Receive(effect.To!, answer);
        }
    }

    internal ReplicaMessage? Answer(NodeId node, ReplicaMessage message)
    {
        if (!Replicas.TryGetValue(node, out var replica))
        {
            if (message is not Prepare) return Replica<Tally>.Absent(message);
            Replicas[node] = replica = new Replica<Tally>(_grants[node] = _grants.GetValueOrDefault(node) + 1, Tallies.Instance, Options);
        }
        var answer = replica.Receive(message);
        if (replica.Dropped) Replicas.Remove(node);
        return answer;
    }

    internal Leader<Tally> Recovered(int notes = 0)
    {
        var leader = Lead(Nodes[0]);
        Settle(leader);
        for (var i = 1; i <= notes; i++) leader.Propose(new Note(i));
        leader.Flush();
        Settle(leader);
        return leader;
    }
}

/// <summary>A state that counts.</summary>
internal sealed class Tally(long sum = 0, long count = 0) : IReplicatedState
{
    internal long Sum { get; private set; } = sum;

    internal long Count { get; private set; } = count;

    public void Apply(Entry entry)
    {
        Count++;
        if (entry.Command is Note note) Sum += note.Id;
    }

    public object Snapshot() => (Sum, Count);
}

internal sealed class Tallies : IReplicatedStates<Tally>
{
    internal static Tallies Instance { get; } = new();

    public Tally Create() => new();

    public Tally Restore(object snapshot)
    {
        var (sum, count) = ((long, long))snapshot;
        return new Tally(sum, count);
    }
}
