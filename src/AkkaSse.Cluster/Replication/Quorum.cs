namespace AkkaSse.Cluster.Replication;

/// <summary>Up to where enough voters have acknowledged. Pure.</summary>
internal static class Quorum
{
    /// <summary>The highest index that <paramref name="needed"/> of the voters have; -1 when there is none.</summary>
    /// <param name="matches">What each has acknowledged under the leader's term, -1 for nothing. Is sorted.</param>
    /// <param name="needed">At least 1.</param>
    internal static long Reached(Span<long> matches, int needed)
    {
        if (needed > matches.Length) return -1;
        matches.Sort();
        return matches[^needed];
    }

    /// <summary>How many acknowledgements a set needs. While a change is joint, voters whose node was removed from the cluster are dead for good, so that all that are left are enough where the majority cannot be had: no later leader can hear of the old set from anybody else.</summary>
    /// <param name="voters">Size of the set.</param>
    /// <param name="left">How many of them were not removed.</param>
    /// <param name="joint">Whether a change is under way.</param>
    internal static int Needed(int voters, int left, bool joint)
    {
        var majority = VoterSet.CommitQuorum(voters);
        return joint && left > 0 && left < majority ? left : majority;
    }
}
