using System.Runtime.InteropServices;
using System.Text.Json;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Bytes of the questions between nodes. Sends are as frequent as a hub's users want and have a form of their own, a tenth of the work of JSON with its data in base64; everything else is JSON. The first byte
/// tells them apart: JSON begins with <c>{</c>.
/// </summary>
internal static class NodeWire
{
    private const byte Send = 1;

    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Type = 1,
        Id = 2,
        Data = 4,
        Retry = 8,
        Comment = 16,
        Fields = 32,
    }

    internal static byte[] Write(NodeRequest request)
    {
        if (request.Kind != NodeRequest.Send) return JsonSerializer.SerializeToUtf8Bytes(request, NodeJson.Default.NodeRequest);
        var e = request.Event!;
        var data = e.DataBytes;
        var memory = new MemoryStream(64 + (request.Client?.Length ?? 0) + (data?.Length ?? 0));
        var to = new BinaryWriter(memory);
        to.Write(Send);
        to.Write(request.Client ?? "");
        to.Write(request.Zone ?? "");
        to.Write7BitEncodedInt64(request.Generation);
        var parts = (e.Type is null ? Parts.None : Parts.Type) | (e.Id is null ? Parts.None : Parts.Id) | (data is null ? Parts.None : Parts.Data)
            | (e.Retry is null ? Parts.None : Parts.Retry) | (e.Comment is null ? Parts.None : Parts.Comment) | (e.Fields.Count == 0 ? Parts.None : Parts.Fields);
        to.Write((byte)parts);
        if (e.Type is { } type) to.Write(type);
        if (e.Id is { } id) to.Write(id);
        if (data is { } bytes)
        {
            to.Write7BitEncodedInt(bytes.Length);
            to.Write(bytes.Span);
        }
        if (e.Retry is { } retry) to.Write7BitEncodedInt64(retry.Ticks);
        if (e.Comment is { } comment) to.Write(comment);
        if (e.Fields.Count > 0)
        {
            to.Write7BitEncodedInt(e.Fields.Count);
            foreach (var (name, value) in e.Fields)
            {
                to.Write(name);
                to.Write(value);
            }
        }
        return memory.ToArray();
    }

    /// <exception cref="ArgumentException">They are no request.</exception>
    /// <exception cref="EndOfStreamException">They end in the middle.</exception>
    /// <exception cref="JsonException">They are no JSON.</exception>
    internal static NodeRequest ReadRequest(ReadOnlyMemory<byte> message)
    {
        if (message.IsEmpty) throw new ArgumentException("An empty request.", nameof(message));
        if (message.Span[0] != Send) return JsonSerializer.Deserialize(message.Span, NodeJson.Default.NodeRequest) ?? throw new ArgumentException("A request that is null.", nameof(message));
        var memory = Open(message);
        var from = new BinaryReader(memory);
        from.ReadByte();
        var (client, zone, generation) = (from.ReadString(), from.ReadString(), from.Read7BitEncodedInt64());
        var parts = (Parts)from.ReadByte();
        var type = parts.HasFlag(Parts.Type) ? from.ReadString() : null;
        var id = parts.HasFlag(Parts.Id) ? from.ReadString() : null;
        // Apart, because in one conditional null would become empty memory.
        ReadOnlyMemory<byte>? data = null;
        if (parts.HasFlag(Parts.Data)) data = Data(message, memory, from.Read7BitEncodedInt());
        TimeSpan? retry = parts.HasFlag(Parts.Retry) ? TimeSpan.FromTicks(from.Read7BitEncodedInt64()) : null;
        var comment = parts.HasFlag(Parts.Comment) ? from.ReadString() : null;
        IReadOnlyList<KeyValuePair<string, string>> fields = [];
        if (parts.HasFlag(Parts.Fields))
        {
            var read = new List<KeyValuePair<string, string>>();
            for (var left = from.Read7BitEncodedInt(); left > 0; left--) read.Add(new(from.ReadString(), from.ReadString()));
            fields = read;
        }
        return new NodeRequest
        {
            Kind = NodeRequest.Send,
            Client = client,
            Zone = zone,
            Generation = generation,
            Event = new SseEvent { Type = type, Id = id, DataBytes = data, Retry = retry, Comment = comment, Fields = fields },
        };
    }

    internal static byte[] Write(NodeReply reply)
    {
        if (reply.Sent is not { } status) return JsonSerializer.SerializeToUtf8Bytes(reply, NodeJson.Default.NodeReply);
        if (reply.Error is null) return [Send, (byte)status];
        var memory = new MemoryStream(2 + reply.Error.Length);
        var to = new BinaryWriter(memory);
        to.Write(Send);
        to.Write((byte)status);
        to.Write(reply.Error);
        return memory.ToArray();
    }

    /// <exception cref="EndOfStreamException">They end in the middle.</exception>
    /// <exception cref="JsonException">They are no JSON.</exception>
    internal static NodeReply? ReadReply(ReadOnlyMemory<byte> message)
    {
        if (message.IsEmpty || message.Span[0] != Send) return JsonSerializer.Deserialize(message.Span, NodeJson.Default.NodeReply);
        if (message.Length < 2) throw new EndOfStreamException("A reply without a status.");
        return new NodeReply { Sent = (SendStatus)message.Span[1], Error = message.Length > 2 ? new BinaryReader(Open(message[2..])).ReadString() : null };
    }

    // The event's data are these bytes and no copy of them: the message is its reader's.
    private static ReadOnlyMemory<byte> Data(ReadOnlyMemory<byte> message, MemoryStream memory, int length)
    {
        var start = (int)memory.Position;
        if (length < 0 || length > message.Length - start) throw new EndOfStreamException("The data are longer than their message.");
        memory.Position = start + length;
        return message.Slice(start, length);
    }

    private static MemoryStream Open(ReadOnlyMemory<byte> message) =>
        MemoryMarshal.TryGetArray(message, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(message.ToArray(), writable: false);
}
