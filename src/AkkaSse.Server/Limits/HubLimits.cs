using System.Diagnostics.Metrics;
using System.Security.Claims;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Limits;

/// <summary>
/// Holds what is asked of the hub to <see cref="LimitSettings"/>: limits of the caller, of its address, of the streams and their
/// namespaces, and of the subject on all nodes. All of them take it, or none. Thread-safe.
/// </summary>
internal sealed class HubLimits : IHubQuota, IDisposable
{
    private const int Caller = 0;
    private const int Address = 1;
    private const int Streams = 2;

    // Of 100 000 keys a look takes 22 ms of a core.
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(5);

    private readonly LimitScope<string>? _subjects;
    private readonly LimitScope<AddressKey>? _anonymous;
    private readonly LimitScope<AddressKey>? _addresses;
    private readonly LimitScope<StreamKey>? _streams;
    private readonly NamespaceLimits? _namespaces;
    private readonly ClusterQuota? _cluster;
    private readonly ITimer _sweeps;
    private readonly Meter _meter = new(ServerHost.Meters);
    private readonly Counter<long> _refused;
    private readonly HubOptions? _hub;

    /// <param name="limits">Which limits there are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cluster">What a subject may publish on all nodes; null for no limit.</param>
    /// <param name="hub">What namespaces there are; null for none.</param>
    public HubLimits(LimitSettings limits, TimeProvider time, ClusterQuota? cluster = null, HubOptions? hub = null)
    {
        const string Section = LimitSettings.Section;
        var burst = limits.Burst;
        _subjects = LimitScope<string>.Of("The caller", Section, limits, burst, time);
        _anonymous = LimitScope<AddressKey>.Of("The caller", Section, limits, burst, time);
        _addresses = LimitScope<AddressKey>.Of("The address", $"{Section}:{nameof(limits.Address)}", limits.Address, burst, time);
        _streams = LimitScope<StreamKey>.Of("The stream", $"{Section}:{nameof(limits.Stream)}", limits.Stream, burst, time);
        _namespaces = NamespaceLimits.Of(limits, hub, time);
        _cluster = cluster;
        _hub = hub;
        _refused = _meter.CreateCounter<long>(
            "akkasse.limits.refused", "{refusal}", "Publishes, batch items and event streams that a limit has refused, by whose it is.");
        // A rate sees the first one only when there was a 0 before it.
        foreach (var scope in new[] { "caller", "address", "stream", "namespace", "cluster" })
            _refused.Add(0, new KeyValuePair<string, object?>("scope", scope));
        _sweeps = time.CreateTimer(static limits => ((HubLimits)limits!).Sweep(), this, SweepEvery, SweepEvery);
    }

    public HubQuotaAnswer AcquirePublish(in HubAccessRequest request, int events, long bytes) => Take(
        new Party(SubjectOf(request.Principal), AddressKey.Of(request.Context.Connection.RemoteIpAddress), StreamKey.TargetOf(request), []),
        new LimitAmounts(0, events, bytes));

    public HubQuotaAnswer AcquireConnect(HttpContext context, SubscribeRequest request) => Take(
        new Party(request.Subject, AddressKey.Of(context.Connection.RemoteIpAddress), default, request.Streams),
        new LimitAmounts(1, 0, 0));

    public void Dispose()
    {
        _sweeps.Dispose();
        _meter.Dispose();
    }

    private HubQuotaAnswer Take(in Party party, in LimitAmounts ask)
    {
        // The cluster comes last: what other nodes were told cannot be given back.
        var last = Streams + (_namespaces is null ? party.Targets : 2 * party.Targets);
        for (var step = 0; step <= last; step++)
        {
            var answer = step == last ? TakeOfCluster(party, ask) : At(step, party, ask, giveBack: false);
            if (!answer.IsRefused) continue;
            var whose = step == last ? "cluster" : Whose(step, party.Targets);
            CountRefused(whose, party, step);
            while (--step >= 0) At(step, party, ask, giveBack: true);
            return answer;
        }
        return HubQuotaAnswer.Allowed;
    }

