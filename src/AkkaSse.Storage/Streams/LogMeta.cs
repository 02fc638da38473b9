using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaSse.Hub;

namespace AkkaSse.Storage.Streams;

/// <summary>What is kept of a stream besides its events, as JSON. Names are part of the format.</summary>
internal sealed record LogMeta
{
    public required string Epoch { get; init; }

    /// <summary>The first event of the epoch has the offset after this.</summary>
    public long Base { get; init; }

    /// <summary>The head when this was written; the newest run says more.</summary>
    public long Head { get; init; }

    public long IdBase { get; init; }

    public long First { get; init; }

    public long LostThrough { get; init; }

    public long ClearedThrough { get; init; }

    /// <summary>Bytes of all events up to <see cref="Head"/>.</summary>
    public long TotalBytes { get; init; }

    public bool Declared { get; init; }

    /// <summary>Whether publishers' ids were stored that retention has to forget.</summary>
    public bool HasIds { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    /// <summary>When it was removed, in milliseconds since 1970; null while it exists.</summary>
    public long? RemovedAt { get; init; }

    public bool RemovedExplicitly { get; init; }

    public StreamOptions? Options { get; init; }

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, LogMetaJson.Default.LogMeta);

    /// <summary>Null when it is none.</summary>
    internal static LogMeta? Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, LogMetaJson.Default.LogMeta);
        }
        catch (JsonException)
        {
            // Its checksum holds: another version wrote it. What it says is not guessed.
            return null;
        }
    }
}

/// <summary>Serializers that are generated, so that trimming keeps them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogMeta))]
internal sealed partial class LogMetaJson : JsonSerializerContext;
