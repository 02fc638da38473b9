using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// What few events have: comment, retry, further fields and whatever else has no column of its own. One column of text, null for most: the
/// bytes of <see cref="EventCodec"/> as base64. Rows of before it have JSON, which begins with <c>{</c> and is read for as long as such
/// rows may be kept.
/// </summary>
internal sealed record EventExtra
{
    private const EventParts OfColumns = EventParts.Data | EventParts.Ttl | EventParts.Id | EventParts.Type | EventParts.ConflateKey;

    [JsonPropertyName("c")]
    public string? Comment { get; init; }

    /// <summary>In milliseconds.</summary>
    [JsonPropertyName("r")]
    public double? Retry { get; init; }

    /// <summary>Names and values, in turn.</summary>
    [JsonPropertyName("f")]
    public string[]? Fields { get; init; }

    /// <summary>What the event has beside what stands in columns; null for nothing.</summary>
    internal static string? Write(SseEvent e) => (EventCodec.PartsOf(new AppendItem(e, default)) & ~OfColumns) == 0 ? null : Write(e, EventParts.All & ~OfColumns);

    /// <summary>An event without data, whole.</summary>
    internal static string WriteTransient(SseEvent e) => Write(e, EventParts.All);

    /// <exception cref="FormatException">The text is neither.</exception>
    /// <exception cref="JsonException">It begins like JSON and is none.</exception>
    internal static SseEvent Read(string extra) => extra.StartsWith('{') ? ReadJson(extra) : EventCodec.Read(Convert.FromBase64String(extra)).Event;

    /// <summary>The event of a row.</summary>
    internal static SseEvent Compose(string? type, string? id, byte[] data, string? extra) =>
        extra is null ? new SseEvent { Type = type, Id = id, DataBytes = data } : new SseEvent(Read(extra)) { Type = type, Id = id, DataBytes = data };

    private static string Write(SseEvent e, EventParts parts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EventCodec.Write(bytes, new AppendItem(e, default), parts);
        return Convert.ToBase64String(bytes.WrittenSpan);
    }

    private static SseEvent ReadJson(string extra)
    {
        var more = JsonSerializer.Deserialize(extra, ExtraJson.Default.EventExtra)!;
        var fields = new List<KeyValuePair<string, string>>();
        for (var i = 0; i + 1 < more.Fields?.Length; i += 2) fields.Add(new(more.Fields[i], more.Fields[i + 1]));
        return new SseEvent { Comment = more.Comment, Retry = more.Retry is { } ms ? TimeSpan.FromMilliseconds(ms) : null, Fields = fields };
    }
}

[JsonSerializable(typeof(EventExtra))]
internal sealed partial class ExtraJson : JsonSerializerContext;
