using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>The wire forms of what goes between a stream's owner and the nodes.</summary>
internal static class StreamsWire
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } =
    [
        new WireCodec<Hello>("S1", static (m, to) =>
        {
            to.Text(m.Entity);
            to.Bool(m.Follows);
        }, static (ref WireReader from) => new Hello(from.RequiredText(), from.Bool())),
        new WireCodec<Welcome>("S2", static (m, to) =>
        {
            to.Int(m.Term);
            to.Bool(m.Follows);
            m.Header.Write(to);
        }, static (ref WireReader from) => new Welcome(from.Int(), from.Bool(), StreamHeader.Read(ref from))),
        new WireCodec<OwnerEnds>("S3", static (m, to) => to.Bool(m.IsClean), static (ref WireReader from) => new OwnerEnds(from.Bool())),
        new WireCodec<Rest>("S4", static (_, _) => { }, static (ref WireReader _) => Rest.Instance),
        new WireCodec<Goodbye>("S5", static (_, _) => { }, static (ref WireReader _) => Goodbye.Instance),
        new WireCodec<Ping>("S6", static (m, to) => to.Bool(m.Follows), static (ref WireReader from) => new Ping(from.Bool())),
        new WireCodec<Pong>("S7", static (m, to) => to.Int(m.Head), static (ref WireReader from) => new Pong(from.Int())),
        new WireCodec<Delivery>("S8", Write, ReadDelivery),
        new WireCodec<AppendRequest>("S9", static (m, to) => m.Write(to), AppendRequest.Read),
        new WireCodec<AppendAnswer>("S10", static (m, to) => m.Write(to), AppendAnswer.Read),
        new WireCodec<StreamQuestion>("S11", Write, ReadQuestion),
        new WireCodec<StreamAnswer>("S12", Write, ReadAnswer),
        new WireCodec<Tidy>("S13", static (m, to) => to.Text(m.Entity), static (ref WireReader from) => new Tidy(from.RequiredText())),
        new WireCodec<Tidied>("S14", static (m, to) => to.Text(m.Entity), static (ref WireReader from) => new Tidied(from.RequiredText())),
        new WireCodec<ListNames>("S15", static (m, to) =>
        {
            to.Text(m.Prefix);
            to.Text(m.After);
            to.Int(m.Limit);
        }, static (ref WireReader from) => new ListNames(from.Text() ?? "", from.Text(), from.Int32())),
        new WireCodec<ListedNames>("S16", static (m, to) =>
        {
            to.Bool(m.More);
            to.UInt((ulong)m.Names.Length);
            foreach (ref readonly var name in m.Names.AsSpan())
            {
                to.Text(name.Name);
                to.Bool(name.FromOwner);
                name.Header.Write(to);
            }
        }, ReadListed),
        new WireCodec<CopyCount>("S17", Write, ReadCount),
        new WireCodec<LineAck>("S18", static (m, to) =>
        {
            to.Int(m.Bytes);
            to.Int(m.Messages);
        }, static (ref WireReader from) => new LineAck(from.Int(), from.Int())),
    ];

    internal static IReadOnlyList<CommandCodec> Commands { get; } = [StreamCommand.Codec];

    internal static void Write(WireWriter to, EventRun[] runs)
    {
        to.UInt((ulong)runs.Length);
        foreach (ref readonly var run in runs.AsSpan()) StreamSnapshot.Write(to, run);
    }

    internal static EventRun[] ReadRuns(ref WireReader from)
    {
        var runs = new EventRun[from.Length()];
        for (var i = 0; i < runs.Length; i++) runs[i] = StreamSnapshot.ReadRun(ref from);
        return runs;
    }

    internal static void Write(WireWriter to, StreamHeader? header)
    {
        to.Bool(header is not null);
        header?.Write(to);
    }

    internal static StreamHeader? ReadHeader(ref WireReader from) => from.Bool() ? StreamHeader.Read(ref from) : null;

    private static void Write(CopyCount m, WireWriter to)
    {
        to.Int(m.Copies);
        to.UInt((ulong)m.Namespaces.Length);
        foreach (var (prefix, copies) in m.Namespaces)
        {
            to.Text(prefix);
            to.Int(copies);
        }
    }

    private static CopyCount ReadCount(ref WireReader from) => new(from.Int32())
    {
        Namespaces = from.HasMore
            ? from.Items(static (ref WireReader item) => new NamespaceCopies(item.RequiredText(), item.Int32()))
            : [],
    };

    private static ListedNames ReadListed(ref WireReader from)
    {
        var more = from.Bool();
        var names = new ListedName[from.Length()];
        for (var i = 0; i < names.Length; i++) names[i] = new ListedName(from.RequiredText(), from.Bool(), StreamHeader.Read(ref from));
        return new ListedNames(names, more);
    }

    private static void Write(Delivery m, WireWriter to)
    {
        to.Text(m.Epoch);
        to.Int(m.First);
        to.Int(m.LostThrough);
        to.Int(m.Head);
        to.Bool(m.WasRemoved);
        Write(to, m.Header);
        Write(to, m.Segments);
    }

    private static Delivery ReadDelivery(ref WireReader from)
    {
        var epoch = from.RequiredText();
        var first = from.Int();
        var lost = from.Int();
        var head = from.Int();
        var removed = from.Bool();
        var header = ReadHeader(ref from);
        return new Delivery(epoch, first, lost, ReadRuns(ref from), header) { Head = head, WasRemoved = removed };
    }

    private static void Write(StreamQuestion m, WireWriter to)
    {
        to.Int(m.Id);
        to.Byte((byte)m.Ask);
        to.Bool(m.Options is not null);
        if (m.Options is { } options) OptionsCodec.Write(to, options);
        to.Text(m.Text);
        to.Int(m.From);
        to.Int(m.To);
        to.Int(m.Limit);
    }

    private static StreamQuestion ReadQuestion(ref WireReader from) => new(from.Int(), (StreamAsk)from.Byte())
    {
        Options = from.Bool() ? OptionsCodec.Read(ref from) : null,
        Text = from.Text(),
        From = from.Int(),
        To = from.Int(),
        Limit = from.Int32(),
    };

    private static void Write(StreamAnswer m, WireWriter to)
    {
        to.Int(m.Id);
        to.Byte(m.Status);
        to.Int(m.Number);
        to.Bool(m.More);
        Write(to, m.Header);
        Write(to, m.Runs);
        to.Text(m.Error);
    }

    private static StreamAnswer ReadAnswer(ref WireReader from) => new(from.Int(), from.Byte())
    {
        Number = from.Int(),
        More = from.Bool(),
        Header = ReadHeader(ref from),
        Runs = ReadRuns(ref from),
        Error = from.HasMore ? from.Text() : null,
    };
}
