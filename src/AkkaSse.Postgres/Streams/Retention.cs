using AkkaSse.Hub;

namespace AkkaSse.Postgres.Streams;

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
