using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using Npgsql;

namespace AkkaSse.Postgres.Nodes;

/// <summary>
/// Claims on client ids, in a table. Whatever is asked at the same time is decided in one transaction, under an advisory lock per id taken
/// in a fixed order. A claim counts while its node's lease does.
/// </summary>
internal sealed class PgClaims : IClaimEngine
{
    private const int AtOnce = 256;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>True of a node n whose lease holds; after an outage in which nobody could renew nobody is given up for one lease.</summary>
    internal const string IsAlive = "(n.expires_at > clock_timestamp() or (select sweep_after from akkasse.meta) > clock_timestamp())";

    private readonly Database _database;
    private readonly EngineClock _clock;
    private readonly IEngineHost _host;
    private readonly Guid _incarnation;
    private readonly Inbox _inbox;
    private readonly Action<string> _broken;
    private readonly Batcher<ClaimRequest, ClaimResult> _claims;
    private readonly Batcher<(string Zone, string Client, long Generation), bool> _releases;
    private readonly Batcher<(string? Zone, string Client), IReadOnlyList<ClaimLocation>> _locates;
    private readonly Batcher<(string Zone, string Client, string? Instance), bool> _refused;

    internal PgClaims(Database database, EngineClock clock, IEngineHost host, Guid incarnation, Inbox inbox, Action<string> broken)
    {
        _database = database;
        _clock = clock;
        _host = host;
        _incarnation = incarnation;
        _inbox = inbox;
        _broken = broken;
        _claims = new(database, AtOnce, DecideAsync);
        _releases = new(database, AtOnce, ReleaseAsync);
        _locates = new(database, AtOnce, LocateAsync);
        _refused = new(database, AtOnce, AreRefusedAsync);
    }

    public bool IsNodeLocal => false;

