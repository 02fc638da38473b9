using AkkaSse.Hub;
using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Sessions;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// Reads what is retained: pages for readers that catch up, pages for callers, places by time and by id. All are seeks by the primary key
/// or an index.
/// </summary>
internal sealed class History(Database database, EngineClock clock)
{
    // A page ends early after so many bytes of data: 256 events of 1 MiB are no page.
    private const int PageBytes = 2 << 20;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>See <see cref="IColdSource.ReadAsync"/>.</summary>
    internal async ValueTask<IReadOnlyList<StoredEvent>?> PageAsync(
        AttachedStream stream, string epoch, long from, long to, CancellationToken cancellation)
    {
        while (!stream.IsDetached)
        {
            try
            {
                var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                    return await PageAsync(connection, stream.Id, epoch, from, to, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException)
            {
                // The reader waits as long as the engine is away; its connection lives on heartbeats.
                await Task.Delay(RetryDelay, cancellation).ConfigureAwait(false);
            }
        }
        return null;
    }

    internal ValueTask<long> FirstAtAsync(AttachedStream stream, DateTimeOffset at, CancellationToken cancellation) =>
        WaitingAsync(() => FindAtAsync(stream, at, cancellation), cancellation);

    internal ValueTask<StreamPosition?> FindIdAsync(AttachedStream stream, string id, CancellationToken cancellation) =>
        WaitingAsync(() => FindCallerIdAsync(stream, id, cancellation), cancellation);

    // A subscriber waits as long as the engine is away.
    private static async ValueTask<T> WaitingAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException)
            {
                await Task.Delay(RetryDelay, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<long> FindAtAsync(AttachedStream stream, DateTimeOffset at, CancellationToken cancellation)
    {
        // Times grow with offsets but for the difference of the nodes' clocks, so the first in offset order is a search in a sorted column:
        // by halves, ten seeks for a thousand events.
        var wanted = clock.ToEngine(at.ToUnixTimeMilliseconds());
        long low = stream.Log.RetainedFirst, high = stream.Log.Head.Offset + 1;
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            while (low < high)
            {
                var middle = low + ((high - low) >> 1);
                var found = (long?)await connection.ScalarAsync(
                    "select at from akkasse.events where stream = $1 and \"offset\" >= $2 order by \"offset\" limit 1", cancellation,
                    stream.Id, middle).ConfigureAwait(false);
                if (found is { } seen && seen < wanted) low = middle + 1;
                else high = middle;
            }
        }
        return low;
    }

    private async Task<StreamPosition?> FindCallerIdAsync(AttachedStream stream, string id, CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = connection.Command(
                "select e.\"offset\", s.epoch from akkasse.events e join akkasse.streams s on s.id = e.stream where e.stream = $1 and " +
                "e.id = $2 and e.caller_id and e.\"offset\" >= s.first order by e.\"offset\" desc limit 1",
                stream.Id, id);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                    return await reader.ReadAsync(cancellation).ConfigureAwait(false)
                        ? new StreamPosition(reader.GetString(1), reader.GetInt64(0))
                        : null;
            }
        }
    }

    /// <summary>See <see cref="Hub.Engine.IStreamEngine.ReadAsync"/>.</summary>
    internal async ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var row = await FindAsync(connection, stream, cancellation).ConfigureAwait(false);
            if (row is not { Present: true })
                return new HistoryPage { State = HistoryState.NoStream, Events = [], Head = StreamPosition.BeforeFirst };
            var first = Math.Min(row.EffectiveFirst, row.Head + 1);
            var (state, next) = HistoryPage.StartOf(
                after, new StreamPosition(row.Epoch, row.Head), first, row.Base, row.EffectiveLost);
            var events = new List<HistoryEvent>(Math.Min(limit, 1000));
            var more = false;
            var now = clock.Now;
            var oldest = now - Retention.Of(row.Options).Age;
            // The row was read before: what is beyond its head is for the next page.
            var command = connection.Command(
                $"select {StoredRow.Columns} from akkasse.events e where e.stream = $1 and e.\"offset\" >= $2 and e.\"offset\" <= $3 " +
                "and (e.expiry is null or e.expiry > $4) and e.at >= $5 and e.at > $6 order by e.\"offset\" limit $7",
                row.Id, next, row.Head, now, oldest, row.Options.Ttl is { } ttl ? now - (long)ttl.TotalMilliseconds : long.MinValue,
                limit + 1);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                    {
                        if (events.Count == limit)
                        {
                            more = true;
                            break;
                        }
                        events.Add(HistoryEvent.Of(row.Epoch, StoredRow.Read(reader, 0, clock)));
                    }
                }
            }
            return new HistoryPage
            {
                State = state == HistoryState.Complete && more ? HistoryState.More : state,
                Events = events,
                Head = new StreamPosition(row.Epoch, row.Head),
                First = first,
                HasMore = more,
            };
        }
    }

    internal static async Task<StreamRow?> FindAsync(
        NpgsqlConnection connection, string stream, CancellationToken cancellation, bool forUpdate = false)
    {
        var command = connection.Command(
            $"select {StreamRow.Columns} from akkasse.streams where name = $1{(forUpdate ? " for update" : "")}", stream);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
                return await reader.ReadAsync(cancellation).ConfigureAwait(false) ? StreamRow.Read(reader) : null;
        }
    }

    private async Task<IReadOnlyList<StoredEvent>?> PageAsync(
        NpgsqlConnection connection, long id, string epoch, long from, long to, CancellationToken cancellation)
    {
        var events = new List<StoredEvent>();
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            // The running sum ends the page after the event that makes it large; an event alone is always a page.
            batch.Add(
                $"""
                select {StoredRow.Columns} from (
                    select e.*, sum(octet_length(e.data)) over (order by e."offset" rows between unbounded preceding and 1 preceding) as before
                    from akkasse.events e where e.stream = $1 and e."offset" between $2 and $3
                ) e where coalesce(before, 0) < {PageBytes} order by e."offset"
                """,
                id, from, to);
            batch.Add("select epoch from akkasse.streams where id = $1", id);
            var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) events.Add(StoredRow.Read(reader, 0, clock));
                await reader.NextResultAsync(cancellation).ConfigureAwait(false);
                return await reader.ReadAsync(cancellation).ConfigureAwait(false) && reader.GetString(0) == epoch ? events : null;
            }
        }
    }
}
