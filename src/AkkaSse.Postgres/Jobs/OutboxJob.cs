using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Postgres.Streams;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Jobs;

/// <summary>
/// The sequencer: moves committed rows of the outbox into the logs, each in the transaction that appends it, so exactly once whoever does
/// it. Rows come in the order of their numbers among what is committed; a transaction that is still open delays nobody.
/// </summary>
internal sealed class OutboxJob(
    PostgresOptions options, Database database, IEngineHost host, Appender appender, JobLease lease, ILogger logger)
{
    private const int AtOnce = 512;
    // Rows may have 64 MiB each. A step ends after the row that makes it this large.
    private const int BytesAtOnce = 4 << 20;

    internal async Task RunAsync(CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(options.OutboxPoll, stopped).ConfigureAwait(false);
            try
            {
                if (!database.IsOpen || !await lease.HoldAsync(stopped).ConfigureAwait(false)) continue;
                var aside = new HashSet<string>(StringComparer.Ordinal);
                while (await MoveAsync(aside, stopped).ConfigureAwait(false) && await lease.HoldAsync(stopped).ConfigureAwait(false))
                {
                }
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException or OutcomeLostException)
            {
                Log.Retried(logger, "moving of the outbox", e.Message);
            }
        }
    }

    /// <summary>Moves some rows; true when there may be more.</summary>
    /// <param name="aside">Streams that cannot take their rows now, because somebody has locked them or because there are too many; added
    /// to here. However many rows they have, the rows of others go on.</param>
    /// <param name="cancellation">Cancels reading.</param>
    private async Task<bool> MoveAsync(HashSet<string> aside, CancellationToken cancellation)
    {
        var rows = new Dictionary<PendingAppend, OutboxRow>();
        var refused = new List<(OutboxRow Row, string Reason)>();
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            var command = connection.Command(
                $"""
                select seq, publish_id, stream, type, data, id, key, ttl_ms from (
                    select o.*, sum(octet_length(data)) over (order by seq rows between unbounded preceding and 1 preceding) as before
                    from (select * from akkasse.outbox where stream <> all($1) order by seq limit {AtOnce}) o
                ) o where coalesce(before, 0) < {BytesAtOnce} order by seq
                """,
                aside.ToArray());
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) Take(reader, rows, refused);
                }
            }
            if (refused.Count > 0) await RefuseAsync(connection, refused, cancellation).ConfigureAwait(false);
            var more = rows.Count + refused.Count == AtOnce || rows.Keys.Sum(static a => a.Bytes) >= BytesAtOnce;
            if (rows.Count == 0) return more;
            var outcome = await appender.Transaction.RunAsync(connection, [.. rows.Keys], skipLocked: true, rows).ConfigureAwait(false);
            appender.Committed(outcome.Plan);
            foreach (var (append, reason) in outcome.Plan.Refused) Log.OutboxRefused(logger, rows[append].Publish, reason);
            aside.UnionWith(outcome.Locked.Select(static a => a.Stream));
            // No space for another stream: these rows wait until there is.
            aside.UnionWith(rows.Keys.Where(static a => a.Done.Task.IsCompleted).Select(static a => a.Stream));
            return more;
        }
        catch
        {
            // It may hold a transaction: not for anybody else.
            if (connection.State == System.Data.ConnectionState.Open)
                await connection.ExecuteAsync("rollback", default).ConfigureAwait(false);
            throw;
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Take(NpgsqlDataReader reader, Dictionary<PendingAppend, OutboxRow> rows, List<(OutboxRow Row, string Reason)> refused)
    {
        var stream = reader.GetString(2);
        var e = new SseEvent { Type = reader.Text(3), DataBytes = reader.GetFieldValue<byte[]>(4), Id = reader.Text(5) };
        var publish = new PublishOptions
        {
            ConflateKey = reader.Text(6),
            Ttl = reader.Long(7) is { } ms ? TimeSpan.FromMilliseconds(Math.Max(1, ms)) : null,
        };
        var append = new PendingAppend(stream, new[] { new AppendItem(e, publish) }, new AppendResult[1], long.MaxValue);
        var row = new OutboxRow(reader.GetInt64(0), reader.GetGuid(1), append);
        var reason = HubNames.Check(stream) ?? host.Options.StreamNameRule?.Invoke(stream) ?? EventRules.Check(e, publish, base64: true)
            ?? EventRules.CheckSize(e, host.Options.MaxEventBytes);
        if (reason is null) rows[append] = row;
        else refused.Add((row, reason));
    }

    private async Task RefuseAsync(
        NpgsqlConnection connection, List<(OutboxRow Row, string Reason)> refused, CancellationToken cancellation)
    {
        await connection.ExecuteAsync(
            """
            with d as (delete from akkasse.outbox o using unnest($1::bigint[], $2::text[]) as w(seq, reason) where o.seq = w.seq returning o.publish_id, o.stream, w.reason)
            insert into akkasse.outbox_refused (publish_id, stream, reason) select * from d on conflict do nothing
            """,
            cancellation, refused.Select(static r => r.Row.Seq).ToArray(), refused.Select(static r => r.Reason).ToArray())
            .ConfigureAwait(false);
        foreach (var (row, reason) in refused) Log.OutboxRefused(logger, row.Publish, reason);
    }
}
