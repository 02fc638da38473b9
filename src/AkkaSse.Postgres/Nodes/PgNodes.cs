using System.Diagnostics;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Nodes;

/// <summary>This node's lease, and who else has one. All times are the database's.</summary>
internal sealed class PgNodes(PostgresOptions options, Database database, IEngineHost host, Guid incarnation, ILogger logger) : INodeEngine
{
    // The node that notices that nobody has renewed for most of a lease puts sweeping off by one: the database was away, not the nodes.
    private const string Seen = """
        update akkasse.meta set seen_at = clock_timestamp(),
            sweep_after = case when clock_timestamp() - seen_at > $3 * interval '0.75 millisecond' then clock_timestamp() + $3 * interval '1 millisecond' else sweep_after end
        """;

    private static readonly TimeSpan NameToldEvery = TimeSpan.FromSeconds(30);

    private long _renewed;
    private int _fenceLogged;
    private readonly string _state = "up";
    private volatile bool _left;

    private long _nameToldAt;

    // Who had this node's name at the last look, and until when. Used by the one loop that registers.
    private (Guid Incarnation, DateTime ExpiresAt) _holder;

    internal Inbox Inbox { get; set; } = null!;

    private string Me => host.Options.NodeName;

    private DateTimeOffset StartedAt { get; } = host.Time.GetUtcNow();

    /// <summary>True once this node has left for good: it still appends and follows while its connections end.</summary>
    internal bool HasLeft => _left;

    /// <summary>True when the lease may be over elsewhere: a fifth before it ends here, and until it is renewed.</summary>
    internal bool IsFenced
    {
        get
        {
            var fenced = Volatile.Read(ref _renewed) is var at && (at == 0 || Stopwatch.GetElapsedTime(at) > options.Lease * 0.8);
            if (fenced && at != 0 && Interlocked.Exchange(ref _fenceLogged, 1) == 0) Log.LeaseLost(logger);
            return fenced;
        }
    }

    /// <summary>
    /// Takes the name. The name's lock lies on the connection for LISTEN, so a process that was killed frees it at once; a process that is
    /// cut off does not, and its lease has to end.
    /// </summary>
    internal async Task RegisterAsync(NpgsqlConnection listening, CancellationToken cancellation)
    {
        if (_left) return;
        var begun = Stopwatch.GetTimestamp();
        var free = (bool)(await listening.ScalarAsync(
            "select pg_try_advisory_lock($1)", cancellation, PgNames.HashOf("node\0" + Me)).ConfigureAwait(false))!;
        var taken = await listening.ExecuteAsync(
            $"""
            with m as ({Seen})
            insert into akkasse.nodes as n (name, incarnation, started_at, expires_at, state, address)
            values ($1, $2, clock_timestamp(), clock_timestamp() + $3 * interval '1 millisecond', $4, $5)
            on conflict (name) do update set incarnation = excluded.incarnation, started_at = case when n.incarnation = excluded.incarnation then n.started_at else excluded.started_at end,
                expires_at = excluded.expires_at, state = excluded.state, address = excluded.address
            where $6 or n.incarnation = excluded.incarnation or n.expires_at < clock_timestamp()
            """,
            cancellation, Me, incarnation, options.Lease.TotalMilliseconds, _state, options.Address, free).ConfigureAwait(false);
        if (taken == 0)
        {
            // Tried again every second, for as long as the other process has the name.
            if (_nameToldAt == 0 || Stopwatch.GetElapsedTime(_nameToldAt) > NameToldEvery)
            {
                _nameToldAt = Stopwatch.GetTimestamp();
                Log.NameInUse(logger, Me);
            }
            throw await NameInUseAsync(listening, cancellation).ConfigureAwait(false);
        }
        Renewed(begun);
    }

