using System.Collections.Frozen;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>
/// The wire forms of the log's messages. Every reading throws <see cref="FormatException"/> for bytes that are no message.
/// </summary>
internal static class ReplicationWire
{
    private static readonly WireCodec[] Tagged =
    [
        new WireCodec<Prepare>("R1", static (m, to) => Write(m.Term, to), static (ref WireReader from) => new Prepare(ReadTerm(ref from))),
        new WireCodec<Promise>("R2", WritePromise, ReadPromise),
        new WireCodec<FetchSnapshot>("R3", static (m, to) => Head(m.Term, m.Incarnation, to), static (ref WireReader from) =>
            new FetchSnapshot(ReadTerm(ref from), from.Int())),
        new WireCodec<FetchedSnapshot>("R4", WriteFetchedSnapshot, ReadFetchedSnapshot),
        new WireCodec<FetchEntries>(
            "R5", WritePull, static (ref WireReader from) => new FetchEntries(ReadTerm(ref from), from.Int(), Index(ref from))),
        new WireCodec<FetchedEntries>("R6", WriteFetchedEntries, ReadFetchedEntries),
        new WireCodec<AppendEntries>("R7", WriteAppendEntries, ReadAppendEntries),
        new WireCodec<InstallSnapshot>("R8", WriteInstallSnapshot, ReadInstallSnapshot),
        new WireCodec<Ack>("R9", WriteAck, static (ref WireReader from) => new Ack(
            ReadTerm(ref from), from.Int(), Index(ref from), from.Bool(), from.Bool(), Index(ref from))),
        new WireCodec<Refused>("R10", WriteRefused, static (ref WireReader from) => new Refused(ReadTerm(ref from), ReadTerm(ref from))),
        new WireCodec<Gone>("R11", static (m, to) => Head(m.Term, m.Incarnation, to), static (ref WireReader from) => new Gone(
            ReadTerm(ref from), from.Int())),
        new WireCodec<Drop>("R12", static (m, to) => Head(m.Term, m.Incarnation, to), static (ref WireReader from) => new Drop(
            ReadTerm(ref from), from.Int())),
    ];

    private static readonly FrozenDictionary<Type, byte> Tags = Tagged.Select(static (codec, i) => (codec.Type, Tag: (byte)(i + 1)))
        .ToFrozenDictionary(static t => t.Type, static t => t.Tag);

    /// <summary>The messages, should one travel on its own.</summary>
    internal static IReadOnlyList<WireCodec> Codecs => Tagged;

    /// <summary>The log's own commands.</summary>
    internal static IReadOnlyList<CommandCodec> Commands { get; } =
    [
        new CommandCodec<VoterChange>(
            0, static (c, to) => Write(c.Voters, to), static (ref WireReader from) => new VoterChange(ReadVoters(ref from))),
    ];

    /// <summary>Writes a message inside another. The snapshot of an <see cref="ICarriesSnapshot"/> is left out.</summary>
    internal static void Write(ReplicaMessage message, WireWriter to)
    {
        var tag = Tags[message.GetType()];
        to.Byte(tag);
        Tagged[tag - 1].Write(message, to);
    }

    /// <summary>Reads what <see cref="Write(ReplicaMessage, WireWriter)"/> wrote.</summary>
    internal static ReplicaMessage Read(ref WireReader from)
    {
        var tag = from.Byte();
        if (tag < 1 || tag > Tagged.Length)
            throw new FormatException($"Messages of a replica have the tags 1 to {Tagged.Length}, not {tag}.");
        return (ReplicaMessage)Tagged[tag - 1].Read(ref from);
    }

    internal static void Write(NodeId node, WireWriter to)
    {
        to.Text(node.Address);
        to.Int(node.Uid);
    }

    internal static NodeId ReadNode(ref WireReader from) => new(from.RequiredText(), from.Int());

    internal static void Write(Term term, WireWriter to)
    {
        to.Int(term.Number);
        to.Text(term.Leader?.Address);
        to.Int(term.Leader?.Uid ?? 0);
        to.Int(term.Incarnation);
    }

    internal static Term ReadTerm(ref WireReader from)
    {
        var number = from.Int();
        var address = from.Text();
        var uid = from.Int();
        return new Term(number, address is null ? null : new NodeId(address, uid), from.Int());
    }

    private static void Head(Term term, long incarnation, WireWriter to)
    {
        Write(term, to);
        to.Int(incarnation);
    }

    private static long Index(ref WireReader from)
    {
        var index = from.Int();
        return index >= 0 ? index : throw new FormatException($"Index {index} is below 0.");
    }

    private static void Write(VoterSet set, WireWriter to)
    {
        to.Int(set.Version);
        to.Bool(set.BeganAnew);
        Write(set.Voters, to);
        to.Bool(set.Next is not null);
        if (set.Next is not null) Write(set.Next, to);
    }

    private static VoterSet ReadVoters(ref WireReader from)
    {
        var version = from.Int();
        var beganAnew = from.Bool();
        var voters = ReadVoterList(ref from);
        return new VoterSet(version, voters, from.Bool() ? ReadVoterList(ref from) : null, beganAnew);
    }

