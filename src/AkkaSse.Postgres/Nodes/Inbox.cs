using System.Collections.Concurrent;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Postgres.Streams;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Nodes;

/// <summary>
/// Messages between nodes: a row each and one wake-up per node for many, both ways in batches; at most once, in order per pair. Also knows
/// which claims this node holds: what a message is for.
/// </summary>
internal sealed class Inbox
{
    private const int AtOnce = 512;
    private const short Request = 1;
    private const short Reply = 2;
    private const short ClaimLost = 4;
    // 3 is never used again: it was another form of transients, and a node that reads only that one must pass over this one.
    private const short Transient = 5;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly IEngineHost _host;
    private readonly Guid _incarnation;
    private readonly Notifier _notifier;
    private readonly ILogger _logger;
    private readonly Func<bool> _isFenced;
    private readonly Batcher<Outgoing, bool> _send;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<ReadOnlyMemory<byte>?>> _asked = new();
    private readonly ConcurrentDictionary<(string Zone, string Client), long> _held = new();
    // Begins anywhere: a reply to the process that had this node's name before must not answer this one's question.
    private long _correlation = Random.Shared.NextInt64(long.MaxValue >> 1);

    internal Inbox(Database database, IEngineHost host, Guid incarnation, Notifier notifier, Func<bool> isFenced, ILogger logger)
    {
        _database = database;
        _host = host;
        _incarnation = incarnation;
        _notifier = notifier;
        _isFenced = isFenced;
        _logger = logger;
        _send = new(database, AtOnce, SendAsync);
    }

    /// <summary>Told of comments and retries of streams on other nodes.</summary>
    internal Action<string, SseEvent> TransientCame { get; set; } = static (_, _) => { };

    /// <summary>The claims of this node, with their generations.</summary>
    internal ICollection<KeyValuePair<(string Zone, string Client), long>> Held => _held.ToArray();

    internal void Claimed(string zone, string client, long generation) =>
        _held.AddOrUpdate((zone, client), generation, (_, present) => Math.Max(present, generation));

    internal void Released(string zone, string client, long generation) => _held.TryRemove(new((zone, client), generation));

    /// <summary>A claim of this node was given to another connection.</summary>
    internal void Lost(string zone, string client, long generation, CloseReason reason)
    {
        Released(zone, client, generation);
        _host.OnClaimLost(zone, client, generation, reason);
    }

    internal void TellLost(string node, string zone, string client, long generation) =>
        Post(new Outgoing(node, ClaimLost, generation, Pair(zone, client)));

    /// <summary>To all other nodes: readers that are there get it.</summary>
    internal void SendTransient(string stream, SseEvent e) =>
        Post(new Outgoing(null, Transient, 0, Pair(stream, EventExtra.WriteTransient(e))));

