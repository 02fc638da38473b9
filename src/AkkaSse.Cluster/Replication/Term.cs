namespace AkkaSse.Cluster.Replication;

/// <summary>
/// The reign of one incarnation of a log's leader. Totally ordered and never used twice: two leaders of one node differ by
/// <see cref="Incarnation"/>.
/// </summary>
/// <param name="Number">Higher than any number the leader has heard of.</param>
/// <param name="Leader">The node it runs on.</param>
/// <param name="Incarnation">A number this node has given to no other leader since it started.</param>
internal readonly record struct Term(long Number, NodeId? Leader, long Incarnation) : IComparable<Term>
{
    /// <summary>Before every term: nothing promised, nothing accepted.</summary>
    internal static Term None => default;

    public int CompareTo(Term other)
    {
        if (Number != other.Number) return Number.CompareTo(other.Number);
        var byLeader = Leader is null ? (other.Leader is null ? 0 : -1) : Leader.CompareTo(other.Leader);
        return byLeader != 0 ? byLeader : Incarnation.CompareTo(other.Incarnation);
    }

    public static bool operator <(Term left, Term right) => left.CompareTo(right) < 0;

    public static bool operator >(Term left, Term right) => left.CompareTo(right) > 0;

    public static bool operator <=(Term left, Term right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Term left, Term right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Number}@{Leader}/{Incarnation}";
}
