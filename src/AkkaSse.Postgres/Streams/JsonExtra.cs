using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaSse.Protocol;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// The older form of <see cref="EventExtra"/>. It is read for as long as such rows may be kept, and never written: further parts of events
/// are not in it.
/// </summary>
internal sealed record JsonExtra
{
    [JsonPropertyName("c")]
    public string? Comment { get; init; }

    /// <summary>In milliseconds.</summary>
    [JsonPropertyName("r")]
    public double? Retry { get; init; }

    /// <summary>Names and values, in turn.</summary>
    [JsonPropertyName("f")]
    public string[]? Fields { get; init; }

    /// <summary>True when it is this form: base64 has no brace.</summary>
    internal static bool Is(string extra) => extra.StartsWith('{');

    /// <exception cref="JsonException">It is no JSON.</exception>
    internal static SseEvent Read(string extra)
    {
        var more = JsonSerializer.Deserialize(extra, ExtraJson.Default.JsonExtra)!;
        var fields = new List<KeyValuePair<string, string>>();
        for (var i = 0; i + 1 < more.Fields?.Length; i += 2) fields.Add(new(more.Fields[i], more.Fields[i + 1]));
        TimeSpan? retry = more.Retry is { } ms ? TimeSpan.FromMilliseconds(ms) : null;
        return new SseEvent { Comment = more.Comment, Retry = retry, Fields = fields };
    }
}

[JsonSerializable(typeof(JsonExtra))]
internal sealed partial class ExtraJson : JsonSerializerContext;
