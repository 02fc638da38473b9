using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>The logs, in tables.</summary>
internal sealed class PgStreams(
    Database database, EngineClock clock, IEngineHost host, Appender appender, Follower follower, Notifier notifier, History history,
    Func<EngineState> state) : IRunKeyEngine
{
    private volatile bool _stopped;

    internal void Stop() => _stopped = true;

    public ValueTask AppendAsync(
        string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (items.Length == 0) return ValueTask.CompletedTask;
        if (_stopped || state() is EngineState.Down or EngineState.Starting)
        {
            var answer = _stopped ? new AppendResult(PublishStatus.Closed, StreamPosition.BeforeFirst) { Error = "The hub has stopped." }
                : new AppendResult(PublishStatus.Unavailable, StreamPosition.BeforeFirst)
                  {
                      Error = "The database is away; nothing was appended.",
                  };
            results.Span[..items.Length].Fill(answer);
            return ValueTask.CompletedTask;
        }
        return new(appender.AppendAsync(stream, items, results[..items.Length]));
    }

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        // Nothing is decided without the database.
        result = default;
        return false;
    }

    public async ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation) =>
        await follower.AttachAsync(stream, sink, cancellation).ConfigureAwait(false);

    public async ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation) =>
        (await AnswerAsync(() => history.ReadAsync(stream, after, limit, cancellation).AsTask()).ConfigureAwait(false))
            .TryGet(out var page)
            ? page
            : new HistoryPage { State = HistoryState.Unavailable, Events = [], Head = StreamPosition.BeforeFirst };

    public async ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        if (StreamRules.CheckForSeveralNodes(options) is { } fault) return new CreateStreamResult(CreateStreamStatus.Invalid, null, fault);
        if (_stopped) return new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub has stopped.");
        try
        {
            return await CreateRowAsync(stream, options, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is EngineAwayException or NpgsqlException)
        {
            return new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The database is away.");
        }
    }

    public ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation) => AnswerAsync(
        () => UpdateAsync(
            "update akkasse.streams set present = false, removed_explicitly = true, first = head + 1, lost = head, bytes = 0, " +
            "oldest_at = null, changed_at = $2, version = version + 1 where name = $1 and present",
            stream, cancellation, stream, clock.Now));

    public ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation) => AnswerAsync(
        () => UpdateAsync(
            "update akkasse.streams set first = head + 1, lost = head, cleared = head, bytes = 0, oldest_at = null, " +
            "version = version + 1 where name = $1 and present",
            stream, cancellation, stream));

    public ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation) =>
        // A stream with readers here is followed.
        follower.Find(PgNames.HashOf(stream), stream) is [{ Exists: true }, ..]
            ? new(new EngineAnswer<bool>(true))
            : AnswerAsync(async () => await RowAsync(stream, cancellation).ConfigureAwait(false) is { Present: true });

    public ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation) => AnswerAsync(async () =>
        await RowAsync(stream, cancellation).ConfigureAwait(false) is { Present: true } row ? row.Info(clock) : null);

    public ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation) =>
        AnswerAsync(() => ListRowsAsync(prefix, after, limit, cancellation));

    // While the database is away nobody can say; never an exception.
    private async ValueTask<EngineAnswer<T>> AnswerAsync<T>(Func<Task<T>> ask)
    {
        if (_stopped || !database.IsOpen) return default;
        try
        {
            return new(await ask().ConfigureAwait(false));
        }
        catch (Exception e) when (e is EngineAwayException or NpgsqlException)
        {
            return default;
        }
    }

    private async Task<Page<StreamInfo>> ListRowsAsync(string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        var items = new List<StreamInfo>();
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = connection.Command(
                $"select {StreamRow.Columns} from akkasse.streams where present and name >= $1 and name > $2 and starts_with(name, $1) " +
                "and not starts_with(name, '$') order by name limit $3",
                prefix ?? "", after ?? "", limit + 1);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) items.Add(StreamRow.Read(reader).Info(clock));
                }
            }
        }
        if (items.Count <= limit) return new Page<StreamInfo>(items, null);
        items.RemoveAt(limit);
        return new Page<StreamInfo>(items, items[^1].Name);
    }

    public ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation) => AnswerAsync(async () =>
        await RowAsync(stream, cancellation).ConfigureAwait(false) is { Present: false, RemovedExplicitly: true } row
        && clock.Now - row.ChangedAt < (long)host.Options.RemovedStreamMemory.TotalMilliseconds);

    private async Task<StreamRow?> RowAsync(string stream, CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
            return await History.FindAsync(connection, stream, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> UpdateAsync(string sql, string stream, CancellationToken cancellation, params object?[] parameters)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (await connection.ExecuteAsync(sql, cancellation, parameters).ConfigureAwait(false) == 0) return false;
        }
        Told(stream);
        return true;
    }

    private async Task<CreateStreamResult> CreateRowAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var row = await History.FindAsync(connection, stream, cancellation, forUpdate: true).ConfigureAwait(false);
                if (row is not { Present: true })
                {
                    var limits = await appender.Transaction.Places.RefusalsAsync(connection, [stream]).ConfigureAwait(false);
                    if (limits.TryGetValue(stream, out var limit))
                        return new CreateStreamResult(CreateStreamStatus.LimitReached, null, limit);
                }
                var status = row is { Present: true } ? CreateStreamStatus.Unchanged : CreateStreamStatus.Created;
                if (row is null)
                {
                    var inserted = await connection.ExecuteAsync(
                        """
                        insert into akkasse.streams (name, epoch, id_base, present, options, max_events, max_bytes, max_age, created_at, changed_at)
                        values ($1, $2, $3, false, '{}', 1, 1, 1, $4, $4) on conflict (name) do nothing
                        """,
                        cancellation, stream, Epochs.New('p'), DecimalIds.Base(clock.Now), clock.Now).ConfigureAwait(false);
                    row = (await History.FindAsync(connection, stream, cancellation, forUpdate: true).ConfigureAwait(false))!;
                    if (inserted == 0 && row.Present) status = CreateStreamStatus.Unchanged;
                }
                var wanted = options ?? (status == CreateStreamStatus.Created ? host.Options.DefaultsOf(stream) : row.Options);
                if (status == CreateStreamStatus.Unchanged && wanted != row.Options) status = CreateStreamStatus.Updated;
                if (status != CreateStreamStatus.Unchanged || !row.Declared)
                {
                    var kept = Retention.Of(wanted);
                    await connection.ExecuteAsync(
                        """
                        update akkasse.streams set declared = true, options = $2, max_events = $3, max_bytes = $4, max_age = $5, idle_removal = $6,
                            created_at = case when present then created_at else $7 end, changed_at = $7, present = true, version = version + 1 where id = $1
                        """,
                        cancellation, row.Id, OptionsText.Write(wanted), kept.Events, kept.Bytes, kept.Age, Sql.Nullable(
                        (long?)wanted.IdleRemoval?.TotalMilliseconds), clock.Now).ConfigureAwait(false);
                    row = (await History.FindAsync(connection, stream, cancellation).ConfigureAwait(false))!;
                }
                await transaction.CommitAsync(cancellation).ConfigureAwait(false);
                Told(stream);
                return new CreateStreamResult(status, row.Info(clock));
            }
        }
    }

    private void Told(string stream)
    {
        var hash = PgNames.HashOf(stream);
        notifier.Changed(hash, -1);
        foreach (var attached in follower.Find(hash, stream)) follower.Look(attached);
    }
}
