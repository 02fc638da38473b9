namespace AkkaSse.Cluster.Replication;

/// <summary>Who votes for a log: recorded in the log itself and in force from the moment a node holds the entry, committed or not. While <see cref="Next"/> is set the change is joint: both sets must agree.</summary>
/// <param name="Version">Counts the changes of one log.</param>
/// <param name="Voters">At least one, without duplicates.</param>
/// <param name="Next">The set after the change, or null.</param>
internal sealed record VoterSet(long Version, IReadOnlyList<NodeId> Voters, IReadOnlyList<NodeId>? Next = null)
{
    /// <summary>The acknowledgements that commit an entry in a set of <paramref name="voters"/> nodes: a majority.</summary>
    internal static int CommitQuorum(int voters) => voters / 2 + 1;

    /// <summary>The voters a new leader must have heard of a set of <paramref name="voters"/> nodes: as many as meet every majority, n - q + 1 (2 of 3, 1 of 2, 2 of 4).</summary>
    internal static int RecoveryQuorum(int voters) => voters - CommitQuorum(voters) + 1;

    internal bool Contains(NodeId node) => Has(Voters, node) || (Next is not null && Has(Next, node));

    internal static bool Has(IReadOnlyList<NodeId> nodes, NodeId node)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] == node) return true;
        }
        return false;
    }

    public bool Equals(VoterSet? other) =>
        other is not null && Version == other.Version && Voters.SequenceEqual(other.Voters) && (Next is null ? other.Next is null : other.Next is not null && Next.SequenceEqual(other.Next));

    public override int GetHashCode() => HashCode.Combine(Version, Voters.Count, Next?.Count);

    public override string ToString() => $"v{Version} [{string.Join(' ', Voters)}]" + (Next is null ? "" : $" -> [{string.Join(' ', Next)}]");
}
