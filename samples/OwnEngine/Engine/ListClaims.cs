using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace OwnEngine.Engine;

/// <summary>Which connection holds which client id. <see cref="ClaimRules"/> decides; an engine keeps who holds what.</summary>
internal sealed class ListClaims(ListEngine engine) : IClaimEngine
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Zone, string Client), HeldClaim> _held = [];

    // Those whose time is over go when somebody asks for them, or when there are twice as many as at the last look at all of them.
    private readonly Dictionary<(string Zone, string Client, string? Instance), DateTimeOffset> _refused = [];
    private int _lookAt = 1_000;
    private long _generation;

    /// <summary>There is no other node that could hold a client id.</summary>
    public bool IsNodeLocal => true;

    public ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation)
    {
        if (engine.Host is not { } host) return new(new ClaimResult(ClaimStatus.Unavailable, 0));
        ClaimDecision decision;
        long generation;
        lock (_gate)
        {
            var (zone, client, instance) = (request.Zone, request.Client, request.Instance);
            var refused = IsRefused(host, zone, client, instance);
            decision = ClaimRules.Decide(request, _held.GetValueOrDefault((zone, client)), refused, host.Options.DuplicateClients);
            if (decision.Status != ClaimStatus.Granted) return new(new ClaimResult(decision.Status, 0));
            _held[(zone, client)] = new HeldClaim(generation = ++_generation, host.Options.NodeName, instance, request.Subject);
            if (decision.Replaces is { Instance: { } loser } && loser != instance)
                Refuse(host, zone, client, loser, ClaimRules.ReplacedMemory);
        }
        // Outside the lock: the hub closes the connection that lost the id, which may release it.
        if (decision.Replaces is { } replaced)
            host.OnClaimLost(request.Zone, request.Client, replaced.Generation, CloseReason.Replaced);
        return new(new ClaimResult(ClaimStatus.Granted, generation));
    }

    public ValueTask ReleaseAsync(string zone, string client, long generation)
    {
        lock (_gate)
        {
            // A connection that was replaced releases what its successor holds by now.
            if (_held.TryGetValue((zone, client), out var holder) && holder.Generation == generation) _held.Remove((zone, client));
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(string? zone, string client, CancellationToken cancellation)
    {
        if (engine.Host is null) return default;
        lock (_gate)
        {
            var places = _held.Where(held => held.Key.Client == client && (zone is null || held.Key.Zone == zone))
                .Select(static held => new ClaimLocation(held.Key.Zone, held.Key.Client, held.Value.Node, held.Value.Generation));
            return new(new EngineAnswer<IReadOnlyList<ClaimLocation>>([.. places]));
        }
    }

    public ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation)
    {
        if (engine.Host is not { } host) return ValueTask.CompletedTask;
        lock (_gate) Refuse(host, zone, client, instance, time);
        return ValueTask.CompletedTask;
    }

    public ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation)
    {
        if (engine.Host is not { } host) return default;
        lock (_gate) return new(new EngineAnswer<bool>(IsRefused(host, zone, client, instance)));
    }

    private void Refuse(IEngineHost host, string zone, string client, string? instance, TimeSpan time)
    {
        var now = host.Time.GetUtcNow();
        if (_refused.Count >= _lookAt)
        {
            foreach (var (key, until) in _refused)
            {
                if (until <= now) _refused.Remove(key);
            }
            _lookAt = Math.Max(1_000, _refused.Count * 2);
        }
        _refused[(zone, client, instance)] = now + time;
    }

    // The id itself, or this instance of it.
    private bool IsRefused(IEngineHost host, string zone, string client, string? instance)
    {
        var now = host.Time.GetUtcNow();
        return (_refused.TryGetValue((zone, client, null), out var until) && until > now)
            || (instance is not null && _refused.TryGetValue((zone, client, instance), out until) && until > now);
    }
}
