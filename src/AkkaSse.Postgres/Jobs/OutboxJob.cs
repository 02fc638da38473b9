using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Postgres.Streams;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Jobs;

/// <summary>
/// The sequencer: moves committed rows of the outbox into the logs, each in the transaction that appends it, so exactly once whoever does it. Rows come in the order of
/// their numbers among what is committed; a transaction that is still open delays nobody.
/// </summary>
internal sealed class OutboxJob(PostgresOptions options, Database database, IEngineHost host, Appender appender, JobLease lease, ILogger logger)
{
    private const int AtOnce = 512;

    internal async Task RunAsync(CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(options.OutboxPoll, stopped).ConfigureAwait(false);
            try
            {
                if (!database.IsOpen || !await lease.HoldAsync(stopped).ConfigureAwait(false)) continue;
                while (await MoveAsync(stopped).ConfigureAwait(false) == AtOnce && await lease.HoldAsync(stopped).ConfigureAwait(false))
                {
                }
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException or OutcomeLostException)
            {
                Log.Retried(logger, "moving of the outbox", e.Message);
            }
        }
    }

    /// <summary>Moves some rows; returns how many were there.</summary>
    internal async Task<int> MoveAsync(CancellationToken cancellation)
    {
        var rows = new Dictionary<PendingAppend, OutboxRow>();
        var refused = new List<(OutboxRow Row, string Reason)>();
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            var command = connection.Command($"select seq, publish_id, stream, type, data, id, key, ttl_ms from akkasse.outbox order by seq limit {AtOnce}");
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) Take(reader, rows, refused);
                }
            }
            if (refused.Count > 0) await RefuseAsync(connection, refused, cancellation).ConfigureAwait(false);
            if (rows.Count == 0) return refused.Count;
            var outcome = await appender.Transaction.RunAsync(connection, [.. rows.Keys], skipLocked: true, rows).ConfigureAwait(false);
            appender.Committed(outcome.Plan);
            foreach (var (append, reason) in outcome.Plan.Refused) Log.OutboxRefused(logger, rows[append].Publish, reason);
            return rows.Count - outcome.Locked.Count + refused.Count;
        }
        catch
        {
            // It may hold a transaction: not for anybody else.
            if (connection.State == System.Data.ConnectionState.Open) await connection.ExecuteAsync("rollback", default).ConfigureAwait(false);
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
        var publish = new PublishOptions { ConflateKey = reader.Text(6), Ttl = reader.Long(7) is { } ms ? TimeSpan.FromMilliseconds(Math.Max(1, ms)) : null };
        var append = new PendingAppend(stream, new[] { new AppendItem(e, publish) }, new AppendResult[1], long.MaxValue);
        var row = new OutboxRow(reader.GetInt64(0), reader.GetGuid(1), append);
        var reason = HubNames.Check(stream) ?? host.Options.StreamNameRule?.Invoke(stream) ?? EventRules.Check(e, publish, base64: true)
            ?? (e.DataBytes!.Value.Length > host.Options.MaxEventBytes ? $"The data have {e.DataBytes.Value.Length} bytes; at most {host.Options.MaxEventBytes} are allowed." : null);
        if (reason is null) rows[append] = row;
        else refused.Add((row, reason));
    }

    private async Task RefuseAsync(NpgsqlConnection connection, List<(OutboxRow Row, string Reason)> refused, CancellationToken cancellation)
    {
        await connection.ExecuteAsync(
            """
            with d as (delete from akkasse.outbox o using unnest($1::bigint[], $2::text[]) as w(seq, reason) where o.seq = w.seq returning o.publish_id, o.stream, w.reason)
            insert into akkasse.outbox_refused (publish_id, stream, reason) select * from d on conflict do nothing
            """,
            cancellation, refused.Select(static r => r.Row.Seq).ToArray(), refused.Select(static r => r.Reason).ToArray()).ConfigureAwait(false);
        foreach (var (row, reason) in refused) Log.OutboxRefused(logger, row.Publish, reason);
    }
}
