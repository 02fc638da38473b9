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

    /// <summary>How many acknowledgements a set needs: a majority. While a change is joint and the majority was removed from the cluster,
    /// all that are left are enough if they are a recovery quorum (1 of 2, 2 of 4; in odd sets that is the majority): a later leader hears
    /// a majority or all that are left (<see cref="Heard"/>), and either way one of these.</summary>
    /// <param name="voters">Size of the set.</param>
    /// <param name="left">How many of them were not removed.</param>
    /// <param name="joint">Whether a change is under way.</param>
    internal static int Needed(int voters, int left, bool joint)
    {
        var majority = VoterSet.CommitQuorum(voters);
        return joint && left < majority && left >= VoterSet.RecoveryQuorum(voters) ? left : majority;
    }

    /// <summary>
    /// Whether enough of a set promised for a leader to take the best log among theirs: a majority; or all that were not removed, if they
    /// meet every majority. Fewer must not do while one that may live is silent: it may have helped the survivors' <see cref="Needed"/> to
    /// commit.
    /// </summary>
    /// <param name="voters">Size of the set.</param>
    /// <param name="left">How many of them were not removed.</param>
    /// <param name="heard">How many of those promised.</param>
    internal static bool Heard(int voters, int left, int heard) =>
        heard >= VoterSet.CommitQuorum(voters) || (heard == left && heard >= VoterSet.RecoveryQuorum(voters));
}