    public async ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation)
    {
        try
        {
            // Not cancelled half-way: a claim that was granted must be known to its caller.
            return await _claims.AskAsync(request with { Subject = PgText.Storable(request.Subject) }).ConfigureAwait(false);
        }
        catch (EngineAwayException)
        {
            return new ClaimResult(ClaimStatus.Unavailable, 0);
        }
    }

    public async ValueTask ReleaseAsync(string zone, string client, long generation)
    {
        try
        {
            await _releases.AskAsync((zone, client, generation)).ConfigureAwait(false);
        }
        catch (EngineAwayException)
        {
            // The next renewal of the lease gives up what this node does not hold.
            _inbox.Released(zone, client, generation);
        }
    }

    public async ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(
        string? zone, string client, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new(await _locates.AskAsync((zone, client)).WaitAsync(cancellation).ConfigureAwait(false));
            }
            catch (EngineAwayException)
            {
                // It may have been only a connection that broke.
                if (!_database.IsOpen) return default;
                _broken("a question for a client failed");
                await Task.Delay(RetryDelay, cancellation).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation)
    {
        var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
            await RefuseAsync(connection, [(zone, client, instance)], _clock.Now + (long)time.TotalMilliseconds).ConfigureAwait(false);
    }

    public async ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation)
    {
        try
        {
            return new(await _refused.AskAsync((zone, client, instance)).WaitAsync(cancellation).ConfigureAwait(false));
        }
        catch (EngineAwayException)
        {
            return default;
        }
    }

    private static Task RefuseAsync(
        NpgsqlConnection connection, IReadOnlyList<(string Zone, string Client, string? Instance)> who, long until) =>
        connection.ExecuteAsync(
            """
            insert into akkasse.refusals (zone, client, instance, any_instance, until)
            select distinct *, $5::bigint from unnest($1::text[], $2::text[], $3::text[], $4::boolean[])
            on conflict (zone, client, instance, any_instance) do update set until = excluded.until
            """,
            default, who.Select(static w => w.Zone).ToArray(), who.Select(static w => w.Client).ToArray(), who.Select(
            static w => w.Instance ?? "").ToArray(), who.Select(static w => w.Instance is null).ToArray(), until);

    private async Task<ClaimResult[]> DecideAsync(NpgsqlConnection connection, IReadOnlyList<ClaimRequest> requests)
    {
        var me = _host.Options.NodeName;
        var zones = requests.Select(static r => r.Zone).ToArray();
        var clients = requests.Select(static r => r.Client).ToArray();
        var answers = new ClaimResult[requests.Count];
        var lost = new List<(string Zone, string Client, HeldClaim Claim)>();
        var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var keys = requests.Select(static r => PgNames.HashOf($"{r.Zone}\0{r.Client}")).Distinct().Order().ToArray();
            await connection.ExecuteAsync(
                "select count(pg_advisory_xact_lock(k)) from (select k from unnest($1::bigint[]) as k order by k) as ordered", default,
                keys).ConfigureAwait(false);
            var refused = await AreRefusedAsync(
                connection, [.. requests.Select(static r => (r.Zone, r.Client, r.Instance))]).ConfigureAwait(false);
            var held = await HeldAsync(connection, zones, clients).ConfigureAwait(false);
            var granted = new Dictionary<(string, string), (ClaimRequest Request, long Generation)>();
            var newlyRefused = new HashSet<(string, string, string?)>();
            var generations = new Queue<long>(await GenerationsAsync(connection, requests.Count).ConfigureAwait(false));
            for (var i = 0; i < answers.Length; i++)
            {
                var request = requests[i];
                var id = (request.Zone, request.Client);
                held.TryGetValue(id, out var holder);
                var decision = ClaimRules.Decide(request, holder, refused[i] || newlyRefused.Contains(
                    (request.Zone, request.Client, request.Instance)), _host.Options.DuplicateClients);
                if (decision.Status != ClaimStatus.Granted)
                {
                    answers[i] = new ClaimResult(decision.Status, 0);
                    continue;
                }
                var generation = generations.Dequeue();
                if (decision.Replaces is { } loser)
                {
                    lost.Add((request.Zone, request.Client, loser));
                    if (loser.Instance is { } replaced && replaced != request.Instance)
                        newlyRefused.Add((request.Zone, request.Client, replaced));
                }
                held[id] = new HeldClaim(generation, me, request.Instance, request.Subject);
                granted[id] = (request, generation);
                answers[i] = new ClaimResult(ClaimStatus.Granted, generation);
            }
            await WriteAsync(connection, granted.Values, me).ConfigureAwait(false);
            if (newlyRefused.Count > 0)
                await RefuseAsync(connection, [.. newlyRefused], _clock.Now + (long)ClaimRules.ReplacedMemory.TotalMilliseconds)
                    .ConfigureAwait(false);
            await transaction.CommitAsync().ConfigureAwait(false);
            foreach (var ((zone, client), (_, generation)) in granted) _inbox.Claimed(zone, client, generation);
        }
        foreach (var (zone, client, claim) in lost)
        {
            if (claim.Node == me) _inbox.Lost(zone, client, claim.Generation, CloseReason.Replaced);
            else _inbox.TellLost(claim.Node, zone, client, claim.Generation);
        }
        return answers;
    }

    private static async Task<long[]> GenerationsAsync(NpgsqlConnection connection, int count)
    {
        var generations = (long[])(await connection.ScalarAsync(
            "select array_agg(nextval('akkasse.generations')) from generate_series(1, $1)", default, count).ConfigureAwait(false))!;
        Array.Sort(generations);
        return generations;
    }

    private Task WriteAsync(NpgsqlConnection connection, ICollection<(ClaimRequest Request, long Generation)> granted, string me) =>
        granted.Count == 0 ? Task.CompletedTask : connection.ExecuteAsync(
        """
        insert into akkasse.claims (zone, client, generation, instance, subject, node, incarnation)
        select *, $6, $7 from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
        on conflict (client, zone) do update set generation = excluded.generation, instance = excluded.instance, subject = excluded.subject, node = excluded.node, incarnation = excluded.incarnation
        """,
        default, granted.Select(static g => g.Request.Zone).ToArray(), granted.Select(static g => g.Request.Client).ToArray(),
        granted.Select(static g => g.Generation).ToArray(),
        granted.Select(static g => g.Request.Instance).ToArray(), granted.Select(static g => g.Request.Subject).ToArray(), me,
        _incarnation);

    private static async Task<Dictionary<(string, string), HeldClaim>> HeldAsync(
        NpgsqlConnection connection, string[] zones, string[] clients)
    {
        var held = new Dictionary<(string, string), HeldClaim>();
        var command = connection.Command(
            $"""
            select c.zone, c.client, c.generation, c.node, c.instance, c.subject from unnest($1::text[], $2::text[]) as w(zone, client)
            join akkasse.claims c on c.zone = w.zone and c.client = w.client join akkasse.nodes n on n.incarnation = c.incarnation where {IsAlive}
            """,
            zones, clients);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                    held[(reader.GetString(0), reader.GetString(1))] = new HeldClaim(
                        reader.GetInt64(2), reader.GetString(3), reader.Text(4), reader.Text(5));
            }
        }
        return held;
    }

    private static async Task<bool[]> ReleaseAsync(
        NpgsqlConnection connection, IReadOnlyList<(string Zone, string Client, long Generation)> claims)
    {
        await connection.ExecuteAsync(
            "delete from akkasse.claims c using unnest($1::text[], $2::text[], $3::bigint[]) as w(zone, client, generation) where " +
            "c.zone = w.zone and c.client = w.client and c.generation = w.generation",
            default, claims.Select(static c => c.Zone).ToArray(), claims.Select(static c => c.Client).ToArray(),
            claims.Select(static c => c.Generation).ToArray()).ConfigureAwait(false);
        return new bool[claims.Count];
    }

    private static async Task<IReadOnlyList<ClaimLocation>[]> LocateAsync(
        NpgsqlConnection connection, IReadOnlyList<(string? Zone, string Client)> ids)
    {
        var found = new List<ClaimLocation>();
        var command = connection.Command(
            $"select c.zone, c.client, c.node, c.generation from akkasse.claims c join akkasse.nodes n on n.incarnation = c.incarnation " +
            $"where c.client = any($1) and {IsAlive} order by c.zone",
            ids.Select(static i => i.Client).Distinct(StringComparer.Ordinal).ToArray());
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                    found.Add(new ClaimLocation(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3)));
            }
        }
        var byClient = found.ToLookup(static f => f.Client, StringComparer.Ordinal);
        return [.. ids.Select(i => (IReadOnlyList<ClaimLocation>)[.. byClient[i.Client].Where(f => i.Zone is null || f.Zone == i.Zone)])];
    }

    private async Task<bool[]> AreRefusedAsync(
        NpgsqlConnection connection, IReadOnlyList<(string Zone, string Client, string? Instance)> who)
    {
        var refused = new HashSet<(string, string, string?)>();
        var command = connection.Command(
            "select r.zone, r.client, r.instance, r.any_instance from akkasse.refusals r where (r.zone, r.client) in (select * from " +
            "unnest($1::text[], $2::text[])) and r.until > $3",
            who.Select(static w => w.Zone).ToArray(), who.Select(static w => w.Client).ToArray(), _clock.Now);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync().ConfigureAwait(false))
                    refused.Add((reader.GetString(0), reader.GetString(1), reader.GetBoolean(3) ? null : reader.GetString(2)));
            }
        }
        return [.. who.Select(w => refused.Contains((w.Zone, w.Client, null)) || (w.Instance is not null && refused.Contains(w)))];
    }
}
