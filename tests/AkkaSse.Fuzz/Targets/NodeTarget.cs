using System.Buffers;
using System.Text.Json;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// Events as engines store and send them, and questions between nodes. Bytes are refused with the exceptions that are documented, and what
/// was read is written and read again as the same.
/// </summary>
internal static class NodeTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length == 0) return;
        var bytes = input.AsMemory(1);
        switch (input[0] % 3)
        {
            case 0:
                Event(bytes);
                break;
            case 1:
                Request(bytes);
                break;
            default:
                Reply(bytes);
                break;
        }
    }

    private static void Event(ReadOnlyMemory<byte> bytes)
    {
        AppendItem item;
        try
        {
            item = EventCodec.Read(bytes);
            EventCodec.TtlOf(bytes.Span);
            EventCodec.TryGetId(bytes.Span, out _);
            if (EventCodec.TraceParentOf(bytes.Span) != item.Options.TraceParent)
                throw new BreachException("An event's trace context is read otherwise by itself.");
        }
        catch (FormatException)
        {
            return;
        }
        var once = Written(item);
        if (EventCodec.BytesOf(item) != once.Length) throw new BreachException("An event has another length than it is said to have.");
        if (!Written(EventCodec.Read(once)).AsSpan().SequenceEqual(once)) throw new BreachException("An event is read otherwise.");
    }

    private static byte[] Written(in AppendItem item)
    {
        var to = new ArrayBufferWriter<byte>();
        EventCodec.Write(to, item);
        return to.WrittenSpan.ToArray();
    }

    private static void Request(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var request = NodeWire.ReadRequest(bytes);
            var once = NodeWire.Write(request);
            if (!NodeWire.Write(NodeWire.ReadRequest(once)).AsSpan().SequenceEqual(once))
                throw new BreachException("A question is read otherwise.");
        }
        catch (Exception e) when (e is FormatException or ArgumentException or JsonException)
        {
            // As documented.
        }
    }

    private static void Reply(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            if (NodeWire.ReadReply(bytes) is not { } reply) return;
            var once = NodeWire.Write(reply);
            if (!NodeWire.Write(NodeWire.ReadReply(once)!).AsSpan().SequenceEqual(once))
                throw new BreachException("An answer is read otherwise.");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // As documented.
        }
    }
}
