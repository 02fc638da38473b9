using System.Text;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Streams;

/// <summary>Turns an event into a log frame: encoded once per node, outside the log's lock.</summary>
internal static class FrameEncoder
{
    /// <summary>Writes the frame's head into the buffer; the frame refers to it.</summary>
    internal static LogFrame Encode(FrameBuffer buffer, in AppendItem item, StreamOptions options, long now)
    {
        var start = buffer.Count;
        var callerId = WriteHead(buffer, item, options);
        return Frame(buffer.Written[start..], item, callerId, now);
    }

    /// <summary>Writes the head behind what the buffer has. Returns the publisher's id, where it is to stand in the id line.</summary>
    internal static string? WriteHead(FrameBuffer buffer, in AppendItem item, StreamOptions options)
    {
        var e = item.Event;
        if (options.Base64 && e.HasData) e = SseBase64.Encode(e);
        var isCallerId = EventRules.IsCallerId(e, options.Ids);
        if (e.Id is { } id && !isCallerId && !EventRules.IsTransient(e)) WritePublisherId(buffer, id);
        SseEncoder.WriteHead(buffer, e);
        return isCallerId ? e.Id : null;
    }

    /// <summary>A frame of a head that was written before.</summary>
    internal static LogFrame Frame(ReadOnlySpan<byte> head, in AppendItem item, string? callerId, long now) => new()
    {
        Head = head,
        Type = item.Event.Type,
        CallerId = callerId,
        ConflateKey = item.Options.ConflateKey,
        At = now,
        Expiry = EventRules.ExpiryOf(item.Options.Ttl, now),
        TraceParent = item.Options.TraceParent,
        Transient = EventRules.IsTransient(item.Event),
    };

    /// <summary>Writes everything of a stored event except its id line and closing blank line.</summary>
    internal static void WriteStored(FrameBuffer buffer, in StoredEvent stored)
    {
        if (stored.Event.Id is { } id && !stored.CallerId) WritePublisherId(buffer, id);
        SseEncoder.WriteHead(buffer, stored.Event);
    }

    /// <summary>Writes a stored event's id line and closing blank line.</summary>
    internal static void WriteTail(FrameBuffer buffer, in StoredEvent stored, string epoch)
    {
        var id = stored.CallerId ? stored.Event.Id! : new StreamPosition(epoch, stored.Offset).ToString();
        buffer.Append(Ascii(id.Length == 0 ? "id:\n\n" : $"id: {id}\n\n"));
    }

    /// <summary>The frame of a stored event whose head is in the buffer.</summary>
    internal static LogFrame Stored(FrameBuffer buffer, in StoredEvent stored) => new()
    {
        Head = buffer.Written,
        Type = stored.Event.Type,
        CallerId = stored.CallerId ? stored.Event.Id : null,
        ConflateKey = stored.ConflateKey,
        At = stored.At,
        Expiry = stored.Expiry,
        TraceParent = stored.TraceParent,
    };

    /// <summary>
    /// Writes a publisher's id that does not stand in the id line. A comment and not a field of its own: a parser may report every field
    /// that it does not know as an error (eventsource-parser does).
    /// </summary>
    internal static void WritePublisherId(FrameBuffer buffer, string id)
    {
        // An id is printable ASCII: no line ends in it.
        buffer.Append(": eid="u8);
        buffer.Advance(Encoding.ASCII.GetBytes(id, buffer.GetSpan(id.Length)));
        buffer.Append("\n"u8);
    }

    private static byte[] Ascii(string id) => Encoding.ASCII.GetBytes(id);
}
