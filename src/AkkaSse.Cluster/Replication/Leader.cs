namespace AkkaSse.Cluster.Replication;

/// <summary>One incarnation of a log's leader: recovers the log from its voters, decides the order, commits, and keeps as many voters as it should have. Not thread-safe; pure: no clock, no I/O. It need not be a voter itself.</summary>
/// <remarks>
/// The shell hands in messages, members and time, proposes, and after each turn takes the effects with <see cref="TryTake"/> until there are none. Several leaders of one log may live at once; only one of them can commit.
/// Idempotent re-proposal is the shell's decision and is made from <see cref="State"/> plus its own uncommitted proposals, after <see cref="LeaderEffectKind.Recovered"/>.
/// </remarks>
/// <typeparam name="TState">The log's state.</typeparam>
internal sealed class Leader<TState>
    where TState : class, IReplicatedState
{
    /// <param name="name">The log's name: decides by hash which nodes vote.</param>
    /// <param name="self">This node.</param>
    /// <param name="incarnation">A number this node has given to no other leader since it started; a counter.</param>
    /// <param name="heard">A number not below any term heard of; only a hint: too low costs a round trip. The clock in milliseconds is a good one.</param>
    /// <param name="states">Makes states.</param>
    /// <param name="members">The cluster.</param>
    /// <param name="options">Limits.</param>
    /// <param name="now">Monotonic milliseconds; see <see cref="Tick"/>.</param>
    internal Leader(string name, NodeId self, long incarnation, long heard, IReplicatedStates<TState> states, MemberView members, ReplicationOptions options, long now)
    {
        Name = name;
        Term = new Term(heard + 1, self, incarnation);
        _ = (states, members, options, now);
    }

    internal string Name { get; }

    /// <summary>Rises while the log is being recovered, then stays.</summary>
    internal Term Term { get; private set; }

    /// <summary>The state at <see cref="Commit"/>, from <see cref="LeaderEffectKind.Recovered"/> on.</summary>
    internal TState? State { get; private set; }

    internal bool IsRecovered { get; private set; }

    internal bool IsDeposed { get; private set; }

    /// <summary>Everything up to here is committed and applied to <see cref="State"/>.</summary>
    internal long Commit { get; private set; }

    /// <summary>The last proposed entry.</summary>
    internal long Last { get; private set; }

    /// <summary>Bytes proposed and not yet committed. The machine has no bound of its own: the shell refuses publishes above one.</summary>
    internal long UncommittedBytes { get; private set; }

    /// <summary>The voter set in force, once known.</summary>
    internal VoterSet? Voters { get; private set; }

    /// <summary>False when there is nothing to repeat, to change or to tell: the shell may stop its timer until the next call.</summary>
    internal bool NeedsTick { get; private set; }

    /// <summary>Appends a command and gives its index. It is sent with the next <see cref="Flush"/>; <see cref="LeaderEffectKind.Committed"/> tells its end.</summary>
    /// <exception cref="InvalidOperationException">Not recovered, or deposed.</exception>
    internal long Propose(Command command) => throw new NotImplementedException($"{command}");

    /// <summary>Sends what was proposed, as far as the windows of the voters allow; the rest follows with their answers. Once per mailbox turn, so that a turn's proposals go out together.</summary>
    internal void Flush() => throw new NotImplementedException();

    /// <summary>Takes a message of a replica.</summary>
    internal void Receive(NodeId from, ReplicaMessage message) => throw new NotImplementedException($"{from} {message}");

    /// <summary>The cluster changed.</summary>
    internal void SetMembers(MemberView members) => throw new NotImplementedException($"{members}");

    /// <summary>Time passes: repeats what got lost, gives up what takes too long. Every 100 ms or so while <see cref="NeedsTick"/>.</summary>
    /// <param name="now">Monotonic milliseconds.</param>
    internal void Tick(long now) => throw new NotImplementedException($"{now}");

    /// <summary>The shell could not move a snapshot to this node: it is tried again with the next tick.</summary>
    internal void TransferFailed(NodeId to) => throw new NotImplementedException($"{to}");

    /// <summary>A committed entry that is still kept: at least those of a <see cref="LeaderEffectKind.Committed"/> effect until the next call that changes the machine.</summary>
    internal Entry Committed(long index) => throw new NotImplementedException($"{index}");

    /// <summary>The next thing to do.</summary>
    internal bool TryTake(out LeaderEffect effect) => throw new NotImplementedException();
}
