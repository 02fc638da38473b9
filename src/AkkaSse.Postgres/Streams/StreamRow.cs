using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>A row of <c>akkasse.streams</c>.</summary>
internal sealed record StreamRow
{
    /// <summary>The columns that <see cref="Read"/> expects, in order.</summary>
    internal const string Columns =
        "name, id, epoch, base, head, first, lost, cleared, id_base, present, removed_explicitly, declared, version, options, " +
        "created_at, changed_at, keys, bytes";

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

    internal FeedStart StartAt(long head) =>
        new(Epoch, Base, head, IdBase) { First = EffectiveFirst, LostThrough = EffectiveLost, ClearedThrough = Cleared };

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
