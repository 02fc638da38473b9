using System.Globalization;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// Follows the streams that this node has readers for: rows of streams are looked at for all who ask at the same time, events are read for
/// all streams that are behind at the same time. One round at a time, on one connection: a node reads an event once however many readers it
/// has.
/// </summary>
internal sealed class Follower(
    PostgresOptions options, Database database, EngineClock clock, IEngineHost host, ILogger logger, Action<string> broken)
{
    private const int LookAtOnce = 1_000;
    private const int EventsPerStream = 256;
    private const int StreamsPerRead = 64;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Dictionary<long, List<AttachedStream>> _attached = [];
    private HashSet<AttachedStream> _looks = [];
    private HashSet<AttachedStream> _behind = [];

    internal LogBudget Budget { get; } = new(host.Options);

    internal ColdCache Cache { get; } = new(options.HistoryCacheBytes);

    internal History History { get; set; } = null!;

    internal AttachedStream[] All
    {
        get
        {
            lock (_gate) return [.. _attached.Values.SelectMany(static l => l)];
        }
    }

    internal async ValueTask<AttachedStream> AttachAsync(string name, IStreamSink sink, CancellationToken cancellation)
    {
        var stream = AttachedStream.Create(
            this, name, sink, host.Options.DefaultsOf(name), Budget.Of(name), Cache, e => Log.Fault(logger, e, "read of history"));
        lock (_gate)
        {
            if (!_attached.TryGetValue(stream.Hash, out var list)) _attached[stream.Hash] = list = new(1);
            list.Add(stream);
        }
        try
        {
            await stream.SyncAsync(cancellation).ConfigureAwait(false);
            stream.AttachedWithoutRow();
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal void Detach(AttachedStream stream)
    {
        lock (_gate)
        {
            if (_attached.TryGetValue(stream.Hash, out var list) && list.Remove(stream) && list.Count == 0) _attached.Remove(stream.Hash);
            _looks.Remove(stream);
            _behind.Remove(stream);
        }
    }

    internal void Look(AttachedStream stream)
    {
        lock (_gate) _looks.Add(stream);
        Wake();
    }

    /// <summary>Look at every stream: after a time without a connection, and each second.</summary>
    internal void LookAtAll()
    {
        lock (_gate)
        {
            foreach (var list in _attached.Values) _looks.UnionWith(list);
        }
        Wake();
    }

    /// <summary>A notification of <see cref="PgNames.HeadsChannel"/>.</summary>
    internal void OnNotified(string payload)
    {
        var wake = false;
        lock (_gate)
        {
            foreach (var entry in payload.Split(' '))
            {
                var colon = entry.IndexOf(':', StringComparison.Ordinal);
                if (colon != 16 || !long.TryParse(entry.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hash)
                    || !_attached.TryGetValue(hash, out var list))
                    continue;
                foreach (var stream in list)
                {
                    if (stream.Id == 0 || !long.TryParse(entry.AsSpan(17), NumberStyles.None, CultureInfo.InvariantCulture, out var head))
                        wake |= _looks.Add(stream);
                    else if (stream.Want(head)) wake |= _behind.Add(stream);
                }
            }
        }
        if (wake) Wake();
    }

    /// <summary>Events that this node has just committed: where they are next in order nobody has to read them back.</summary>
    internal void OnCommitted(StreamRow row, ReadOnlySpan<StoredEvent> events)
    {
        foreach (var stream in Find(PgNames.HashOf(row.Name), row.Name))
        {
            if (stream.Id != row.Id) Look(stream);
            else if (!stream.Apply(row.Id, row.Epoch, events)) Look(stream);
        }
    }

    internal void OnTransient(string name, SseEvent e)
    {
        foreach (var stream in Find(PgNames.HashOf(name), name)) stream.ApplyTransient(e, clock.NodeNow);
    }

    internal AttachedStream[] Find(long hash, string name)
    {
        lock (_gate) return _attached.TryGetValue(hash, out var list) ? [.. list.Where(s => s.Name == name)] : [];
    }

    internal async Task PollAsync(CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(options.HeadPoll, stopped).ConfigureAwait(false);
            LookAtAll();
            Budget.Shrink(All.Select(static s => s.Log), clock.NodeNow);
        }
    }

    internal async Task RunAsync(CancellationToken stopped)
    {
        while (true)
        {
            await _wake.WaitAsync(stopped).ConfigureAwait(false);
            AttachedStream[] looks, behind;
            lock (_gate)
            {
                looks = [.. _looks];
                behind = [.. _behind];
                _looks = [];
                _behind = [];
            }
            try
            {
                var connection = await database.OpenAsync(stopped).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    foreach (var some in looks.Chunk(LookAtOnce)) await LookAsync(connection, some, stopped).ConfigureAwait(false);
                    foreach (var some in behind.Concat(looks.Where(static s => s.IsBehind)).Distinct().Chunk(StreamsPerRead))
                        await ReadAsync(connection, some, stopped).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException or ObjectDisposedException)
            {
                if (e is PostgresException { Severity: "ERROR" }) Log.Fault(logger, e, "reading of streams");
                else Log.Retried(logger, "reading of streams", e.Message);
                if (e is NpgsqlException) broken("a read failed");
                foreach (var stream in looks) stream.LookFailed();
                lock (_gate)
                {
                    _looks.UnionWith(looks.Where(static s => !s.IsDetached));
                    _behind.UnionWith(behind.Where(static s => !s.IsDetached));
                }
                await Task.Delay(RetryDelay, stopped).ConfigureAwait(false);
                Wake();
            }
        }
    }

    /// <summary>Runs the statements of a round for no stream, for the reason of <see cref="AppendTransaction.WarmUpAsync"/>.</summary>
    internal async Task WarmUpAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await LookAsync(connection, [], cancellation).ConfigureAwait(false);
        await ReadAsync(connection, [], cancellation).ConfigureAwait(false);
    }

    private async Task LookAsync(NpgsqlConnection connection, AttachedStream[] streams, CancellationToken cancellation)
    {
        foreach (var stream in streams) stream.LookBegins();
        var rows = new Dictionary<string, StreamRow>(StringComparer.Ordinal);
        var command = connection.Command(
            $"select {StreamRow.Columns} from akkasse.streams where name = any($1)", streams.Select(static s => s.Name).ToArray());
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    var row = StreamRow.Read(reader);
                    rows[row.Name] = row;
                }
            }
        }
        var now = clock.NodeNow;
        foreach (var stream in streams)
        {
            rows.TryGetValue(stream.Name, out var row);
            stream.Apply(row, now);
            stream.LookEnded(row);
        }
    }

    private async Task ReadAsync(NpgsqlConnection connection, AttachedStream[] streams, CancellationToken cancellation)
    {
        // Read in this order: a row that is still of the log's epoch proves that the events before it are.
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.Add(
                $"""
                select e.stream, {StoredRow.Columns} from unnest($1::bigint[], $2::bigint[]) as w(stream, after)
                cross join lateral (select * from akkasse.events e where e.stream = w.stream and e."offset" > w.after order by e."offset" limit {EventsPerStream}) e
                """,
                streams.Select(static s => s.Id).ToArray(), streams.Select(static s => s.Log.Head.Offset).ToArray());
            batch.Add($"select {StreamRow.Columns} from akkasse.streams where id = any($1)", streams.Select(static s => s.Id).ToArray());
            var events = new Dictionary<long, List<StoredEvent>>();
            var rows = new Dictionary<long, StreamRow>();
            var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    var id = reader.GetInt64(0);
                    if (!events.TryGetValue(id, out var list)) events[id] = list = [];
                    list.Add(StoredRow.Read(reader, 1, clock));
                }
                await reader.NextResultAsync(cancellation).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    var row = StreamRow.Read(reader);
                    rows[row.Id] = row;
                }
            }
            var now = clock.NodeNow;
            foreach (var stream in streams)
            {
                rows.TryGetValue(stream.Id, out var row);
                var read = events.GetValueOrDefault(stream.Id) ?? [];
                if (row is not null && read.Count > 0 && row.Epoch == stream.Log.Head.Epoch && read[0].Offset > stream.Log.Head.Offset + 1)
                    stream.Skip(row);
                if (row is not null) stream.Apply(row.Id, row.Epoch, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(read));
                stream.Apply(row, now);
                if (row is not null && read.Count == 0) stream.Skip(row);
                if (stream.IsBehind)
                {
                    lock (_gate) _behind.Add(stream);
                    Wake();
                }
            }
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }
}
