using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Protocol;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// One group commit in two round trips: lock the rows in the order of their names and look keys up; write events, keys and heads and
/// commit.
/// </summary>
internal sealed class AppendTransaction(HubOptions options, EngineClock clock, TimeSpan lockTimeout)
{
    private readonly string _lockTimeout = $"set local lock_timeout = {(int)lockTimeout.TotalMilliseconds}";
    private readonly long _keyWindow = (long)options.IdempotencyWindow.TotalMilliseconds;
    // Nobody waits longer for the answer: how it ended is asked then.
    private readonly int _commandSeconds = (int)Math.Clamp(Math.Ceiling(options.PublishTimeout.TotalSeconds), 1, 600);

    internal StreamPlaces Places { get; } = new(options, clock);

    /// <summary>Appends on a connection that nobody else uses. After an exception the connection is to be given up.</summary>
    /// <param name="connection">Without a transaction.</param>
    /// <param name="appends">In the order of their arrival.</param>
    /// <param name="skipLocked">Leave out streams that somebody else has locked, instead of waiting for the lock timeout.</param>
    /// <param name="outbox">Outbox rows that these publishes come from; they are deleted in the same transaction, and those that are gone
    /// make it fail.</param>
    /// <exception cref="PostgresException">The server refused: certainly nothing was appended.</exception>
    /// <exception cref="NpgsqlException">The connection broke before the commit: certainly nothing was appended.</exception>
    /// <exception cref="OutcomeLostException">The connection broke at the commit.</exception>
    internal async Task<AppendOutcome> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<PendingAppend> appends, bool skipLocked,
        IReadOnlyDictionary<PendingAppend, OutboxRow>? outbox = null)
    {
        var names = appends.Select(static a => a.Stream).Distinct(StringComparer.Ordinal).ToArray();
        var plan = new AppendPlan(clock.Now, options);
        while (true)
        {
            var (rows, locked, transaction) = await LockAsync(
                connection, names, appends, plan, skipLocked, outbox?.Values.Select(static o => o.Seq).ToArray()).ConfigureAwait(false);
            var missing = names.Where(n => !rows.ContainsKey(n) && !locked.Contains(n) && appends.Any(a => a.Stream == n && MayCreate(a)))
                .ToArray();
            var refused = new HashSet<string>(StringComparer.Ordinal);
            if (missing.Length > 0 || rows.Values.Any(static r => !r.Present))
            {
                string[] revived = [.. rows.Values.Where(static r => !r.Present).Select(static r => r.Name)];
                var limits = await Places.RefusalsAsync(connection, [.. missing, .. revived]).ConfigureAwait(false);
                if (missing.Length > 0)
                {
                    await connection.ExecuteAsync("rollback", default).ConfigureAwait(false);
                    refused.UnionWith(missing.Where(limits.ContainsKey));
                    missing = [.. missing.Where(n => !refused.Contains(n))];
                    foreach (var append in appends.Where(a => refused.Contains(a.Stream)))
                        append.Fail(PublishStatus.LimitReached, limits[append.Stream]);
                    appends = [.. appends.Where(a => !refused.Contains(a.Stream))];
                    names = [.. names.Where(n => !refused.Contains(n))];
                    if (missing.Length > 0) await CreateAsync(connection, missing).ConfigureAwait(false);
                    if (names.Length == 0) return new AppendOutcome([], plan);
                    continue;
                }
                foreach (var append in appends.Where(a => limits.ContainsKey(a.Stream)))
                {
                    append.Fail(PublishStatus.LimitReached, limits[append.Stream]);
                    refused.Add(append.Stream);
                }
            }
            var left = new List<PendingAppend>();
            foreach (var append in appends)
            {
                if (refused.Contains(append.Stream)) continue;
                if (locked.Contains(append.Stream)) left.Add(append);
                else plan.Add(append, rows.GetValueOrDefault(append.Stream));
            }
            var moved = outbox is null
                ? null
                : appends.Where(a => !refused.Contains(a.Stream) && !locked.Contains(a.Stream)).Select(a => outbox[a]).ToArray();
            await CommitAsync(connection, plan, transaction, moved).ConfigureAwait(false);
            return new AppendOutcome(left, plan);
        }
    }

    private async Task<(Dictionary<string, StreamRow> Rows, HashSet<string> Locked, long Transaction)> LockAsync(
        NpgsqlConnection connection, string[] names, IReadOnlyList<PendingAppend> appends, AppendPlan plan, bool skipLocked, long[]? outbox)
    {
        var keyed = new HashSet<(string Stream, string Principal, string Key)>();
        foreach (var append in appends)
        {
            foreach (ref readonly var item in append.Items.Span)
            {
                if (item.Options.IdempotencyKey is { } key) keyed.Add((append.Stream, AppendPlan.PrincipalOf(item.Options), key));
            }
        }
        var rows = new Dictionary<string, StreamRow>(StringComparer.Ordinal);
        var locked = new HashSet<string>(StringComparer.Ordinal);
        long transaction;
        var batch = new NpgsqlBatch(connection) { Timeout = _commandSeconds };
        await using (batch.ConfigureAwait(false))
        {
            batch.Add("begin");
            if (!skipLocked) batch.Add(_lockTimeout);
            batch.Add("select pg_current_xact_id()::text::bigint");
            if (outbox is not null) batch.Add("select seq from akkasse.outbox where seq = any($1) order by seq for update", outbox);
            batch.Add($"select {StreamRow.Columns} from akkasse.streams where name = any($1) order by name for " +
                $"update{(skipLocked ? " skip locked" : "")}", names);
            if (skipLocked) batch.Add("select name from akkasse.streams where name = any($1)", names);
            if (keyed.Count > 0)
            {
                batch.Add(
                    """
                    select s.name, k.principal, k.key, k.hash, k.epoch, k."offset", k.has_offset
                    from unnest($1::text[], $2::text[], $3::text[]) as w(name, principal, key)
                    join akkasse.streams s on s.name = w.name
                    join akkasse.keys k on k.stream = s.id and k.principal = w.principal and k.key = w.key
                    where k.until > $4
                    """,
                    keyed.Select(static k => k.Stream).ToArray(), keyed.Select(static k => k.Principal).ToArray(),
                    keyed.Select(static k => k.Key).ToArray(), clock.Now);
            }
            var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                // "begin" has no result set.
                await reader.ReadAsync().ConfigureAwait(false);
                transaction = reader.GetInt64(0);
                await reader.NextResultAsync().ConfigureAwait(false);
                if (outbox is not null)
                {
                    var there = 0;
                    while (await reader.ReadAsync().ConfigureAwait(false)) there++;
                    if (there != outbox.Length) throw new EngineAwayException("another node has moved these outbox rows");
                    await reader.NextResultAsync().ConfigureAwait(false);
                }
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    var row = StreamRow.Read(reader);
                    rows[row.Name] = row;
                }
                await reader.NextResultAsync().ConfigureAwait(false);
                if (skipLocked)
                {
                    while (await reader.ReadAsync().ConfigureAwait(false))
                    {
                        if (reader.GetString(0) is var name && !rows.ContainsKey(name)) locked.Add(name);
                    }
                    await reader.NextResultAsync().ConfigureAwait(false);
                }
                if (keyed.Count > 0)
                {
                    while (await reader.ReadAsync().ConfigureAwait(false))
                        plan.Know(reader.GetString(0), reader.GetString(1), reader.GetString(2), new KnownKey(
                            reader.GetInt64(3), reader.GetString(4), reader.GetInt64(5), reader.GetBoolean(6)));
                }
            }
        }
        foreach (var row in rows.Values)
        {
            if (keyed.Count > 0 && row.Keys + keyed.Count(k => k.Stream == row.Name) is var wanted && wanted > options.MaxIdempotencyKeys
                && wanted > row.Keys)
            {
                // Full perhaps only of keys whose time is over.
                await connection.ExecuteAsync(
                    "delete from akkasse.keys where stream = $1 and until <= $2", default, row.Id, clock.Now).ConfigureAwait(false);
                var kept = Convert.ToInt32(
                    await connection.ScalarAsync(
                    "select count(*) from akkasse.keys where stream = $1", default, row.Id).ConfigureAwait(false), null);
                await connection.ExecuteAsync(
                    "update akkasse.streams set keys = $2 where id = $1", default, row.Id, kept).ConfigureAwait(false);
                row.Keys = kept;
            }
        }
        return (rows, locked, transaction);
    }

    private async Task CommitAsync(NpgsqlConnection connection, AppendPlan plan, long transaction, OutboxRow[]? outbox)
    {
        if (!plan.HasWrites && outbox is null)
        {
            await connection.ExecuteAsync("commit", default).ConfigureAwait(false);
            return;
        }
        var batch = new NpgsqlBatch(connection) { Timeout = _commandSeconds };
        await using (batch.ConfigureAwait(false))
        {
            var changes = plan.Changes.Where(static c => c.Events.Count > 0 || c.Keys > 0).ToArray();
            if (Array.Exists(changes, static c => c.Events.Count > 0)) AddEvents(batch, changes);
            if (changes.Length > 0) AddHeads(batch, changes);
            if (plan.NewKeys.Count > 0) AddKeys(batch, plan.NewKeys);
            foreach (var change in plan.Changes)
            {
                if (!change.Revived) continue;
                var kept = Retention.Of(change.Row.Options);
                batch.Add(
                    "update akkasse.streams set present = true, declared = false, options = $2, max_events = $3, max_bytes = $4, " +
                    "max_age = $5, idle_removal = $6, created_at = $7, version = version + 1 where id = $1",
                    change.Row.Id, OptionsText.Write(change.Row.Options), kept.Events, kept.Bytes, kept.Age, Sql.Nullable(
                    (long?)change.Row.Options.IdleRemoval?.TotalMilliseconds), clock.Now);
            }
            if (outbox is not null)
            {
                batch.Add("delete from akkasse.outbox where seq = any($1)", outbox.Select(static o => o.Seq).ToArray());
                var no = plan.Refused.ToArray();
                if (no.Length > 0)
                {
                    batch.Add(
                        "insert into akkasse.outbox_refused (publish_id, stream, reason) select * from unnest($1::uuid[], $2::text[], " +
                        "$3::text[]) on conflict do nothing",
                        no.Select(r => Array.Find(outbox, o => ReferenceEquals(o.Append, r.Append))!.Publish).ToArray(),
                        no.Select(static r => r.Append.Stream).ToArray(), no.Select(static r => r.Reason).ToArray());
                }
            }
            batch.Add("commit");
            try
            {
                await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is not PostgresException { Severity: "ERROR" })
            {
                throw new OutcomeLostException(transaction, plan, e);
            }
        }
    }

    /// <summary>
    /// Whether what the plan would have written is there; null when it wrote nothing that can be told apart. No transaction of before may
    /// be open any more.
    /// </summary>
    internal static async Task<bool?> IsThereAsync(NpgsqlConnection connection, AppendPlan plan)
    {
        if (plan.Changes.FirstOrDefault(static c => c.Events.Count > 0) is not { } change) return null;
        var e = change.Events[0];
        var found = await connection.ScalarAsync(
            "select count(*) from akkasse.events where stream = $1 and \"offset\" = $2 and at = $3 and data = $4", default,
            change.Row.Id, e.Offset, e.At, e.Event.DataBytes!.Value.ToArray()).ConfigureAwait(false);
        return (long)found! > 0;
    }

    /// <summary>
    /// Runs the statements of an append on a stream that cannot exist, with nothing to write: what the connection, the server's process and
    /// the code do only once is done before the first publish waits for it.
    /// </summary>
    internal async Task WarmUpAsync(NpgsqlConnection connection)
    {
        var plan = new AppendPlan(clock.Now, options);
        var append = new PendingAppend(
            "", new[] { new AppendItem(new SseEvent(), new PublishOptions { IdempotencyKey = "-" }) }, new AppendResult[1], 0);
        await LockAsync(connection, [append.Stream], [append], plan, skipLocked: false, outbox: null).ConfigureAwait(false);
        var batch = new NpgsqlBatch(connection) { Timeout = _commandSeconds };
        await using (batch.ConfigureAwait(false))
        {
            AddEvents(batch, []);
            AddHeads(batch, []);
            AddKeys(batch, []);
            batch.Add("commit");
            await batch.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
    }

    private void AddKeys(NpgsqlBatch batch, List<NewKey> keys) => batch.Add(
        """
        insert into akkasse.keys (stream, principal, key, hash, epoch, "offset", has_offset, until)
        select *, $8 from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::boolean[])
        on conflict (stream, principal, key) do update set hash = excluded.hash, epoch = excluded.epoch, "offset" = excluded."offset", has_offset = excluded.has_offset, until = excluded.until
        """,
        keys.Select(static k => k.Stream).ToArray(), keys.Select(static k => k.Principal).ToArray(), keys.Select(static k => k.Key)
        .ToArray(),
        keys.Select(static k => k.Known.Hash).ToArray(), keys.Select(static k => k.Known.Epoch).ToArray(),
        keys.Select(static k => k.Known.Offset).ToArray(), keys.Select(static k => k.Known.HasOffset).ToArray(), clock.Now + _keyWindow);

    private static void AddEvents(NpgsqlBatch batch, StreamChange[] changes)
    {
        var count = changes.Sum(static c => c.Events.Count);
        var stream = new long[count];
        var offset = new long[count];
        var at = new long[count];
        var expiry = new long?[count];
        var type = new string?[count];
        var id = new string?[count];
        var callerId = new bool[count];
        var key = new string?[count];
        var data = new ReadOnlyMemory<byte>[count];
        var extra = new string?[count];
        var n = 0;
        foreach (var change in changes)
        {
            foreach (var e in change.Events)
            {
                (stream[n], offset[n], at[n]) = (change.Row.Id, e.Offset, e.At);
                expiry[n] = e.Expiry == 0 ? null : e.Expiry;
                (type[n], id[n], callerId[n], key[n]) = (string.IsNullOrEmpty(e.Event.Type)
                    ? null
                    : PgText.Storable(e.Event.Type), e.Event.Id, e.CallerId, PgText.Storable(e.ConflateKey));
                data[n] = e.Event.DataBytes!.Value;
                extra[n++] = EventExtra.Write(e);
            }
        }
        batch.Add(
            """
            insert into akkasse.events (stream, "offset", at, expiry, type, id, caller_id, key, data, extra)
            select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::bytea[], $10::text[])
            """,
            stream, offset, at, expiry, type, id, callerId, key, data, extra);
    }

    private static void AddHeads(NpgsqlBatch batch, StreamChange[] changes) => batch.Add(
        """
        update akkasse.streams s set head = u.head, bytes = s.bytes + u.bytes, keys = s.keys + u.keys, changed_at = u.at,
            oldest_at = case when s.head < s.first then u.at else s.oldest_at end
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[]) as u(id, head, bytes, keys, at) where s.id = u.id
        """,
        changes.Select(static c => c.Row.Id).ToArray(), changes.Select(static c => c.Row.Head).ToArray(),
        changes.Select(static c => c.Bytes).ToArray(),
        changes.Select(static c => c.Keys).ToArray(), changes.Select(static c => c.Events.Count > 0 ? c.Events[0].At : c.Row.ChangedAt)
        .ToArray());

    /// <summary>
    /// Creates rows of streams that have none, each by itself: nothing is locked when the next transaction locks them in order.
    /// </summary>
    internal async Task CreateAsync(NpgsqlConnection connection, string[] names)
    {
        var now = clock.Now;
        foreach (var group in names.GroupBy(options.DefaultsOf))
        {
            var kept = Retention.Of(group.Key);
            await connection.ExecuteAsync(
                """
                insert into akkasse.streams (name, epoch, id_base, present, options, max_events, max_bytes, max_age, idle_removal, created_at, changed_at)
                select name, $2, $3, true, $4, $5, $6, $7, $8, $9, $9 from unnest($1::text[]) as name order by name on conflict (name) do nothing
                """,
                default, group.Order(StringComparer.Ordinal).ToArray(), Epochs.New('p'), DecimalIds.Base(now),
                OptionsText.Write(group.Key), kept.Events, kept.Bytes, kept.Age, Sql.Nullable(
                (long?)group.Key.IdleRemoval?.TotalMilliseconds), now).ConfigureAwait(false);
        }
    }

    private bool MayCreate(PendingAppend append)
    {
        foreach (ref readonly var item in append.Items.Span)
        {
            if (append.Stream[0] == '$' || ((item.Options.CreateStream ?? options.AutoCreate) && !EventRules.IsTransient(item.Event)))
                return true;
        }
        return false;
    }
}
