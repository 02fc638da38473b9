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
        var e = item.Event;
        if (options.Base64 && e.HasData) e = SseBase64.Encode(e);
        var transient = EventRules.IsTransient(e);
        string? callerId = null;
        if (e.Id is { } id && !transient)
        {
            if (options.Ids == StreamIds.Caller || id.Length == 0) callerId = id;
            else SseEncoder.WriteField(buffer, "eid"u8, Ascii(id));
        }
        SseEncoder.WriteHead(buffer, e);
        return new LogFrame
        {
            Head = buffer.Written,
            Type = e.Type,
            CallerId = callerId,
            ConflateKey = item.Options.ConflateKey,
            At = now,
            Expiry = item.Options.Ttl is { } ttl ? now + Math.Max(1, (long)ttl.TotalMilliseconds) : 0,
            Transient = transient,
        };
    }

    private static byte[] Ascii(string id) => Encoding.ASCII.GetBytes(id);
}
