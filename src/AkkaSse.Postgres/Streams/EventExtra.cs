using System.Buffers;
using System.Text.Json;
using AkkaSse.Hub.Engine;
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
    internal static string? Write(SseEvent e) =>
        (EventCodec.PartsOf(new AppendItem(e, default)) & ~OfColumns) == 0 ? null : Write(e, EventParts.All & ~OfColumns);

    /// <summary>An event without data, whole.</summary>
    internal static string WriteTransient(SseEvent e) => Write(e, EventParts.All);

    /// <exception cref="FormatException">The text is neither base64 of a version that is known nor begins like JSON.</exception>
    /// <exception cref="JsonException">It begins like JSON and is none.</exception>
    internal static SseEvent Read(string extra) =>
        JsonExtra.Is(extra) ? JsonExtra.Read(extra) : EventCodec.Read(Convert.FromBase64String(extra)).Event;

    /// <summary>The event of a row.</summary>
    internal static SseEvent Compose(string? type, string? id, byte[] data, string? extra) =>
        extra is null
            ? new SseEvent { Type = type, Id = id, DataBytes = data }
            : new SseEvent(Read(extra)) { Type = type, Id = id, DataBytes = data };

    private static string Write(SseEvent e, EventParts parts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EventCodec.Write(bytes, new AppendItem(e, default), parts);
        return Convert.ToBase64String(bytes.WrittenSpan);
    }
}
