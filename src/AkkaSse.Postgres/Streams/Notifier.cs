using System.Text;
using AkkaSse.Postgres.Sessions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// Wakes other nodes: at most one transaction per interval, after the commits that it tells of. NOTIFY takes a lock on the whole database
/// at its commit, so it never stands in the transaction of an append. A lost wake-up is repaired by the receivers' polls.
/// </summary>
internal sealed class Notifier(PostgresOptions options, Database database, ILogger logger)
{
    // PostgreSQL refuses payloads of 8000 bytes or more.
    private const int MaxPayload = 7_900;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private Dictionary<long, long> _heads = [];
    private HashSet<string> _nodes = new(StringComparer.Ordinal);

    /// <summary>The stream has this head; below 0: its row has changed otherwise.</summary>
    internal void Changed(long hash, long head)
    {
        lock (_gate)
        {
            _heads[hash] = head < 0 || (_heads.TryGetValue(hash, out var known) && known < 0) ? -1 : head;
        }
        Wake();
    }

    /// <summary>Something lies in the node's inbox.</summary>
    internal void WakeNode(string node)
    {
        lock (_gate) _nodes.Add(node);
        Wake();
    }

    internal async Task RunAsync(CancellationToken stopped)
    {
        while (!stopped.IsCancellationRequested)
        {
            await _wake.WaitAsync(stopped).ConfigureAwait(false);
            try
            {
                var (channels, payloads) = Take();
                if (channels.Count > 0)
                {
                    var connection = await database.OpenAsync(stopped).ConfigureAwait(false);
                    await using (connection.ConfigureAwait(false))
                        await SendAsync(connection, channels, payloads, stopped).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException)
            {
                Log.Retried(logger, "a wake-up of other nodes", e.Message);
            }
            if (options.NotifyInterval > TimeSpan.Zero) await Task.Delay(options.NotifyInterval, stopped).ConfigureAwait(false);
        }
    }

    /// <summary>Wakes nobody, for the reason of <see cref="AppendTransaction.WarmUpAsync"/>.</summary>
    internal static Task WarmUpAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        SendAsync(connection, [], [], cancellation);

    private static Task SendAsync(
        NpgsqlConnection connection, List<string> channels, List<string> payloads, CancellationToken cancellation) =>
        connection.ExecuteAsync("select pg_notify(c, p) from unnest($1::text[], $2::text[]) as n(c, p)", cancellation, channels.ToArray(),
            payloads.ToArray());

    private void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0) _wake.Release();
        }
    }

    private (List<string> Channels, List<string> Payloads) Take()
    {
        Dictionary<long, long> heads;
        HashSet<string> nodes;
        lock (_gate)
        {
            (heads, _heads) = (_heads, []);
            (nodes, _nodes) = (_nodes, new(StringComparer.Ordinal));
        }
        var channels = new List<string>();
        var payloads = new List<string>();
        foreach (var node in nodes)
        {
            channels.Add(PgNames.NodeChannel(node));
            payloads.Add("");
        }
        var payload = new StringBuilder();
        foreach (var (hash, head) in heads)
        {
            if (payload.Length > 0) payload.Append(' ');
            payload.Append(PgNames.Text(hash)).Append(':');
            if (head < 0) payload.Append('*');
            else payload.Append(head);
            // A hash, a colon, 19 digits and a space still fit.
            if (payload.Length > MaxPayload - 40) Flush();
        }
        if (payload.Length > 0) Flush();
        return (channels, payloads);

        void Flush()
        {
            channels.Add(PgNames.HeadsChannel);
            payloads.Add(payload.ToString());
            payload.Clear();
        }
    }
}
