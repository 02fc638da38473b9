using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>Claims on client ids: an entity per id decides, the node that holds the connection keeps the claim.</summary>
internal sealed class AkkaClaims(EngineContext context) : IClaimEngine, ICachedLocations, IClusterComponent
{
    /// <summary>Begins the entities of instances without an id of their own; no client's id begins with a control character.</summary>
    internal const char InstancePrefix = '\u0001';

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    // Where nobody tells of a change, a client that is in two zones may be taken for one that is in one for so long.
    private const long UntoldAge = 1_000;

    private readonly HeldClaims _held = new();
    private readonly LocationCache _cache = new();
    private readonly BanList _refusals = new();
    private volatile IActorRef? _region;
    private long _token = context.Time.GetUtcNow().ToUnixTimeMilliseconds() << 20;

    private long Now => context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public IReadOnlyList<IActorRef> Start(ClusterNode node)
    {
        _region = node.StartRegion("clients", name => Props.Create(() => new ClientEntity(name, node)), ClientEntity.Stop.Instance);
        return [_region];
    }

    public void Reached()
    {
        // After a removal: other nodes may have given the ids away.
        foreach (var (client, claim) in _held.All()) _ = RestoreAsync(client, claim);
    }

    public Task LeaveAsync(CancellationToken cancellation)
    {
        // Nodes that joined after a client was refused know it only from here.
        if (context.Node is not { } node) return Task.CompletedTask;
        foreach (var kept in _refusals.All(Now))
        {
            foreach (var member in node.View.Members)
            {
                if (!member.Draining) member.Actor?.Tell(kept, ActorRefs.NoSender);
            }
        }
        return Task.CompletedTask;
    }

    public void Stop()
    {
        _region = null;
        _cache.Clear();
    }

    public bool IsNodeLocal => false;

    public async ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation)
    {
        if (!context.IsServing || _region is not { } region || context.Node is not { } node)
            return new ClaimResult(ClaimStatus.Unavailable, 0);
        var (zone, client) = (request.Zone, request.Client);
        var token = Interlocked.Increment(ref _token);
        _cache.Forget(client);
        _held.Ask(client, zone, request.Instance, request.Subject, token);
        var by = new Claimant(zone, request.Instance, request.Subject, context.NodeName, node.Id, token);
        // Not cancelled half-way: a claim that was granted must be known to its caller.
        var answer = await AskAsync<ClaimAnswer>(
            region, new Claim(client, by, context.Host.Options.DuplicateClients), default).ConfigureAwait(false);
        if (answer is { Status: ClaimStatus.Granted })
        {
            if (_held.Grant(client, token, answer.Generation, answer.Incarnation))
                return new ClaimResult(ClaimStatus.Granted, answer.Generation);
        }
        else
        {
            _held.Drop(client, token);
            if (answer is not null) return new ClaimResult(answer.Status, 0);
        }
        // Granted perhaps, but too late: the entity must not think that this node holds it.
        region.Tell(new Release(client, zone, token, 0));
        return new ClaimResult(ClaimStatus.Unavailable, 0);
    }

    public async ValueTask ReleaseAsync(string zone, string client, long generation)
    {
        var token = _held.Take(client, zone, generation);
        _cache.Forget(client);
        // Not answered: the entity looks into this node's table before it refuses somebody because of it.
        if (token != 0 && _region is { } region)
            await AskAsync<Done>(region, new Release(client, zone, token, generation), default).ConfigureAwait(false);
    }

    public async ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(
        string? zone, string client, CancellationToken cancellation)
    {
        if (!context.IsServing || _region is not { } region || context.Node is not { } node) return default;
        // In a zone that is named a place is right or the node there says no; in all zones, the client may have come into another one
        // meanwhile.
        var now = Now;
        var places = In(zone, _cache.Find(client, zone is null ? now : 0) ?? []);
        if (places.Count > 0 && places.All(p => p.Node == context.NodeName || node.View.Named(p.Node) is not null)) return new(places);
        var changes = _cache.Changes;
        if (await AskAsync<Located>(region, new Locate(client, node.Id), cancellation).ConfigureAwait(false) is not { } located)
            return default;
        places = [.. located.Places.OrderBy(static p => p.Zone, StringComparer.Ordinal).Select(
            p => new ClaimLocation(p.Zone, client, p.Node, p.Generation))];
        if (places.Count > 0) _cache.Add(client, places, changes, now + UntoldAge, now + Math.Max(UntoldAge, located.ToldForMilliseconds));
        return new(In(zone, places));
    }

    private static IReadOnlyList<ClaimLocation> In(string? zone, IReadOnlyList<ClaimLocation> places) =>
        zone is null || (places.Count == 1 && places[0].Zone == zone) ? places : [.. places.Where(p => p.Zone == zone)];

    public void Forget(string client) => _cache.Forget(client);

    public async ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation)
    {
        if (_region is { } region)
            await AskAsync<Done>(region, new Refuse(EntityOf(client, instance), zone, instance, (long)time.TotalMilliseconds), cancellation)
                .ConfigureAwait(false);
    }

    public async ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation)
    {
        if (!context.IsServing || _region is not { } region) return default;
        var question = new RefusedQuestion(EntityOf(client, instance), zone, instance);
        return await AskAsync<IsRefused>(region, question, cancellation).ConfigureAwait(false) is { } answer ? new(answer.Value) : default;
    }

    // On the node's actor. An entity that asks knows of nobody who remembers where the client was.
    internal ClaimsHeld OnQuestion(ClaimsQuestion question, ClusterNode node)
    {
        _cache.Changed(question.Client);
        return new ClaimsHeld(question.Incarnation, node.Id, context.NodeName, _held.Answer(question.Client, question.Incarnation))
        {
            Refusals = _refusals.Of(question.Client, Now),
        };
    }

    internal void OnChanged(PlacesChanged changed) => _cache.Changed(changed.Client);

    internal void OnRefusals(KeepRefusals kept) => _refusals.Keep(kept.Client, kept.Until, kept.Refusals, Now);

    internal void OnLost(ClaimLost lost) => Lost(lost.Client, lost.Zone, lost.Generation, CloseReason.Replaced);

    private void Lost(string client, string zone, long generation, CloseReason reason)
    {
        _held.Take(client, zone, generation);
        _cache.Forget(client);
        context.Host.OnClaimLost(zone, client, generation, reason);
    }

    private async Task RestoreAsync(string client, HeldEntry claim)
    {
        while (_region is { } region && context.Node is { } node)
        {
            var by = new Claimant(claim.Zone, claim.Instance, claim.Subject, context.NodeName, node.Id, claim.Token);
            if (await AskAsync<ClaimAnswer>(
                region, new Restore(client, by, claim.Generation), default).ConfigureAwait(false) is not { } answer)
                continue;
            if (answer.Status != ClaimStatus.Granted) Lost(client, claim.Zone, claim.Generation, CloseReason.LeaseLost);
            return;
        }
    }

    private static string EntityOf(string client, string? instance) => client.Length > 0 ? client : InstancePrefix + instance;

    // Null: nobody answered in time.
    private static async ValueTask<T?> AskAsync<T>(IActorRef region, object message, CancellationToken cancellation)
        where T : class
    {
        try
        {
            return await region.Ask<T>(message, Limit, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
