namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>Claims of one process.</summary>
internal sealed class InProcessClaims(IEngineHost host) : IClaimEngine
{
    // Refusals are dropped when their time is over; a flood of distinct ones is bounded by looking at all of them at this count.
    private const int SweepAt = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Zone, string Client), HeldClaim> _held = [];
    private readonly Dictionary<string, HashSet<string>> _zonesOf = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Zone, string Client, string? Instance), DateTimeOffset> _refused = [];
    private long _generation;
    private volatile bool _stopped;

    /// <summary>Nothing is known from now on.</summary>
    internal void Stop() => _stopped = true;

    public bool IsNodeLocal => true;

    public ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation)
    {
        ClaimDecision decision;
        long generation = 0;
        lock (_gate)
        {
            var key = (request.Zone, request.Client);
            _held.TryGetValue(key, out var holder);
            decision = ClaimRules.Decide(
                request, holder, IsRefused(request.Zone, request.Client, request.Instance), host.Options.DuplicateClients);
            if (decision.Status == ClaimStatus.Granted)
            {
                generation = ++_generation;
                _held[key] = new HeldClaim(generation, host.Options.NodeName, request.Instance, request.Subject);
                if (!_zonesOf.TryGetValue(request.Client, out var zones)) _zonesOf[request.Client] = zones = new(1, StringComparer.Ordinal);
                zones.Add(request.Zone);
                if (decision.Replaces is { Instance: { } replaced } && replaced != request.Instance)
                    Refuse(request.Zone, request.Client, replaced, ClaimRules.ReplacedMemory);
            }
        }
        if (decision.Replaces is { } loser) host.OnClaimLost(request.Zone, request.Client, loser.Generation, CloseReason.Replaced);
        return new(new ClaimResult(decision.Status, generation));
    }

    public ValueTask ReleaseAsync(string zone, string client, long generation)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue((zone, client), out var holder) || holder.Generation != generation) return ValueTask.CompletedTask;
            _held.Remove((zone, client));
            if (_zonesOf.TryGetValue(client, out var zones) && zones.Remove(zone) && zones.Count == 0) _zonesOf.Remove(client);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(string? zone, string client, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_gate)
        {
            if (zone is not null)
            {
                return At(_held.TryGetValue((zone, client), out var holder)
                    ? [new ClaimLocation(zone, client, holder.Node, holder.Generation)]
                    : []);
            }
            if (!_zonesOf.TryGetValue(client, out var zones)) return At([]);
            return At([.. zones.Order(StringComparer.Ordinal).Select(
                z => new ClaimLocation(z, client, _held[(z, client)].Node, _held[(z, client)].Generation))]);
        }
    }

    private static ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> At(IReadOnlyList<ClaimLocation> places) =>
        new(new EngineAnswer<IReadOnlyList<ClaimLocation>>(places));

    public ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation)
    {
        lock (_gate) Refuse(zone, client, instance, time);
        return ValueTask.CompletedTask;
    }

    public ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_gate) return new(new EngineAnswer<bool>(IsRefused(zone, client, instance)));
    }

    private void Refuse(string zone, string client, string? instance, TimeSpan time)
    {
        var now = host.Time.GetUtcNow();
        if (_refused.Count >= SweepAt)
        {
            foreach (var (key, until) in _refused)
            {
                if (until <= now) _refused.Remove(key);
            }
        }
        _refused[(zone, client, instance)] = now + time;
    }

    private bool IsRefused(string zone, string client, string? instance)
    {
        if (_refused.Count == 0) return false;
        var now = host.Time.GetUtcNow();
        return Holds((zone, client, null), now) || (instance is not null && Holds((zone, client, instance), now));
    }

    private bool Holds((string, string, string?) key, DateTimeOffset now)
    {
        if (!_refused.TryGetValue(key, out var until)) return false;
        if (until > now) return true;
        _refused.Remove(key);
        return false;
    }
}
