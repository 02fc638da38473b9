using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>A stream at one index of its log. Immutable; runs share the bytes of the messages they came in.</summary>
internal sealed record StreamSnapshot(StreamHeader Header, EventRun[] Runs, (KeyName Name, UsedKey Used)[] Keys)
{
    private const byte HeaderItem = 1, RunItem = 2, KeyItem = 3;

    /// <summary>As parts of about this size; a run is never cut.</summary>
    internal IReadOnlyList<byte[]> Split(int partBytes)
    {
        var parts = new List<byte[]>();
        var to = new WireWriter();
        to.Byte(HeaderItem);
        Header.Write(to);
        foreach (ref readonly var run in Runs.AsSpan())
        {
            if (to.Count > 0 && to.Count + run.Blob.Length > partBytes) to = Next(parts, to);
            to.Byte(RunItem);
            Write(to, run);
        }
        foreach (ref readonly var key in Keys.AsSpan())
        {
            if (to.Count > partBytes) to = Next(parts, to);
            to.Byte(KeyItem);
            to.Text(key.Name.Principal);
            to.Text(key.Name.Key);
            to.Fixed64(key.Used.Hash);
            to.Text(key.Used.Epoch);
            to.Int(key.Used.First);
            to.Bool(key.Used.HasOffset);
            to.Int(key.Used.At);
        }
        Next(parts, to);
        return parts;
    }

    /// <exception cref="FormatException">The parts are no snapshot.</exception>
    internal static StreamSnapshot Join(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        StreamHeader? header = null;
        var runs = new List<EventRun>();
        var keys = new List<(KeyName, UsedKey)>();
        foreach (var part in parts)
        {
            var from = new WireReader(part);
            while (from.HasMore)
            {
                switch (from.Byte())
                {
                    case HeaderItem:
                        header = StreamHeader.Read(ref from);
                        break;
                    case RunItem:
                        runs.Add(ReadRun(ref from));
                        break;
                    case KeyItem:
                        keys.Add((new KeyName(from.Text() ?? "", from.RequiredText()), new UsedKey(
                            from.Fixed64(), from.RequiredText(), from.Int(), from.Bool(), from.Int())));
                        break;
                    case var item:
                        throw new FormatException($"Item {item} of a stream's snapshot is not known to this version.");
                }
            }
        }
        return new StreamSnapshot(header ?? throw new FormatException("The snapshot of a stream has no header."), [.. runs], [.. keys]);
    }

    internal static void Write(WireWriter to, in EventRun run)
    {
        to.Int(run.First);
        to.UInt((ulong)run.Count);
        to.Int(run.At);
        to.Byte((byte)run.Flags);
        to.Blob(run.Blob.Span);
    }

    internal static EventRun ReadRun(ref WireReader from) =>
        new(from.Int(), (int)from.UInt(), from.Int(), (RunFlags)from.Byte(), from.Blob());

    private static WireWriter Next(List<byte[]> parts, WireWriter written)
    {
        parts.Add(written.Take());
        return new WireWriter();
    }
}