    // The label of the namespace is that of the stream that was refused; where it was none in particular, of the first.
    private void CountRefused(string whose, in Party party, int step)
    {
        var scope = new KeyValuePair<string, object?>("scope", whose);
        var place = step < Streams ? 0 : (step - Streams) % Math.Max(1, party.Targets);
        if (_hub is not null && party.Targets > 0 && party.StreamAt(place) is { } stream && _hub.NamespaceOf(stream) is { } found)
            _refused.Add(1, scope, new KeyValuePair<string, object?>("namespace", found.Prefix));
        else _refused.Add(1, scope);
    }

    private static string Whose(int step, int targets) => step switch
    {
        Caller => "caller",
        Address => "address",
        _ => step < Streams + targets ? "stream" : "namespace",
    };

    private HubQuotaAnswer TakeOfCluster(in Party party, in LimitAmounts ask) =>
        _cluster is null || party.Subject is null || ask.Events == 0 ? HubQuotaAnswer.Allowed : _cluster.Take(party.Subject, ask);

    private HubQuotaAnswer At(int step, in Party party, in LimitAmounts ask, bool giveBack) => step switch
    {
        Caller when party.Subject is { } subject => At(_subjects, subject, ask, giveBack),
        Caller => At(_anonymous, party.Address, ask, giveBack),
        Address => At(_addresses, party.Address, ask, giveBack),
        _ when step >= Streams + party.Targets => AtNamespace(party, step - Streams - party.Targets, ask, giveBack),
        _ when party.Target.Kind != 0 => At(_streams, party.Target, ask, giveBack),
        _ => At(_streams, StreamKey.Stream(party.Streams[step - Streams].Stream), ask, giveBack),
    };

    // All streams of one namespace are one ask, at the place of the first of them: more than a burst is taken as a whole.
    private HubQuotaAnswer AtNamespace(in Party party, int place, in LimitAmounts ask, bool giveBack)
    {
        if (party.StreamAt(place) is not { } stream || _namespaces!.Find(stream) is not { } scope) return HubQuotaAnswer.Allowed;
        if (party.Target.Kind != 0) return At(scope, 0, ask, giveBack);
        var count = 0;
        for (var i = 0; i < party.Streams.Count; i++)
        {
            if (_namespaces.Find(party.Streams[i].Stream) != scope) continue;
            if (i < place) return HubQuotaAnswer.Allowed;
            count++;
        }
        return At(scope, 0, ask with { Connects = count }, giveBack);
    }

    private static HubQuotaAnswer At<TKey>(LimitScope<TKey>? scope, TKey key, in LimitAmounts ask, bool giveBack)
        where TKey : notnull
    {
        if (scope is null) return HubQuotaAnswer.Allowed;
        if (!giveBack) return scope.Take(key, ask);
        scope.GiveBack(key, ask);
        return HubQuotaAnswer.Allowed;
    }

    // The enumerators of Identity and FindFirst are 40 bytes each for every publish; what they go through are lists, unless somebody has
    // composed them.
    private static string? SubjectOf(ClaimsPrincipal principal) =>
        principal.Identities is List<ClaimsIdentity> { Count: 1 } identities && identities[0].Claims is List<Claim> claims
            ? claims.Find(static c => c.Type == ClaimTypes.NameIdentifier)?.Value
            : principal.FindFirst(ClaimTypes.NameIdentifier)?.Value;

    private void Sweep()
    {
        _subjects?.Sweep();
        _anonymous?.Sweep();
        _addresses?.Sweep();
        _streams?.Sweep();
        _cluster?.Sweep();
    }

    /// <summary>Who asks, from where, for what.</summary>
    private readonly record struct Party(
        string? Subject, AddressKey Address, StreamKey Target, IReadOnlyList<StreamSubscription> Streams)
    {
        /// <summary>How many streams, zones or broadcasts it is for; 1 for a publish.</summary>
        public int Targets => Target.Kind != 0 ? 1 : Streams.Count;

        /// <summary>One of them, if it is a stream or a zone: both are in namespaces by their names.</summary>
        public string? StreamAt(int place) => Target.Kind switch
        {
            default(char) => Streams[place].Stream,
            StreamKey.StreamKind or StreamKey.ZoneKind => Target.Name,
            _ => null,
        };
    }
}
