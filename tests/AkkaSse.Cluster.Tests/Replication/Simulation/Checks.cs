namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>
/// How often each promise was really put to the test: with something at stake, not only asked. A check that is never reached proves
/// nothing.
/// </summary>
internal sealed class Checks
{
    /// <summary>Entries that a leader committed and that were looked for at the voters.</summary>
    internal long Stored { get; set; }

    /// <summary>The same while a change of voters was joint, so that both sets were asked.</summary>
    internal long StoredByBoth { get; set; }

    /// <summary>Recoveries before which a leader of a lower term had committed something: all of it must be there.</summary>
    internal long Recovered { get; set; }

    /// <summary>Entries applied anywhere at an index whose content was known.</summary>
    internal long SameContent { get; set; }

    /// <summary>Entries first committed after another leader had recovered, held against what that one holds.</summary>
    internal long Rivals { get; set; }

    /// <summary>
    /// Acknowledged commands, each held against the index it was acknowledged at and against what was acknowledged before it began.
    /// </summary>
    internal long Acknowledged { get; set; }

    /// <summary>Logs that took the place of another: too few voters of the former may have been left.</summary>
    internal long Replaced { get; set; }

    /// <summary>
    /// Logs that were beyond saving for a moment or for good, so that another might take their place; in runs that spare majorities there
    /// must be none.
    /// </summary>
    internal long Hopeless { get; set; }

    /// <summary>Logs that began anew with something of a former one.</summary>
    internal long UncleanRecoveries { get; set; }

    /// <summary>Those of them that a majority of the former voters had a part in, so that nothing acknowledged may be missing.</summary>
    internal long UncleanRecoveryIsComplete { get; set; }

    /// <summary>Runs that ended with a look at every voter's copy.</summary>
    internal long AtRest { get; set; }

    internal void Add(Checks other)
    {
        Stored += other.Stored;
        StoredByBoth += other.StoredByBoth;
        Recovered += other.Recovered;
        SameContent += other.SameContent;
        Rivals += other.Rivals;
        Acknowledged += other.Acknowledged;
        Replaced += other.Replaced;
        Hopeless += other.Hopeless;
        UncleanRecoveries += other.UncleanRecoveries;
        UncleanRecoveryIsComplete += other.UncleanRecoveryIsComplete;
        AtRest += other.AtRest;
    }

    public override string ToString() =>
        $"stored {Stored} ({StoredByBoth} by both sets), recovered {Recovered}, same content " +
        $"{SameContent}, rivals {Rivals}, acknowledged " +
        $"{Acknowledged}, replaced {Replaced}, hopeless {Hopeless}, unclean recoveries {UncleanRecoveries} " +
        $"({UncleanRecoveryIsComplete} from majorities), at rest {AtRest}";
}
