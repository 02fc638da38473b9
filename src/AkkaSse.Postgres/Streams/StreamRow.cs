using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>A row of <c>akkasse.streams</c>.</summary>
internal sealed record StreamRow
{
    /// <summary>The columns that <see cref="Read"/> expects, in order.</summary>
    internal const string Columns = "name, id, epoch, base, head, first, lost, cleared, id_base, present, removed_explicitly, declared, version, options, created_at, changed_at, keys, bytes";

    public required string Name { get; init; }

    public long Id { get; init; }

    public required string Epoch { get; init; }

    public long Base { get; init; }

    public long Head { get; set; }

    public long First { get; init; }

    public long Lost { get; init; }

    public long Cleared { get; init; }

    public long IdBase { get; init; }

    public bool Present { get; set; }

    public bool RemovedExplicitly { get; init; }

    public bool Declared { get; init; }

    public int Version { get; init; }

    public required StreamOptions Options { get; set; }

    public long CreatedAt { get; init; }

    public long ChangedAt { get; init; }

    public int Keys { get; set; }

    public long Bytes { get; init; }

    /// <summary>Oldest offset that may be read: the bound by count holds at once, its rows are deleted later.</summary>
    public long EffectiveFirst => Math.Max(First, Head - Retention.Of(Options).Events + 1);

    public long EffectiveLost => Math.Max(Lost, Head - Retention.Of(Options).Events);

    internal FeedStart StartAt(long head) => new(Epoch, Base, head, IdBase) { First = EffectiveFirst, LostThrough = EffectiveLost, ClearedThrough = Cleared };

    internal static StreamRow Read(NpgsqlDataReader r) => new()
    {
        Name = r.GetString(0),
        Id = r.GetInt64(1),
        Epoch = r.GetString(2),
        Base = r.GetInt64(3),
        Head = r.GetInt64(4),
        First = r.GetInt64(5),
        Lost = r.GetInt64(6),
        Cleared = r.GetInt64(7),
        IdBase = r.GetInt64(8),
        Present = r.GetBoolean(9),
        RemovedExplicitly = r.GetBoolean(10),
        Declared = r.GetBoolean(11),
        Version = r.GetInt32(12),
        Options = OptionsText.Read(r.GetString(13)),
        CreatedAt = r.GetInt64(14),
        ChangedAt = r.GetInt64(15),
        Keys = r.GetInt32(16),
        Bytes = r.GetInt64(17),
    };

    internal StreamInfo Info(Sessions.EngineClock clock) => new()
    {
        Name = Name,
        Epoch = Epoch,
        Head = Head,
        First = Math.Min(EffectiveFirst, Head + 1),
        Bytes = Bytes,
        Options = Options,
        Declared = Declared,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(clock.ToNode(CreatedAt)),
    };
}

/// <summary>What is kept in the database of a stream.</summary>
/// <param name="Events">At most so many.</param>
/// <param name="Bytes">At most so many bytes of data and fields.</param>
/// <param name="Age">At most so old, in milliseconds.</param>
internal readonly record struct Retention(long Events, long Bytes, long Age)
{
    // A live-only stream's rows are there for the nodes to fetch, and for a reader that was cut off for a moment.
    private static readonly Retention s_liveOnly = new(100_000, 64L << 20, 60_000);

    internal static Retention Of(StreamOptions o) => o.Replay ? new(o.MaxEvents, o.MaxBytes, (long)o.MaxAge.TotalMilliseconds) : s_liveOnly;
}

/// <summary>Stream options as text. Equal options have equal texts; the few distinct ones are parsed once.</summary>
internal static class OptionsText
{
    private const int Remembered = 1_000;

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, StreamOptions> s_parsed = new(StringComparer.Ordinal);

    internal static string Write(StreamOptions options) => JsonSerializer.Serialize(options, OptionsJson.Default.StreamOptions);

    internal static StreamOptions Read(string text)
    {
        if (s_parsed.TryGetValue(text, out var known)) return known;
        var options = JsonSerializer.Deserialize(text, OptionsJson.Default.StreamOptions) ?? new StreamOptions();
        if (s_parsed.Count >= Remembered) s_parsed.Clear();
        return s_parsed[text] = options;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StreamOptions))]
internal sealed partial class OptionsJson : JsonSerializerContext;
