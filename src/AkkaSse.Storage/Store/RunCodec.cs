using System.Buffers;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Storage.Store;

/// <summary>
/// The events of a run as bytes: for each one a byte of flags (1: its id stands in the id line), its length as a varint, and what
/// <see cref="EventCodec"/> writes of it. On a stream with base64 the data are encoded already.
/// </summary>
internal static class RunCodec
{
    private const byte CallerIdFlag = 1;

    internal static void Write(ArrayBufferWriter<byte> to, ArrayBufferWriter<byte> scratch, in StoredEvent e, in PublishOptions options)
    {
        scratch.ResetWrittenCount();
        EventCodec.Write(scratch, new AppendItem(e.Event, options));
        var length = scratch.WrittenCount;
        var head = to.GetSpan(6);
        var at = 0;
        head[at++] = e.CallerId ? CallerIdFlag : (byte)0;
        var left = (uint)length;
        for (; left >= 0x80; left >>= 7) head[at++] = (byte)(left | 0x80);
        head[at++] = (byte)left;
        to.Advance(at);
        to.Write(scratch.WrittenSpan);
    }

    /// <summary>Adds the events of a run whose offsets are in a range.</summary>
    /// <exception cref="FormatException">The bytes are not those of a run.</exception>
    internal static void Read(in RunHeader run, byte[] data, long from, long to, List<StoredEvent> events)
    {
        var at = 0;
        for (var offset = run.First; offset <= run.Last; offset++)
        {
            var (flags, part) = Next(data, ref at);
            if (offset < from) continue;
            if (offset > to) return;
            var item = EventCodec.Read(part);
            events.Add(new StoredEvent(offset, run.At, item.Event)
            {
                CallerId = (flags & CallerIdFlag) != 0,
                ConflateKey = item.Options.ConflateKey,
                Expiry = EventRules.ExpiryOf(item.Options.Ttl, run.At),
                TraceParent = item.Options.TraceParent,
            });
        }
    }

    private static (byte Flags, ReadOnlyMemory<byte> Part) Next(byte[] data, ref int at)
    {
        var flags = data[at++];
        int length = 0, shift = 0;
        while (true)
        {
            var b = data[at++];
            length |= (b & 0x7F) << shift;
            if (b < 0x80) break;
            shift += 7;
        }
        var part = data.AsMemory(at, length);
        at += length;
        return (flags, part);
    }
}
