using System.Buffers;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// What few events have: comment, retry, further fields and whatever else has no column of its own. One column of text, null for most: the
/// bytes of <see cref="EventCodec"/> as base64. Rows of earlier programs have JSON there, see <see cref="JsonExtra"/>.
/// </summary>
internal static class EventExtra
{
    private const EventParts OfColumns =
        EventParts.Data | EventParts.Ttl | EventParts.Id | EventParts.Type | EventParts.ConflateKey;

    /// <summary>What the event has beside what stands in columns; null for nothing.</summary>
    internal static string? Write(in StoredEvent e)
    {
        var item = new AppendItem(e.Event, new PublishOptions { TraceParent = e.TraceParent });
        return (EventCodec.PartsOf(item) & ~OfColumns) == 0 ? null : Write(item, EventParts.All & ~OfColumns);
    }

    /// <summary>An event without data, whole.</summary>
    internal static string WriteTransient(SseEvent e) => Write(new AppendItem(e, default), EventParts.All);

    /// <exception cref="FormatException">The text is neither base64 of a version that is known nor begins like JSON.</exception>
    /// <exception cref="JsonException">It begins like JSON and is none.</exception>
    internal static AppendItem Read(string extra) =>
        JsonExtra.Is(extra) ? new AppendItem(JsonExtra.Read(extra), default) : EventCodec.Read(Convert.FromBase64String(extra));

    /// <summary>The event of a row, and the trace context that it carries.</summary>
    internal static AppendItem Compose(string? type, string? id, byte[] data, string? extra)
    {
        if (extra is null) return new AppendItem(new SseEvent { Type = type, Id = id, DataBytes = data }, default);
        var read = Read(extra);
        return read with { Event = new SseEvent(read.Event) { Type = type, Id = id, DataBytes = data } };
    }

    private static string Write(in AppendItem item, EventParts parts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EventCodec.Write(bytes, item, parts);
        return Convert.ToBase64String(bytes.WrittenSpan);
    }
}
