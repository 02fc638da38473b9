using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Nodes;

/// <summary>Messages between the actors of two nodes.</summary>
internal static class NodesWire
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } =
    [
        new WireCodec<Hello>("N1",
            static (m, to) =>
            {
                to.Text(m.Node);
                to.Int(m.StartedAt);
                to.Bool(m.Draining);
                to.Text(m.Address);
                to.Bool(m.Answer);
                to.Bool(m.TakesBatches);
                to.Int(m.Shards);
            },
            static (ref from) => new Hello(from.RequiredText(), from.Int(), from.Bool(), from.Text(), from.Bool())
            {
                TakesBatches = from.HasMore && from.Bool(),
                Shards = from.HasMore ? (int)from.Int() : 0,
            }),
        new WireCodec<NameTaken>("N2",
            static (m, to) =>
            {
                to.Text(m.Node);
                to.Text(m.By);
            },
            static (ref from) => new NameTaken(from.RequiredText(), from.RequiredText())),
        new WireCodec<SeedQuestion>("N3", static (_, _) => { }, static (ref _) => SeedQuestion.Instance),
        new WireCodec<SeedAnswer>("N4",
            static (m, to) =>
            {
                to.Bool(m.InCluster);
                to.Int(m.Shards);
            },
            static (ref from) => new SeedAnswer(from.Bool()) { Shards = from.HasMore ? (int)from.Int() : 0 }),
        new WireCodec<Crashed>("N9",
            static (m, to) =>
            {
                to.Text(m.Address);
                to.Int(m.Uid);
            },
            static (ref from) => new Crashed(from.RequiredText(), (int)from.Int())),
        new WireCodec<BrokenPaths>("N10",
            static (m, to) => to.Items(m.To, static (id, to) => to.Text(id)),
            static (ref from) => new BrokenPaths(from.Items(static (ref from) => from.RequiredText()))),
        new WireCodec<Request>("N5", Write, ReadRequest),
        new WireCodec<Reply>("N6", Write, ReadReply),
        new WireCodec<Requests>("N7", static (m, to) => to.Items(m.All, Write), static (ref from) => new Requests(from.Items(ReadRequest))),
        new WireCodec<Replies>("N8", static (m, to) => to.Items(m.All, Write), static (ref from) => new Replies(from.Items(ReadReply))),
    ];

    private static void Write(Request m, WireWriter to)
    {
        to.Int(m.Correlation);
        to.Text(m.From);
        to.Blob(m.Body.Span);
    }

    private static Request ReadRequest(ref WireReader from) => new(from.Int(), from.RequiredText(), from.Blob());

    private static void Write(Reply m, WireWriter to)
    {
        to.Int(m.Correlation);
        to.Bool(m.Failed);
        to.Blob(m.Body.Span);
    }

    private static Reply ReadReply(ref WireReader from) => new(from.Int(), from.Bool(), from.Blob());
}
