using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>
/// Sends a message through its codec. The contract of commands knows no <see cref="Note"/>, so a note travels as a set of voters with a
/// negative version.
/// </summary>
internal static class Disguise
{
    private static readonly Voter[] Nobody = [new(new NodeId("note", 0), 0)];

    internal static ReplicaMessage ThroughWire(ReplicaMessage message)
    {
        var writer = new WireWriter();
        ReplicationWire.Write(Map(message, static c => c is Note note ? new VoterChange(new VoterSet(-note.Id, Nobody)) : c), writer);
        var reader = new WireReader(writer.Take());
        var read = Map(ReplicationWire.Read(ref reader), static c => c is VoterChange { Voters.Version: < 0 } note
            ? new Note(-note.Voters.Version)
            : c);
        reader.HasMore.ShouldBeFalse();
        return message is ICarriesSnapshot { HasSnapshot: true } carries ? ((ICarriesSnapshot)read).WithSnapshot(carries.Snapshot) : read;
    }

    private static ReplicaMessage Map(ReplicaMessage message, Func<Command, Command> how) => message switch
    {
        AppendEntries accept => accept with { Entries = Map(accept.Entries, how) },
        FetchedEntries pulled => pulled with { Entries = Map(pulled.Entries, how) },
        _ => message,
    };

    private static Entry[] Map(Entry[] entries, Func<Command, Command> how) =>
        Array.ConvertAll(entries, e => new Entry(e.Index, e.Term, how(e.Command)));
}
