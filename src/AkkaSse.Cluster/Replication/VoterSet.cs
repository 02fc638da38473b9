namespace AkkaSse.Cluster.Replication;

/// <summary>
/// One vote: not a node but one life of a replica on it. A replica that was let go and made again on the same node is another voter, so
/// what it has forgotten is never counted.
/// </summary>
/// <param name="Node">Where it lives.</param>
/// <param name="Incarnation">Which life: <see cref="Replica{TState}.Incarnation"/>.</param>
internal readonly record struct Voter(NodeId Node, long Incarnation);

/// <summary>
/// Who votes for a log: recorded in the log itself and in force from the moment a node holds the entry, committed or not. While
/// <see cref="Next"/> is set the change is joint: both sets must agree.
/// </summary>
/// <param name="Version">Counts the changes of one log.</param>
/// <param name="Voters">At least one, each node once.</param>
/// <param name="Next">The set after the change, or null.</param>
/// <param name="BeganAnew">This log took the place of one whose voters were lost.</param>
internal sealed record VoterSet(long Version, IReadOnlyList<Voter> Voters, IReadOnlyList<Voter>? Next = null, bool BeganAnew = false)
{
    /// <summary>The acknowledgements that commit an entry in a set of <paramref name="voters"/>: a majority.</summary>
    internal static int CommitQuorum(int voters) => voters / 2 + 1;

    /// <summary>
    /// The voters that a new leader must have heard of a set of <paramref name="voters"/>: as many as meet every majority, n - q + 1 (2 of
    /// 3, 1 of 2, 2 of 4).
    /// </summary>
    internal static int RecoveryQuorum(int voters) => voters - CommitQuorum(voters) + 1;

    internal bool Contains(Voter voter) => Has(Voters, voter) || (Next is not null && Has(Next, voter));

    /// <summary>The life that votes on this node, or null.</summary>
    internal Voter? On(NodeId node) => On(Voters, node) ?? (Next is null ? null : On(Next, node));

    /// <summary>The way to another set: in force at once, and over when it and then <see cref="Settled"/> are committed.</summary>
    internal VoterSet Joint(IReadOnlyList<Voter> next) => new(Version + 1, Voters, next, BeganAnew);

    /// <summary>The end of a joint change.</summary>
    internal VoterSet Settled() => new(Version + 1, Next ?? Voters, null, BeganAnew);

    public bool Equals(VoterSet? other) =>
        other is not null && Version == other.Version && BeganAnew == other.BeganAnew && Voters.SequenceEqual(other.Voters)
        && (Next is null ? other.Next is null : other.Next is not null && Next.SequenceEqual(other.Next));

    public override int GetHashCode() => HashCode.Combine(Version, Voters.Count, Next?.Count);

    public override string ToString() =>
        $"v{Version} [{string.Join(' ', Voters.Select(Name))}]" + (Next is null ? "" : $" -> [{string.Join(' ', Next.Select(Name))}]");

    private static string Name(Voter voter) => $"{voter.Node}/{voter.Incarnation}";

    private static bool Has(IReadOnlyList<Voter> voters, Voter voter) => On(voters, voter.Node) == voter;

    private static Voter? On(IReadOnlyList<Voter> voters, NodeId node)
    {
        for (var i = 0; i < voters.Count; i++)
        {
            if (voters[i].Node == node) return voters[i];
        }
        return null;
    }
}