    private static void Write(IReadOnlyList<Voter> voters, WireWriter to)
    {
        to.UInt((ulong)voters.Count);
        foreach (var voter in voters)
        {
            Write(voter.Node, to);
            to.Int(voter.Incarnation);
        }
    }

    private static Voter[] ReadVoterList(ref WireReader from)
    {
        var count = from.Length();
        if (count == 0) throw new FormatException("A set of voters is empty.");
        var voters = new Voter[count];
        for (var i = 0; i < count; i++) voters[i] = new Voter(ReadNode(ref from), from.Int());
        return voters;
    }

    /// <summary>The index follows from the place, the term is written where it changes.</summary>
    private static void Write(Entry[] entries, WireWriter to)
    {
        to.UInt((ulong)entries.Length);
        var term = Term.None;
        foreach (var entry in entries)
        {
            var changes = entry.Term != term;
            to.Bool(changes);
            if (changes) Write(term = entry.Term, to);
            CommandContract.Write(entry.Command, to);
        }
    }

    private static Entry[] ReadEntries(long after, ref WireReader from)
    {
        var count = from.Length();
        var entries = count == 0 ? [] : new Entry[count];
        var term = Term.None;
        for (var i = 0; i < count; i++)
        {
            if (from.Bool()) term = ReadTerm(ref from);
            entries[i] = new Entry(after + 1 + i, term, CommandContract.Read(ref from));
        }
        return entries;
    }

    private static void WritePromise(Promise m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        to.Bool(m.Held is not null);
        if (m.Held is not { } held) return;
        Write(held.Origin, to);
        Write(held.Accepted, to);
        to.Int(held.Last);
        to.Int(held.Commit);
        Write(held.Voters, to);
        to.Bool(held.IsUnclean);
        if (!held.IsUnclean) return;
        to.Bool(held.Vote is not null);
        if (held.Vote is not { } vote) return;
        Write(vote.Node, to);
        to.Int(vote.Incarnation);
    }

    private static Promise ReadPromise(ref WireReader from)
    {
        var term = ReadTerm(ref from);
        var incarnation = from.Int();
        return new Promise(term, incarnation, from.Bool() ? ReadHeld(ref from) : null);
    }

    private static Held ReadHeld(ref WireReader from)
    {
        var held = new Held(ReadTerm(ref from), ReadTerm(ref from), Index(ref from), Index(ref from), ReadVoters(ref from));
        if (!from.Bool()) return held;
        return held with { IsUnclean = true, Vote = from.Bool() ? new Voter(ReadNode(ref from), from.Int()) : null };
    }

    private static void WriteFetchedSnapshot(FetchedSnapshot m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        to.Int(m.Index);
        Write(m.Voters, to);
        to.Bool(m.HasSnapshot);
    }

    private static FetchedSnapshot ReadFetchedSnapshot(ref WireReader from) =>
        new(ReadTerm(ref from), from.Int(), Index(ref from), ReadVoters(ref from), from.Bool(), null);

    private static void WritePull(FetchEntries m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        to.Int(m.After);
    }

    private static void WriteFetchedEntries(FetchedEntries m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        to.Int(m.After);
        Write(m.Entries, to);
    }

    private static FetchedEntries ReadFetchedEntries(ref WireReader from)
    {
        var term = ReadTerm(ref from);
        var incarnation = from.Int();
        var after = Index(ref from);
        return new FetchedEntries(term, incarnation, after, ReadEntries(after, ref from));
    }

    private static void WriteAppendEntries(AppendEntries m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        Write(m.Origin, to);
        to.Int(m.Start);
        to.Int(m.After);
        to.Int(m.Commit);
        Write(m.Entries, to);
    }

    private static AppendEntries ReadAppendEntries(ref WireReader from)
    {
        var term = ReadTerm(ref from);
        var incarnation = from.Int();
        var origin = ReadTerm(ref from);
        var start = Index(ref from);
        var after = Index(ref from);
        var commit = Index(ref from);
        return new AppendEntries(term, incarnation, origin, start, after, ReadEntries(after, ref from), commit);
    }

    private static void WriteInstallSnapshot(InstallSnapshot m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        Write(m.Origin, to);
        to.Int(m.Start);
        to.Int(m.Index);
        Write(m.Voters, to);
        to.Bool(m.HasSnapshot);
    }

    private static InstallSnapshot ReadInstallSnapshot(ref WireReader from) =>
        new(ReadTerm(ref from), from.Int(), ReadTerm(ref from), Index(ref from), Index(ref from), ReadVoters(ref from), from.Bool(), null);

    private static void WriteAck(Ack m, WireWriter to)
    {
        Head(m.Term, m.Incarnation, to);
        to.Int(m.Index);
        to.Bool(m.Stands);
        to.Bool(m.Gap);
        to.Int(m.Commit);
    }

    private static void WriteRefused(Refused m, WireWriter to)
    {
        Write(m.Term, to);
        Write(m.Promised, to);
    }
}
