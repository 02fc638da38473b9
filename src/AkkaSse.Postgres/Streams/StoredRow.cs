using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Sessions;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>A row of <c>akkasse.events</c>.</summary>
internal static class StoredRow
{
    /// <summary>The columns that <see cref="Read"/> expects, of a table called e.</summary>
    internal const string Columns = "e.\"offset\", e.at, e.expiry, e.type, e.id, e.caller_id, e.key, e.data, e.extra";

    /// <summary>What a row counts against the bounds of bytes besides its data.</summary>
    internal const int Overhead = 64;

    internal static StoredEvent Read(NpgsqlDataReader r, int from, EngineClock clock)
    {
        var item = EventExtra.Compose(r.Text(from + 3), r.Text(from + 4), r.GetFieldValue<byte[]>(from + 7), r.Text(from + 8));
        return new(r.GetInt64(from), clock.ToNode(r.GetInt64(from + 1)), item.Event)
        {
            Expiry = r.Long(from + 2) is { } expiry ? clock.ToNode(expiry) : 0,
            CallerId = r.GetBoolean(from + 5),
            ConflateKey = r.Text(from + 6),
            TraceParent = item.Options.TraceParent,
        };
    }
}
