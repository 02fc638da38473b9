namespace AkkaSse.Cluster.Replication;

/// <summary>
/// What one entry of a log does to its state. Immutable once proposed: leader, replicas and the messages between them share the object. Its
/// codec stands in <see cref="CommandContract"/>.
/// </summary>
internal abstract class Command
{
    /// <summary>
    /// About how many bytes it takes on the wire: batches are cut by the sum. A single command above
    /// <see cref="ReplicationOptions.BatchBytes"/> travels alone, so the shell must refuse what does not fit a frame before it proposes it.
    /// </summary>
    internal abstract int Size { get; }
}

/// <summary>The log's own command: who votes from here on.</summary>
/// <param name="voters">The set in force from this entry.</param>
internal sealed class VoterChange(VoterSet voters) : Command
{
    internal VoterSet Voters { get; } = voters;

    internal override int Size => 64 * (1 + Voters.Voters.Count + (Voters.Next?.Count ?? 0));
}

/// <summary>One place of a log. The index counts commands from 1, without holes; offsets of events are the state's business.</summary>
/// <param name="index">Its place.</param>
/// <param name="term">The leader that proposed it first; it does not change when later leaders pass it on.</param>
/// <param name="command">What it does.</param>
internal sealed class Entry(long index, Term term, Command command)
{
    internal long Index { get; } = index;

    internal Term Term { get; } = term;

    internal Command Command { get; } = command;

    /// <summary>The command's, asked once.</summary>
    internal int Size { get; } = command.Size;
}
