namespace AkkaSse.Cluster.Replication;

/// <summary>What the shell of a leader is to do.</summary>
internal enum LeaderEffectKind
{
    /// <summary>
    /// Send <see cref="LeaderEffect.Message"/> to the replica host of node <see cref="LeaderEffect.To"/>. An <see cref="InstallSnapshot"/>
    /// goes in parts.
    /// </summary>
    Send,

    /// <summary>
    /// The log is recovered (or founded): <see cref="Leader{TState}.State"/> is there, everything up to <see cref="LeaderEffect.Index"/> is
    /// committed, proposals are taken. Once. Whether a later leader is at work already only a commit can tell: what is read here is a
    /// prefix of what it shows.
    /// </summary>
    Recovered,

    /// <summary>
    /// Instead of <see cref="Recovered"/>: the log's voters are lost for good and it begins anew, empty; readers must be told of a new
    /// epoch. What was left of the former log is in <see cref="Leader{TState}.TakeUncleanState"/>. Once, when the new log's first set of
    /// voters stands.
    /// </summary>
    RecoveredUncleanly,

    /// <summary>
    /// Entries after <see cref="LeaderEffect.From"/> up to <see cref="LeaderEffect.Index"/> are committed and applied: answer their
    /// callers, deliver them. <see cref="Leader{TState}.Committed"/> reads them.
    /// </summary>
    Committed,

    /// <summary>
    /// Another leader is at work. This one is finished: uncommitted proposals have an unknown outcome, nothing may be answered with success
    /// any more; stop and, if this node still is the owner, start a new leader. Once; no effect comes after it.
    /// </summary>
    Deposed,
}

/// <summary>One thing to do, in order.</summary>
/// <param name="Kind">What.</param>
/// <param name="To">For <see cref="LeaderEffectKind.Send"/>.</param>
/// <param name="Message">For <see cref="LeaderEffectKind.Send"/>.</param>
/// <param name="From">For <see cref="LeaderEffectKind.Committed"/>.</param>
/// <param name="Index">For <see cref="LeaderEffectKind.Committed"/> and <see cref="LeaderEffectKind.Recovered"/>.</param>
internal readonly record struct LeaderEffect(
    LeaderEffectKind Kind, NodeId? To = null, ReplicaMessage? Message = null, long From = 0, long Index = 0);
