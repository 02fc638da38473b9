namespace AkkaSse.Cluster.Replication;

/// <summary>Limits of one log. Times are milliseconds of the clock that goes into <see cref="Leader{TState}.Tick"/>.</summary>
internal sealed record ReplicationOptions
{
    internal static ReplicationOptions Default { get; } = new();

    /// <summary>Voters when the cluster is large enough: k + 1 with k = 2, so one voter may be lost without a pause.</summary>
    internal int Voters { get; init; } = 3;

    /// <summary>Batches on the way to one replica; 4 fill the line while the next gathers.</summary>
    internal int Window { get; init; } = 4;

    /// <summary>Commands' bytes of one batch: well below the remoting frame.</summary>
    internal int BatchBytes { get; init; } = 64 * 1024;

    /// <summary>Entries of one batch.</summary>
    internal int BatchEntries { get; init; } = 512;

    /// <summary>
    /// Committed bytes a leader keeps so that a replica that lags catches up by entries; one that is further behind is sent a snapshot.
    /// </summary>
    internal long RetainedBytes { get; init; } = 1024 * 1024;

    /// <summary>Without progress for so long what is on the way to a replica is sent again.</summary>
    internal long ResendAfter { get; init; } = 500;

    /// <summary>The same for a snapshot, which the shell moves in parts.</summary>
    internal long InstallAfter { get; init; } = 15_000;

    /// <summary>
    /// How long a log whose voters are lost waits before it begins anew. It never begins while a member of the cluster has not answered.
    /// </summary>
    internal long RecoveryLimit { get; init; } = 15_000;
}
