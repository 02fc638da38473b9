namespace AkkaSse.Cluster.Replication;

/// <summary>
/// One incarnation of one node. Replicas live in memory, so a node that restarts is another <see cref="NodeId"/> and never counts as the
/// one it was.
/// </summary>
/// <param name="Address">Where the node is reached; ordered by code unit.</param>
/// <param name="Uid">Different for each start of the node at this address.</param>
internal sealed record NodeId(string Address, long Uid) : IComparable<NodeId>
{
    public int CompareTo(NodeId? other)
    {
        if (other is null) return 1;
        var byAddress = string.CompareOrdinal(Address, other.Address);
        return byAddress != 0 ? byAddress : Uid.CompareTo(other.Uid);
    }

    public override string ToString() => $"{Address}#{Uid}";
}
