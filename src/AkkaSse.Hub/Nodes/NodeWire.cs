using System.Buffers.Binary;
using System.Text.Json;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Bytes of the questions between nodes. Sends are as frequent as a hub's users want and have a form of their own, a tenth of the work of
/// JSON with its data in base64: the event is what <see cref="EventCodec"/> writes, after its number of bytes. Everything else is JSON. The
/// first byte tells them apart: JSON begins with <c>{</c>.
/// </summary>
internal static class NodeWire
{
    // 1 is never used again: it was another form of sends, and a node that reads only that one must refuse this one.
    private const byte Send = 2;

    private const int LengthBytes = sizeof(int);

    internal static byte[] Write(NodeRequest request)
    {
        if (request.Kind != NodeRequest.Send) return JsonSerializer.SerializeToUtf8Bytes(request, NodeJson.Default.NodeRequest);
        var (client, zone) = (request.Client ?? "", request.Zone ?? "");
        var buffer = FrameBuffer.Rent();
        var head = new SpanWriter(buffer.GetSpan(1 + (3 * (SpanWriter.NumberBytes + client.Length + zone.Length)) + LengthBytes));
        head.Byte(Send);
        head.Text(client);
        head.Text(zone);
        head.Number((ulong)request.Generation);
        var begin = head.Count + LengthBytes;
        buffer.Advance(begin);
        EventCodec.Write(buffer, new AppendItem(request.Event!, default));
        var bytes = buffer.Written.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(begin - LengthBytes), bytes.Length - begin);
        return bytes;
    }

    /// <summary>The event's data are a slice of the message, which is its reader's.</summary>
    /// <exception cref="ArgumentException">It is no request.</exception>
    /// <exception cref="FormatException">It is cut, or an event of a version that is not known.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    internal static NodeRequest ReadRequest(ReadOnlyMemory<byte> message)
    {
        if (message.IsEmpty) throw new ArgumentException("An empty request.", nameof(message));
        if (message.Span[0] != Send)
        {
            return JsonSerializer.Deserialize(message.Span, NodeJson.Default.NodeRequest)
                ?? throw new ArgumentException("A request that is null.", nameof(message));
        }
        var from = new SpanReader(message.Span);
        from.Byte();
        var (client, zone, generation) = (from.Text(), from.Text(), (long)from.Number());
        var length = BinaryPrimitives.ReadInt32LittleEndian(from.Take(LengthBytes));
        if (length != from.Left) throw new FormatException($"The event has {from.Left} bytes; its message says {length}.");
        return new NodeRequest
        {
            Kind = NodeRequest.Send,
            Client = client,
            Zone = zone,
            Generation = generation,
            Event = EventCodec.Read(message[from.At..]).Event,
        };
    }

    internal static byte[] Write(NodeReply reply)
    {
        if (reply.Sent is not { } status) return JsonSerializer.SerializeToUtf8Bytes(reply, NodeJson.Default.NodeReply);
        if (reply.Error is not { } error) return [Send, (byte)status];
        var bytes = new byte[2 + SpanWriter.NumberBytes + (3 * error.Length)];
        var to = new SpanWriter(bytes);
        to.Byte(Send);
        to.Byte((byte)status);
        to.Text(error);
        return bytes[..to.Count];
    }

    /// <exception cref="FormatException">It is cut.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    internal static NodeReply? ReadReply(ReadOnlyMemory<byte> message)
    {
        if (message.IsEmpty || message.Span[0] != Send) return JsonSerializer.Deserialize(message.Span, NodeJson.Default.NodeReply);
        var from = new SpanReader(message.Span);
        from.Byte();
        return new NodeReply { Sent = (SendStatus)from.Byte(), Error = from.Left > 0 ? from.Text() : null };
    }
}
