using System.Collections.Concurrent;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Discovery;
using AkkaSse.Cluster.Nodes;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Finds the cluster, or begins it. Akka's own seed process would let the first seed begin a second cluster whenever it does not reach the
/// others; here a seed counts who answers first, and takes no silence for an answer.
/// </summary>
/// <param name="node">This node.</param>
/// <param name="options">Seeds and limits.</param>
/// <param name="wasRemoved">True when the others have removed this node's previous ActorSystem.</param>
/// <param name="silentBefore">So many ActorSystems before this one, without a pause between them, ended because a seed answered
/// nothing.</param>
internal sealed class Joining(ClusterNode node, AkkaClusterOptions options, bool wasRemoved, int silentBefore)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // Akka's own joining tries on and on; after this long the seeds are looked at anew, because the one that it asks may have left
    // meanwhile.
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(10);

    // Whether anybody is behind an address that answers nothing at all cannot be known: after so long it counts as nobody. Far longer than
    // a packet that is lost and sent again.
    private static readonly TimeSpan UnknownLimit = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _deafLimit = DeafLimit(node.Self.Uid, silentBefore);
    private readonly Dictionary<Address, long> _deafSince = [];
    private readonly ConcurrentDictionary<Address, long> _unknownSince = new();
    private readonly ConcurrentDictionary<Address, long> _askedAt = new();
    private readonly Dictionary<Address, bool> _isSelf = [];
    private volatile EngineStartException? _otherShards;
    private string? _refusal;

    /// <summary>
    /// True when this node is a member that is up; false when a seed takes connections and yet answers nothing: then only another
    /// ActorSystem will reach it. Akka.NET's remoting (1.5.73) can take a connection that the seed's previous ActorSystem began, and that
    /// waited in a queue, for the newer one, and refuse the seed's present one from then on.
    /// </summary>
    internal async Task<bool> RunAsync(CancellationToken cancellation)
    {
        (int, int) logged = (-1, -1);
        while (true)
        {
            var seeds = await SeedsAsync(cancellation).ConfigureAwait(false);
            if (await OwnSpellingAsync(seeds, cancellation).ConfigureAwait(false) is { } misspelt)
            {
                await RefuseAsync(misspelt, cancellation).ConfigureAwait(false);
                continue;
            }
            _otherShards = null;
            var states = await Task.WhenAll(seeds.Select(seed => LookAsync(seed, cancellation))).ConfigureAwait(false);
            if (_otherShards is { } differs)
            {
                await RefuseAsync(differs, cancellation).ConfigureAwait(false);
                continue;
            }
            var joined = seeds.Where((seed, i) => states[i] == SeedState.InCluster).ToList();
            if (joined.Count > 0)
            {
                if (MayJoin(states, silentBefore > 0) && await JoinAsync(joined, cancellation).ConfigureAwait(false)) return true;
            }
            else if (MayBegin(node.Self.Address, seeds, states, options.RequiredSeeds, wasRemoved))
            {
                if (options.Seeds.Count == 0 && options.DiscoveryService is null)
                    Log.ClusterOfOne(node.Logger, node.Context.NodeName, $"{node.Self.Address.Host}:{node.Self.Address.Port}");
                else Log.BeginsCluster(node.Logger, node.Context.NodeName);
                if (await JoinAsync([node.Self.Address], cancellation).ConfigureAwait(false)) return true;
            }
            else if ((Answered(states), Open(states)) is var counts && counts != logged)
            {
                logged = counts;
                Log.WaitingForSeeds(node.Logger, string.Join(", ", seeds.Select(static s => $"{s.Host}:{s.Port}")), counts.Item1,
                    seeds.Count, counts.Item2, Required(seeds.Count, options.RequiredSeeds, wasRemoved));
            }
            for (var i = 0; i < seeds.Count; i++)
            {
                if (!IsDeaf(seeds[i], states[i])) continue;
                await TlsProbe.ExplainAsync(node, seeds[i], cancellation).ConfigureAwait(false);
                return false;
            }
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    private bool IsDeaf(Address seed, SeedState state)
    {
        if (state != SeedState.Silent)
        {
            _deafSince.Remove(seed);
            return false;
        }
        var now = TimeProvider.System.GetTimestamp();
        if (_deafSince.TryAdd(seed, now) || TimeProvider.System.GetElapsedTime(_deafSince[seed], now) < _deafLimit) return false;
        if (silentBefore == 0) Log.DeafSeed(node.Logger, seed.ToString(), _deafLimit);
        else Log.DeafSeedAgain(node.Logger, seed.ToString(), silentBefore + 1, options.SystemName, _deafLimit);
        return true;
    }

    /// <summary>
    /// For how long a seed is silent before another ActorSystem is made: 5 to 8 s, because two nodes that have this of each other must not
    /// begin again together, and twice as long each time, up to 32 times. A second ActorSystem reaches a seed that the first one did not; a
    /// third one will hardly, and whoever is asked in vain logs an error. Pure.
    /// </summary>
    internal static TimeSpan DeafLimit(int uid, int silentBefore) =>
        TimeSpan.FromSeconds((5 + (uid & 3)) * (1 << Math.Min(silentBefore, 5)));

    /// <summary>The pause between two questions to a seed that is silent. Pure.</summary>
    internal static TimeSpan AskPause(int silentBefore) =>
        silentBefore == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1 << Math.Min(silentBefore, 5));

    private async Task<SeedState> LookAsync(Address seed, CancellationToken cancellation)
    {
        var state = IsAskedLater(seed) && await ProbeAsync(seed, cancellation).ConfigureAwait(false) is SeedState.Silent
            ? SeedState.Silent
            : await AskAsync(seed, cancellation).ConfigureAwait(false) switch
            {
                true => SeedState.InCluster,
                false => SeedState.Waiting,
                null => await ProbeAsync(seed, cancellation).ConfigureAwait(false),
            };
        if (state == SeedState.Silent) _askedAt.TryAdd(seed, TimeProvider.System.GetTimestamp());
        else _askedAt.TryRemove(seed, out _);
        if (state != SeedState.Unknown)
        {
            _unknownSince.TryRemove(seed, out _);
            return state;
        }
        var since = _unknownSince.GetOrAdd(seed, TimeProvider.System.GetTimestamp());
        return TimeProvider.System.GetElapsedTime(since) >= UnknownLimit ? SeedState.Absent : SeedState.Unknown;
    }

    // One that was silent when it was asked last, a moment ago.
    private bool IsAskedLater(Address seed)
    {
        if (!_askedAt.TryGetValue(seed, out var asked)) return false;
        if (TimeProvider.System.GetElapsedTime(asked) < AskPause(silentBefore)) return true;
        _askedAt.TryRemove(seed, out _);
        return false;
    }

    // Nobody reaches a node by another spelling than its own: this one would wait for an answer of its own that never comes, and the others
    // for it.
    private async Task<EngineStartException?> OwnSpellingAsync(IReadOnlyList<Address> seeds, CancellationToken cancellation)
    {
        var self = node.Self.Address;
        foreach (var seed in seeds)
        {
            if (seed.Port != self.Port || seed.Host == self.Host) continue;
            if (!_isSelf.TryGetValue(seed, out var same))
                _isSelf[seed] = same = await HostAddresses.AreSameAsync(seed.Host!, self.Host!, cancellation).ConfigureAwait(false);
            if (!same) continue;
            return new EngineStartException(options.DiscoveryService is null ? nameof(options.Seeds) : nameof(options.PublicHost),
                $"{seed.Host}:{seed.Port} among the seeds is this node, which the others reach by {self.Host}:{self.Port} alone; " +
                $"{nameof(options.PublicHost)} and the seed have to be written in the same way.");
        }
        return null;
    }

    // It goes on looking: the others may be put right.
    private async Task RefuseAsync(EngineStartException reason, CancellationToken cancellation)
    {
        if (_refusal != reason.Message)
        {
            _refusal = reason.Message;
            Log.CannotJoin(node.Logger, reason.Message);
        }
        if (node.Context.State == EngineState.Starting) node.Context.Host.OnRefused(reason);
        await Task.Delay(Pause, cancellation).ConfigureAwait(false);
    }

    // A socket is open as long as its process lives, however busy that is.
    private static async Task<SeedState> ProbeAsync(Address seed, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerLimit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(seed.Host!, seed.Port!.Value, limit.Token).ConfigureAwait(false);
            return SeedState.Silent;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.NoData
                ? SeedState.Absent
                : SeedState.Unknown;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return SeedState.Unknown;
        }
    }

    /// <summary>
    /// Whether this node begins a cluster: it is the first of the seeds, so many have answered that they are in none, and of no other one
    /// it is open whether it is in one. Pure.
    /// </summary>
    internal static bool MayBegin(
        Address self, IReadOnlyList<Address> seeds, IReadOnlyList<SeedState> states, int required, bool wasRemoved) =>
        seeds.Count > 0 && seeds[0] == self && Open(states) == 0 && !states.Contains(SeedState.InCluster) && Answered(states) >= Required(
            seeds.Count, required, wasRemoved);

    /// <summary>
    /// Whether this node joins those that have answered that they are in a cluster. A seed that takes connections and is silent may be one
    /// that this ActorSystem will never reach: as a member that hears some of the others and not all, this node would hold up the whole
    /// cluster. With the next ActorSystem it joins all the same: then the seed is frozen, and not out of reach. Pure.
    /// </summary>
    internal static bool MayJoin(IReadOnlyList<SeedState> states, bool seedWasSilent) =>
        states.Contains(SeedState.InCluster) && (seedWasSilent || !states.Contains(SeedState.Silent));

    private static int Answered(IReadOnlyList<SeedState> states) => states.Count(static s => s is SeedState.Waiting or SeedState.InCluster);

    private static int Open(IReadOnlyList<SeedState> states) => states.Count(static s => s is SeedState.Unknown or SeedState.Silent);

    private static int Required(int seeds, int required, bool wasRemoved) => wasRemoved ? Math.Max(required, (seeds / 2) + 1) : required;

    private async Task<IReadOnlyList<Address>> SeedsAsync(CancellationToken cancellation)
    {
        if (options.DiscoveryService is { } service) return await DiscoverAsync(service, cancellation).ConfigureAwait(false);
        return options.Seeds.Count == 0
            ? [node.Self.Address]
            : options.SeedAddresses(node.Self.Address.Protocol);
    }

    private async Task<IReadOnlyList<Address>> DiscoverAsync(string service, CancellationToken cancellation)
    {
        try
        {
            var found = await Discovery.Get(node.System).Default.Lookup(service, TimeSpan.FromSeconds(3))
                .WaitAsync(cancellation).ConfigureAwait(false);
            var port = node.Self.Address.Port ?? AkkaClusterOptions.DefaultPort;
            var (protocol, system) = (node.Self.Address.Protocol, node.System.Name);
            return [.. found.Addresses
                .Select(a => new Address(protocol, system, a.Address?.ToString() ?? a.Host, a.Port is > 0 ? a.Port : port))
                .Distinct().Order()];
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Each method fails in its own way; all of them are asked again.
            Log.DiscoveryFailed(node.Logger, service, e.Message);
            return [];
        }
    }

    // Null: no answer.
    private async Task<bool?> AskAsync(Address seed, CancellationToken cancellation)
    {
        if (seed == node.Self.Address) return false;
        try
        {
            var answer = await node.System.ActorSelection(NodeActor.PathAt(seed)).Ask<SeedAnswer>(
                SeedQuestion.Instance, AnswerLimit, cancellation).ConfigureAwait(false);
            if (answer.InCluster && answer.Shards != 0 && answer.Shards != options.Shards)
                _otherShards = new EngineStartException(nameof(options.Shards),
                    $"{nameof(options.Shards)} is {options.Shards} on this node and {answer.Shards} in the cluster of " +
                    $"{seed.Host}:{seed.Port}; all nodes of a cluster need the same number.");
            return answer.InCluster;
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<bool> JoinAsync(List<Address> at, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(JoinLimit);
        try
        {
            await node.Cluster.JoinSeedNodesAsync(at, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or ClusterJoinFailedException
            && !cancellation.IsCancellationRequested)
        {
            var who = string.Join(", ", at.Select(static s => $"{s.Host}:{s.Port}"));
            if (node.Cluster.SelfMember.Status == MemberStatus.Joining && node.Cluster.Settings.MinNrOfMembers is > 1 and var least)
                Log.WaitsForMembers(node.Logger, who, node.Cluster.State.Members.Count, least);
            else Log.NotLetIn(node.Logger, who, JoinLimit);
            return false;
        }
    }
}
