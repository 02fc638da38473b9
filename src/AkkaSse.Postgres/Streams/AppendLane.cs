using AkkaSse.Hub;
using AkkaSse.Postgres.Sessions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>One connection that appends, and what waits for it.</summary>
internal sealed class AppendLane(
    Appender appender, PostgresOptions options, Database database, Action<string> broken, ILogger logger, bool isStuck)
{
    // A connection that breaks before the commit loses nothing: so many others are tried before the publisher is told.
    private const int Attempts = 3;
    // What waits for one lane: some seconds of what a database takes. Beyond it publishes are refused and not collected.
    private const long MaxPendingBytes = 64L << 20;
    private static readonly TimeSpan StuckDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OutcomeDelay = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private LinkedList<PendingAppend> _pending = new();
    private long _pendingBytes;
    private NpgsqlConnection? _connection;
    private int _generation;
    private Identity _server;

    /// <summary>False when too much waits already; one publish always fits.</summary>
    internal bool TryAdd(PendingAppend append)
    {
        lock (_gate)
        {
            if (_pendingBytes > 0 && _pendingBytes + append.Bytes > MaxPendingBytes) return false;
            AddLocked(append);
            return true;
        }
    }

    /// <summary>For what was accepted before and is moved.</summary>
    internal void Add(PendingAppend append)
    {
        lock (_gate) AddLocked(append);
    }

    /// <summary>Ends the wait of those whose time is over while a commit that nobody answers is under way.</summary>
    internal void Expire(long now)
    {
        List<PendingAppend>? late = null;
        lock (_gate)
        {
            while (_pending.First is { } first && first.Value.Deadline < now)
            {
                (late ??= []).Add(first.Value);
                _pending.RemoveFirst();
                _pendingBytes -= first.Value.Bytes;
            }
        }
        if (late is null) return;
        foreach (var append in late)
            append.Fail(PublishStatus.Unavailable, "The database did not take it within the publish timeout; nothing was appended.");
    }

    /// <summary>Takes out everything that waits. What is under way is not among it.</summary>
    internal List<PendingAppend> TakeAll()
    {
        lock (_gate)
        {
            var taken = _pending.ToList();
            _pending.Clear();
            _pendingBytes = 0;
            return taken;
        }
    }

    /// <summary>Takes out what waits for these streams, in order.</summary>
    internal List<PendingAppend> TakeOf(HashSet<string> streams)
    {
        lock (_gate)
        {
            var taken = _pending.Where(a => streams.Contains(a.Stream)).ToList();
            if (taken.Count > 0) _pending = new(_pending.Where(a => !streams.Contains(a.Stream)));
            foreach (var append in taken) _pendingBytes -= append.Bytes;
            return taken;
        }
    }

    internal async Task RunAsync(CancellationToken stopped)
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(stopped).ConfigureAwait(false);
                while (Take() is { Count: > 0 } batch) await CommitAsync(batch, stopped).ConfigureAwait(false);
            }
        }
        finally
        {
            await DropAsync().ConfigureAwait(false);
            lock (_gate)
            {
                foreach (var append in _pending) append.Fail(PublishStatus.Closed, "The hub has stopped.");
                _pending.Clear();
                _pendingBytes = 0;
            }
        }
    }

    private void AddLocked(PendingAppend append)
    {
        _pending.AddLast(append);
        _pendingBytes += append.Bytes;
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    private List<PendingAppend> Take()
    {
        var taken = new List<PendingAppend>();
        var events = 0;
        var bytes = 0L;
        lock (_gate)
        {
            while (_pending.First is { } first)
            {
                events += first.Value.Items.Length;
                bytes += first.Value.Bytes;
                if (taken.Count > 0 && (events > options.BatchEvents || bytes > options.BatchBytes)) break;
                taken.Add(first.Value);
                _pending.RemoveFirst();
                _pendingBytes -= first.Value.Bytes;
            }
        }
        return taken;
    }

    private async Task CommitAsync(List<PendingAppend> batch, CancellationToken stopped)
    {
        try
        {
            if (isStuck) await CommitStuckAsync(batch, stopped).ConfigureAwait(false);
            else await CommitOnceAsync(batch, skipLocked: false).ConfigureAwait(false);
        }
        catch (PostgresException e)
            when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && !isStuck)
        {
            await SplitAsync(batch).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(batch, e).ConfigureAwait(false);
        }
    }

    // Without those that are locked: they wait apart, the others are committed now.
    private async Task SplitAsync(List<PendingAppend> batch)
    {
        try
        {
            var locked = await CommitOnceAsync(batch, skipLocked: true).ConfigureAwait(false);
            if (locked.Count > 0) appender.MoveApart(locked, this);
        }
        catch (Exception e)
        {
            await FailAsync(batch, e).ConfigureAwait(false);
        }
    }

    private async Task CommitStuckAsync(List<PendingAppend> batch, CancellationToken stopped)
    {
        var now = appender.Now;
        var late = batch.Where(a => a.Deadline < now).ToList();
        foreach (var append in late)
        {
            append.Fail(PublishStatus.Unavailable, "The stream was locked for the whole publish timeout; nothing was appended.");
            appender.DoneApart(append.Stream);
        }
        batch.RemoveAll(a => a.Deadline < now);
        if (batch.Count == 0) return;
        List<PendingAppend> locked = [];
        try
        {
            locked = await CommitOnceAsync(batch, skipLocked: true).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(batch, e).ConfigureAwait(false);
        }
        var still = locked.ToHashSet();
        foreach (var append in batch)
        {
            if (!still.Contains(append)) appender.DoneApart(append.Stream);
        }
        if (still.Count == 0) return;
        lock (_gate)
        {
            for (var i = locked.Count - 1; i >= 0; i--)
            {
                _pending.AddFirst(locked[i]);
                _pendingBytes += locked[i].Bytes;
            }
        }
        await Task.Delay(StuckDelay, stopped).ConfigureAwait(false);
    }

    private async Task<List<PendingAppend>> CommitOnceAsync(List<PendingAppend> batch, bool skipLocked)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var connection = await ConnectionAsync().ConfigureAwait(false);
                var outcome = await appender.Transaction.RunAsync(connection, batch, skipLocked).ConfigureAwait(false);
                appender.Committed(outcome.Plan);
                outcome.Plan.Complete();
                return outcome.Locked;
            }
            catch (NpgsqlException e) when (IsGone(e) && attempt < Attempts && appender.Now < batch.Max(static a => a.Deadline))
            {
                Log.Retried(logger, "an append", e.Message);
                await DropAsync().ConfigureAwait(false);
            }
            catch (OutcomeLostException e)
            {
                await DropAsync().ConfigureAwait(false);
                broken("a commit's answer was lost");
                var happened = await HappenedAsync(e, batch).ConfigureAwait(false);
                if (happened is null) throw;
                if (happened.Value)
                {
                    appender.Committed(e.Plan);
                    e.Plan.Complete();
                    return [.. batch.Where(static a => !a.Done.Task.IsCompleted)];
                }
                if (attempt >= Attempts) throw new EngineAwayException("PostgreSQL is away", e);
            }
            catch
            {
                await DropAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    // The server remembers for long how a transaction ended. After a crash it does not: numbers of transactions that never reached the disk
    // are given again, so the events themselves are looked for. Null: nobody knows.
    private async Task<bool?> HappenedAsync(OutcomeLostException lost, List<PendingAppend> batch)
    {
        var server = _server;
        while (appender.Now < batch.Max(static a => a.Deadline))
        {
            try
            {
                var connection = await ConnectionAsync().ConfigureAwait(false);
                if (_server != server)
                {
                    // Without synchronous commits the transaction may be gone although others saw it; in another server's data nothing can
                    // be said.
                    var comparable = options.SynchronousCommit && _server.SystemIdentifier == server.SystemIdentifier
                        && _server.Timeline == server.Timeline;
                    return comparable ? await AppendTransaction.IsThereAsync(connection, lost.Plan).ConfigureAwait(false) : null;
                }
                var status = await connection.ScalarAsync("select pg_xact_status($1::text::xid8)", default, lost.Transaction.ToString(
                    System.Globalization.CultureInfo.InvariantCulture)).ConfigureAwait(false);
                switch (status)
                {
                    case "aborted":
                        return false;
                    case "committed":
                        return true;
                    case null:
                        return null;
                }
            }
            catch (Exception e) when (e is NpgsqlException or EngineAwayException)
            {
                await DropAsync().ConfigureAwait(false);
            }
            await Task.Delay(OutcomeDelay).ConfigureAwait(false);
        }
        return null;
    }

    private async Task FailAsync(List<PendingAppend> batch, Exception e)
    {
        var open = batch.Where(static a => !a.Done.Task.IsCompleted).ToList();
        if (e is PostgresException refused && !IsGone(refused) && refused.SqlState != PostgresErrorCodes.QueryCanceled && open.Count > 1)
        {
            // Something in it is not acceptable to the server: each stream by itself, so that only the one at fault fails.
            foreach (var one in open.GroupBy(static a => a.Stream)) await AloneAsync([.. one]).ConfigureAwait(false);
            return;
        }
        if (e is EngineAwayException || (e is NpgsqlException n && IsGone(n))) broken("an append failed");
        Fail(open, e);
    }

    private void Fail(IEnumerable<PendingAppend> appends, Exception e)
    {
        var (status, error) = Answer(e);
        // What an event cannot have is its publisher's fault, and an absent server is told elsewhere.
        if (status == PublishStatus.Unavailable && e is not EngineAwayException && !(e is NpgsqlException n && IsGone(n)))
            Log.Fault(logger, e, "append");
        foreach (var append in appends) append.Fail(status, error);
    }

    private static (PublishStatus Status, string Error) Answer(Exception e) => e switch
    {
        OutcomeLostException => (PublishStatus.OutcomeUnknown,
            "The database's answer was lost: the event may or may not have been appended. Repeat with the same idempotency key."),
        // Class 22: data exception; class 54: a limit of the server. The same event is refused again.
        PostgresException { SqlState: ['2', '2', ..] or ['5', '4', ..] } p =>
            (PublishStatus.Invalid, $"The database does not take the event: {p.MessageText} ({p.SqlState}); nothing was appended."),
        PostgresException p when !IsGone(p) =>
            (PublishStatus.Unavailable, $"The database refused the append: {p.MessageText} ({p.SqlState}); nothing was appended."),
        NpgsqlException or EngineAwayException => (PublishStatus.Unavailable, "The database is away; nothing was appended."),
        _ => (PublishStatus.Unavailable, $"The append failed: {e.Message} Nothing was appended."),
    };

    private async Task AloneAsync(List<PendingAppend> appends)
    {
        try
        {
            var locked = await CommitOnceAsync(appends, skipLocked: true).ConfigureAwait(false);
            if (locked.Count == 0) return;
            if (isStuck)
                foreach (var append in locked) append.Fail(PublishStatus.Unavailable, "The stream is locked; nothing was appended.");
            else appender.MoveApart(locked, this);
        }
        catch (Exception e)
        {
            var open = appends.Where(static a => !a.Done.Task.IsCompleted).ToList();
            if (open.Count > 1 && e is PostgresException refused && !IsGone(refused)
                && refused.SqlState != PostgresErrorCodes.QueryCanceled)
            {
                // Of one stream too only the publish at fault fails; in the order of their arrival.
                foreach (var one in open) await AloneAsync([one]).ConfigureAwait(false);
                return;
            }
            Fail(open, e);
        }
    }

    private async Task<NpgsqlConnection> ConnectionAsync()
    {
        if (_connection is { } present)
        {
            if (_generation == database.Generation && present.State == System.Data.ConnectionState.Open) return present;
            await DropAsync().ConfigureAwait(false);
        }
        var generation = database.Generation;
        _connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
        _generation = generation;
        _server = database.Identity;
        return _connection;
    }

    private async Task DropAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        try
        {
            // Not back to the pool with a transaction open.
            if (connection.State == System.Data.ConnectionState.Open)
                await connection.ExecuteAsync("rollback", default).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            Log.Retried(logger, "the end of a transaction", e.Message);
        }
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    // The server ended the connection, or it broke.
    private static bool IsGone(NpgsqlException e) => e is not PostgresException p || p.SqlState.StartsWith("57P", StringComparison.Ordinal)
        || p.SqlState.StartsWith("08", StringComparison.Ordinal);
}