    // A lease that grew between two looks is a process that lives; one that only ends may be of a process that does not.
    private async Task<NameInUseException> NameInUseAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        string? address = null;
        var holder = _holder;
        var command = connection.Command("select incarnation, expires_at, address from akkasse.nodes where name = $1", Me);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    _holder = (reader.GetGuid(0), reader.GetFieldValue<DateTime>(1));
                    address = reader.Text(2);
                }
            }
        }
        return new NameInUseException(Me, address, holder.Incarnation == _holder.Incarnation && holder.ExpiresAt < _holder.ExpiresAt);
    }

    /// <summary>Claims that this node held before an outage: those that somebody else has now are lost.</summary>
    internal async Task VerifyClaimsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var held = Inbox.Held;
        if (held.Count == 0) return;
        var kept = new HashSet<long>();
        var command = connection.Command(
            "select generation from akkasse.claims where incarnation = $1", incarnation);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false)) kept.Add(reader.GetInt64(0));
            }
        }
        foreach (var ((zone, client), generation) in held)
        {
            if (!kept.Contains(generation)) Inbox.Lost(zone, client, generation, CloseReason.LeaseLost);
        }
    }

    internal async Task RunAsync(Action<string> broken, CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(options.Lease / 4, stopped).ConfigureAwait(false);
            if (!database.IsOpen || _left) continue;
            try
            {
                if (!await RenewAsync(stopped).ConfigureAwait(false))
                    broken("another process has taken the node's name, or the lease was swept");
            }
            catch (Exception e) when (e is EngineAwayException or NpgsqlException)
            {
                Log.Retried(logger, "renewing of the lease", e.Message);
                if (e is NpgsqlException) broken("the lease could not be renewed");
            }
        }
    }

    internal async Task LeaveAsync(CancellationToken cancellation)
    {
        _left = true;
        if (!database.IsOpen) return;
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(
                "with c as (delete from akkasse.claims where incarnation = $1), j as (delete from akkasse.jobs where incarnation = $1) " +
                "delete from akkasse.nodes where incarnation = $1",
                cancellation, incarnation).ConfigureAwait(false);
        }
        Volatile.Write(ref _renewed, 0);
    }

    public async ValueTask<NodeList> ListAsync(CancellationToken cancellation)
    {
        var me = new NodeInfo(Me, _state) { Self = true, StartedAt = StartedAt, Address = options.Address };
        if (!database.IsOpen) return new NodeList([me], isComplete: false);
        var nodes = new List<NodeInfo>();
        try
        {
            var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var command = connection.Command(
                    $"select name, state, started_at, address from akkasse.nodes n where {PgClaims.IsAlive} order by name");
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                        {
                            var name = reader.GetString(0);
                            nodes.Add(name == Me ? me : new NodeInfo(name, reader.GetString(1))
                            {
                                StartedAt = reader.GetFieldValue<DateTime>(2),
                                Address = reader.Text(3),
                            });
                        }
                    }
                }
            }
        }
        catch (Exception e) when (e is EngineAwayException or NpgsqlException)
        {
            return new NodeList([me], isComplete: false);
        }
        if (!nodes.Exists(static n => n.Self)) nodes.Add(me);
        return new NodeList([.. nodes.OrderBy(static n => n.Name, StringComparer.Ordinal)], isComplete: true);
    }

    public async ValueTask<ReadOnlyMemory<byte>?> RequestAsync(
        string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation)
    {
        if (!database.IsOpen) return null;
        if (node != Me) return await Inbox.AskAsync(node, message, timeout, cancellation).ConfigureAwait(false);
        try
        {
            return await host.OnRequestAsync(node, message, cancellation).AsTask().WaitAsync(timeout, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<bool> RenewAsync(CancellationToken cancellation)
    {
        var begun = Stopwatch.GetTimestamp();
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var renewed = await connection.ScalarAsync(
                $"""
                with m as ({Seen})
                update akkasse.nodes set expires_at = clock_timestamp() + $3 * interval '1 millisecond', state = $4 where name = $1 and incarnation = $2 returning 1
                """,
                cancellation, Me, incarnation, options.Lease.TotalMilliseconds, _state).ConfigureAwait(false);
            if (renewed is null) return false;
        }
        Renewed(begun);
        return true;
    }

    private void Renewed(long begun)
    {
        // From when it was asked for: the answer may have taken long.
        Volatile.Write(ref _renewed, begun);
        Volatile.Write(ref _fenceLogged, 0);
    }
}