    /// <summary>Null: there is no such node, or no reply within the time.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>?> AskAsync(
        string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation)
    {
        var correlation = Interlocked.Increment(ref _correlation);
        var answer = new TaskCompletionSource<ReadOnlyMemory<byte>?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[correlation] = answer;
        try
        {
            if (!await _send.AskAsync(new Outgoing(node, Request, correlation, message.ToArray()))
                .WaitAsync(timeout, cancellation).ConfigureAwait(false))
                return null;
            return await answer.Task.WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or EngineAwayException)
        {
            return null;
        }
        finally
        {
            _asked.TryRemove(correlation, out _);
        }
    }

    internal void Wake()
    {
        lock (_asked)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }

    internal async Task RunAsync(CancellationToken stopped)
    {
        while (true)
        {
            await _wake.WaitAsync(Poll, stopped).ConfigureAwait(false);
            // Somebody else may speak for this node's clients by now.
            if (!_database.IsOpen || _isFenced()) continue;
            try
            {
                while (await ReceiveAsync(stopped).ConfigureAwait(false) == AtOnce)
                {
                }
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException)
            {
                Log.Retried(_logger, "reading of the inbox", e.Message);
            }
        }
    }

    private async Task<int> ReceiveAsync(CancellationToken stopped)
    {
        var received = new List<(string Sender, short Kind, long Correlation, byte[] Body)>();
        var connection = await _database.OpenAsync(stopped).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = connection.Command(
                $"""
                with taken as (delete from akkasse.inbox where seq in (select seq from akkasse.inbox where node = $1 order by seq limit {AtOnce}) returning *)
                select sender, kind, correlation, body from taken order by seq
                """,
                _host.Options.NodeName);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(stopped).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(stopped).ConfigureAwait(false))
                        received.Add((reader.GetString(0), reader.GetInt16(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3)));
                }
            }
        }
        foreach (var (sender, kind, correlation, body) in received) Handle(sender, kind, correlation, body, stopped);
        return received.Count;
    }

    private void Handle(string sender, short kind, long correlation, byte[] body, CancellationToken stopped)
    {
        switch (kind)
        {
            case Request:
                _ = ReplyAsync(sender, correlation, body, stopped);
                break;
            case Reply:
                if (_asked.TryRemove(correlation, out var answer)) answer.TrySetResult(body);
                break;
            case Transient when JsonSerializer.Deserialize(body, InboxJson.Default.StringArray) is [var stream, var extra]:
                TransientCame(stream, EventExtra.Read(extra).Event);
                break;
            case ClaimLost when JsonSerializer.Deserialize(body, InboxJson.Default.StringArray) is [var zone, var client]:
                Lost(zone, client, correlation, CloseReason.Replaced);
                break;
        }
    }

    private async Task ReplyAsync(string sender, long correlation, byte[] body, CancellationToken stopped)
    {
        try
        {
            var reply = await _host.OnRequestAsync(sender, body, stopped).ConfigureAwait(false);
            Post(new Outgoing(sender, Reply, correlation, reply.ToArray()));
        }
        catch (Exception e) when (!stopped.IsCancellationRequested)
        {
            Log.Fault(_logger, e, "request of a node");
        }
    }

    private static byte[] Pair(string first, string second) =>
        JsonSerializer.SerializeToUtf8Bytes(new[] { first, second }, InboxJson.Default.StringArray);

    private void Post(Outgoing message) => _ = WatchAsync(_send.AskAsync(message));

    private async Task WatchAsync(Task sent)
    {
        try
        {
            await sent.ConfigureAwait(false);
        }
        catch (EngineAwayException e)
        {
            Log.Retried(_logger, "a message to a node was lost", e.Message);
        }
    }

    private async Task<bool[]> SendAsync(NpgsqlConnection connection, IReadOnlyList<Outgoing> messages)
    {
        var sent = new bool[messages.Count];
        var nodes = new HashSet<string>(StringComparer.Ordinal);
        var command = connection.Command(
            $"""
            with w as (select * from unnest($1::text[], $2::smallint[], $3::bigint[], $4::bytea[]) with ordinality as w(node, kind, correlation, body, i)),
            t as (select w.*, n.name from w join akkasse.nodes n on (n.name = w.node or (w.node is null and n.name <> $5)) and {PgClaims.IsAlive}),
            d as (insert into akkasse.inbox (node, sender, sender_incarnation, kind, correlation, body) select name, $5, $6, kind, correlation, body from t order by i)
            select i, name from t
            """,
            messages.Select(static m => m.Node).ToArray(), messages.Select(static m => m.Kind).ToArray(),
            messages.Select(static m => m.Correlation).ToArray(),
            messages.Select(static m => m.Body).ToArray(), _host.Options.NodeName, _incarnation);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                {
                    sent[reader.GetInt64(0) - 1] = true;
                    nodes.Add(reader.GetString(1));
                }
            }
        }
        foreach (var node in nodes) _notifier.WakeNode(node);
        return sent;
    }

    private readonly record struct Outgoing(string? Node, short Kind, long Correlation, byte[] Body);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class InboxJson : System.Text.Json.Serialization.JsonSerializerContext;
