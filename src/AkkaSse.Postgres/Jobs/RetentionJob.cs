using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Nodes;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Postgres.Streams;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Jobs;

/// <summary>
/// Lets go what retention does not keep, in bounded steps: a step looks at some streams, moves their first offset with the row locked for a
/// moment, and deletes rows by ranges of the primary key without a lock on the stream. Also forgets keys, values, refusals, removed streams
/// and lost nodes.
/// </summary>
internal sealed class RetentionJob(
    PostgresOptions options, Database database, EngineClock clock, JobLease lease, Notifier notifier, ILogger logger)
{
    private const int StreamsPerLook = 20_000;
    private const int StreamsPerStep = 200;
    private const int RowsPerStep = 5_000;
    private static readonly long s_tombstoneMilliseconds = (long)Epochs.KeptAfterRemoval.TotalMilliseconds;

    private long _after;

    internal async Task RunAsync(CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(options.RetentionPoll, stopped).ConfigureAwait(false);
            try
            {
                if (!database.IsOpen || !await lease.HoldAsync(stopped).ConfigureAwait(false)) continue;
                while (await StepAsync(stopped).ConfigureAwait(false) && await lease.HoldAsync(stopped).ConfigureAwait(false))
                {
                }
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException)
            {
                Log.Retried(logger, "retention", e.Message);
            }
        }
    }

    /// <summary>One step. True when there is more to do at once.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var more = await TrimStreamsAsync(connection, cancellation).ConfigureAwait(false);
            more |= await ForgetAsync(connection, cancellation).ConfigureAwait(false);
            await SweepNodesAsync(connection, cancellation).ConfigureAwait(false);
            return more;
        }
    }

    private async Task<bool> TrimStreamsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var due = new List<long>();
        long last = 0;
        var looked = 0L;
        var now = clock.Now;
        var command = connection.Command(
            $"""
            with looked as (select * from akkasse.streams where id > $1 order by id limit {StreamsPerLook})
            select id, (select max(id) from looked), (select count(*) from looked) from looked
            where swept < first - 1
                or (head >= first and (head - first + 1 > max_events or bytes > max_bytes or oldest_at < $2 - max_age))
                or (present and not declared and head < first and idle_removal is not null and changed_at < $2 - idle_removal)
                or (not present and changed_at < $2 - {s_tombstoneMilliseconds})
            order by id limit {StreamsPerStep}
            """,
            _after, now);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    due.Add(reader.GetInt64(0));
                    (last, looked) = (reader.GetInt64(1), reader.GetInt64(2));
                }
            }
        }
        var more = false;
        foreach (var id in due) more |= await TrimAsync(connection, id, now, cancellation).ConfigureAwait(false);
        if (due.Count == 0)
        {
            // Nothing here: the next part, or from the start again.
            var end = (long?)await connection.ScalarAsync(
                $"select max(id) from (select id from akkasse.streams where id > $1 order by id limit {StreamsPerLook}) s", cancellation,
                _after).ConfigureAwait(false);
            _after = end ?? 0;
            return false;
        }
        if (due.Count < StreamsPerStep && !more) _after = looked < StreamsPerLook ? 0 : last;
        return more || due.Count == StreamsPerStep;
    }

    private async Task<bool> TrimAsync(NpgsqlConnection connection, long id, long now, CancellationToken cancellation)
    {
        var more = false;
        var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            StreamRow? row;
            var command = connection.Command($"select {StreamRow.Columns} from akkasse.streams where id = $1 for update skip locked", id);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                    row = await reader.ReadAsync(cancellation).ConfigureAwait(false) ? StreamRow.Read(reader) : null;
            }
            // Somebody appends: at the next look.
            if (row is null) return false;
            if (row.Head >= row.First) more = await MoveFirstAsync(connection, row, now, cancellation).ConfigureAwait(false);
            else await RemoveIdleAsync(connection, row, now, cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }
        var deleted = await connection.ExecuteAsync(
            $"""
            with s as (select id, swept, least(first - 1, swept + {RowsPerStep}) as upto from akkasse.streams where id = $1 and swept < first - 1),
            d as (delete from akkasse.events e using s where e.stream = s.id and e."offset" > s.swept and e."offset" <= s.upto)
            update akkasse.streams t set swept = s.upto from s where t.id = s.id
            """,
            cancellation, id).ConfigureAwait(false);
        return more || deleted > 0;
    }

    private static async Task<bool> MoveFirstAsync(NpgsqlConnection connection, StreamRow row, long now, CancellationToken cancellation)
    {
        var kept = Retention.Of(row.Options);
        var first = row.First;
        var lost = row.Lost;
        var bytes = row.Bytes;
        var looked = 0;
        long? oldest = null;
        var command = connection.Command(
            $"""
            select "offset", at, expiry, octet_length(data) + {StoredRow.Overhead} from akkasse.events
            where stream = $1 and "offset" >= $2 order by "offset" limit {RowsPerStep}
            """,
            row.Id, row.First);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    looked++;
                    var (offset, at, expiry) = (reader.GetInt64(0), reader.GetInt64(1), reader.Long(2));
                    var expired = expiry <= now;
                    if (row.Head - offset + 1 <= kept.Events && at >= now - kept.Age && !expired
                        && (bytes <= kept.Bytes || offset == row.Head))
                    {
                        oldest = at;
                        break;
                    }
                    first = offset + 1;
                    bytes -= reader.GetInt32(3);
                    if (!expired) lost = offset;
                }
            }
        }
        if (first == row.First && oldest is not null)
        {
            await connection.ExecuteAsync(
                "update akkasse.streams set oldest_at = $2 where id = $1", cancellation, row.Id, oldest).ConfigureAwait(false);
            return false;
        }
        await connection.ExecuteAsync(
            "update akkasse.streams set first = $2, lost = $3, bytes = greatest(0, $4), oldest_at = $5 where id = $1",
            cancellation, row.Id, first, lost, first > row.Head ? 0L : bytes,
            Sql.Nullable(oldest ?? (first > row.Head ? null : now - kept.Age - 1))).ConfigureAwait(false);
        return looked == RowsPerStep && oldest is null;
    }

    private async Task RemoveIdleAsync(NpgsqlConnection connection, StreamRow row, long now, CancellationToken cancellation)
    {
        if (row.Present && !row.Declared && row.Options.IdleRemoval is { } idle && row.ChangedAt < now - (long)idle.TotalMilliseconds)
        {
            await connection.ExecuteAsync(
                "update akkasse.streams set present = false, removed_explicitly = false, changed_at = $2, version = version + 1 where " +
                "id = $1", cancellation, row.Id, now).ConfigureAwait(false);
            notifier.Changed(PgNames.HashOf(row.Name), -1);
        }
        else if (!row.Present && row.ChangedAt < now - s_tombstoneMilliseconds)
        {
            await connection.ExecuteAsync(
                "with k as (delete from akkasse.keys where stream = $1) delete from akkasse.streams where id = $1 and swept >= head",
                cancellation, row.Id).ConfigureAwait(false);
        }
    }

    private async Task<bool> ForgetAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var now = clock.Now;
        // A stream that somebody has locked keeps its keys for another round: waiting for it would hold the locks of the others.
        var keys = (long)(await connection.ScalarAsync(
            $"""
            with due as (select stream, principal, key from akkasse.keys where until <= $1 order by until limit {RowsPerStep}),
            free as (select id from akkasse.streams where id in (select stream from due) order by name for update skip locked),
            d as (delete from akkasse.keys k using due o, free f where f.id = o.stream and k.stream = o.stream and k.principal = o.principal and k.key = o.key returning k.stream),
            u as (update akkasse.streams s set keys = greatest(0, s.keys - d.gone) from (select stream, count(*)::int as gone from d group by stream) d where s.id = d.stream)
            select count(*) from d
            """,
            cancellation, now).ConfigureAwait(false))!;
        var values = await connection.ExecuteAsync(
            $"delete from akkasse.kv where key in (select key from akkasse.kv where until <= $1 limit {RowsPerStep})", cancellation, now)
            .ConfigureAwait(false);
        await connection.ExecuteAsync("delete from akkasse.refusals where until <= $1", cancellation, now).ConfigureAwait(false);
        return keys >= RowsPerStep || values >= RowsPerStep;
    }

    private static Task SweepNodesAsync(NpgsqlConnection connection, CancellationToken cancellation) => connection.ExecuteAsync(
        $"""
        with gone as (delete from akkasse.nodes n where not {PgClaims.IsAlive} returning incarnation)
        delete from akkasse.inbox i where not exists (select 1 from akkasse.nodes n where n.name = i.node)
        """,
        cancellation);
}
