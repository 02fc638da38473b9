using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>The wire forms of what goes between leaders and replica hosts.</summary>
internal static class HostWire
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } =
    [
        new WireCodec<ToReplica>("H1", Write, ReadToReplica),
        new WireCodec<ToLeader>("H2", Write, ReadToLeader),
        new WireCodec<SnapshotOffer>("H3", static (m, to) =>
        {
            to.Int(m.Transfer);
            to.Int(m.Parts);
            to.Bool(m.Message is ToReplica);
            if (m.Message is ToReplica toReplica) Write(toReplica, to);
            else Write((ToLeader)m.Message, to);
        }, static (ref WireReader from) => new SnapshotOffer(
        from.Int(), from.Int32(), from.Bool() ? ReadToReplica(ref from) : ReadToLeader(ref from))),
        new WireCodec<SnapshotPull>("H4", static (m, to) =>
        {
            to.Int(m.Transfer);
            to.Int(m.Part);
        }, static (ref WireReader from) => new SnapshotPull(from.Int(), from.Int32())),
        new WireCodec<SnapshotPart>("H5", static (m, to) =>
        {
            to.Int(m.Transfer);
            to.Int(m.Part);
            to.Blob(m.Bytes.Span);
        }, static (ref WireReader from) => new SnapshotPart(from.Int(), from.Int32(), from.Blob())),
    ];

    private static void Write(ToReplica m, WireWriter to)
    {
        to.Text(m.Log);
        ReplicationWire.Write(m.From, to);
        ReplicationWire.Write(m.To, to);
        ReplicationWire.Write(m.Message, to);
    }

    private static ToReplica ReadToReplica(ref WireReader from) =>
        new(from.RequiredText(), ReplicationWire.ReadNode(ref from), ReplicationWire.ReadNode(ref from), ReplicationWire.Read(ref from));

    private static void Write(ToLeader m, WireWriter to)
    {
        ReplicationWire.Write(m.From, to);
        ReplicationWire.Write(m.Message, to);
    }

    private static ToLeader ReadToLeader(ref WireReader from) => new(ReplicationWire.ReadNode(ref from), ReplicationWire.Read(ref from));
}
