using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>What few events have: comment, retry, further fields. One column of JSON, null for most.</summary>
internal sealed record EventExtra
{
    [JsonPropertyName("c")]
    public string? Comment { get; init; }

    /// <summary>In milliseconds.</summary>
    [JsonPropertyName("r")]
    public double? Retry { get; init; }

    /// <summary>Names and values, in turn.</summary>
    [JsonPropertyName("f")]
    public string[]? Fields { get; init; }

    internal static string? Write(SseEvent e)
    {
        if (e.Comment is null && e.Retry is null && e.Fields.Count == 0) return null;
        return JsonSerializer.Serialize(new EventExtra
        {
            Comment = e.Comment,
            Retry = e.Retry?.TotalMilliseconds,
            Fields = e.Fields.Count == 0 ? null : [.. e.Fields.SelectMany(static f => new[] { f.Key, f.Value })],
        }, ExtraJson.Default.EventExtra);
    }

    internal static SseEvent Compose(string? type, string? id, byte[]? data, string? extra)
    {
        if (extra is null) return data is null ? new SseEvent { Type = type, Id = id } : new SseEvent { Type = type, Id = id, DataBytes = data };
        var more = JsonSerializer.Deserialize(extra, ExtraJson.Default.EventExtra)!;
        var fields = new List<KeyValuePair<string, string>>();
        for (var i = 0; i + 1 < more.Fields?.Length; i += 2) fields.Add(new(more.Fields[i], more.Fields[i + 1]));
        var e = new SseEvent { Type = type, Id = id, Comment = more.Comment, Retry = more.Retry is { } ms ? TimeSpan.FromMilliseconds(ms) : null, Fields = fields };
        return data is null ? e : new SseEvent(e) { DataBytes = data };
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventExtra))]
internal sealed partial class ExtraJson : JsonSerializerContext;
