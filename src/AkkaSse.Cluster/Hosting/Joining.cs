using System.Net.Sockets;
using Akka.Actor;
using Akka.Discovery;
using AkkaSse.Cluster.Nodes;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Finds the cluster, or begins it. Akka's own seed process would let the first seed begin a second cluster whenever it does not reach the others; here a seed counts who answers first.
/// </summary>
internal sealed class Joining(ClusterNode node, bool wasRemoved)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // Akka's own joining tries on and on; after this long the seeds are looked at anew, because the one that it asks may have left meanwhile.
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(10);

    // Two nodes that have this of each other must not begin again together.
    private readonly TimeSpan _deafLimit = TimeSpan.FromSeconds(5 + (node.Self.Uid & 3));
    private readonly Dictionary<Address, long> _deafSince = [];

    /// <summary>
    /// True when this node is a member that is up; false when a seed takes connections and yet answers nothing: then only another ActorSystem will reach it. Akka.NET's remoting (1.5.73) can take a connection that
    /// the seed's former ActorSystem began, and that waited in a queue, for the newer one, and refuse the seed's present one from then on.
    /// </summary>
    internal async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var options = node.Context.Options;
        var logged = -1;
        while (true)
        {
            var seeds = await SeedsAsync(cancellation).ConfigureAwait(false);
            var answers = await Task.WhenAll(seeds.Select(seed => AskAsync(seed, cancellation))).ConfigureAwait(false);
            var joined = seeds.Where((seed, i) => answers[i] is true && seed != node.Self.Address).ToList();
            var answered = answers.Count(static a => a is not null);
            if (joined.Count > 0)
            {
                if (await JoinAsync(joined, cancellation).ConfigureAwait(false)) return true;
            }
            else if (MayBegin(node.Self.Address, seeds, answered, options.RequiredSeeds, wasRemoved))
            {
                Log.BeginsCluster(node.Logger, node.Context.NodeName);
                if (await JoinAsync([node.Self.Address], cancellation).ConfigureAwait(false)) return true;
            }
            else if (answered != logged)
            {
                logged = answered;
                Log.WaitingForSeeds(node.Logger, answered, seeds.Count, Required(seeds.Count, options.RequiredSeeds, wasRemoved));
            }
            for (var i = 0; i < seeds.Count; i++)
            {
                if (await IsDeafAsync(seeds[i], answers[i] is not null, cancellation).ConfigureAwait(false)) return false;
            }
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> IsDeafAsync(Address seed, bool answered, CancellationToken cancellation)
    {
        if (answered || !await TakesConnectionsAsync(seed, cancellation).ConfigureAwait(false))
        {
            _deafSince.Remove(seed);
            return false;
        }
        var now = TimeProvider.System.GetTimestamp();
        if (_deafSince.TryAdd(seed, now) || TimeProvider.System.GetElapsedTime(_deafSince[seed], now) < _deafLimit) return false;
        Log.DeafSeed(node.Logger, seed.ToString(), _deafLimit);
        return true;
    }

    private static async Task<bool> TakesConnectionsAsync(Address seed, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerLimit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(seed.Host!, seed.Port!.Value, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Whether this node begins a cluster when no seed is in one. Pure.</summary>
    internal static bool MayBegin(Address self, IReadOnlyList<Address> seeds, int answered, int required, bool wasRemoved) =>
        seeds.Count > 0 && seeds[0] == self && answered >= Required(seeds.Count, required, wasRemoved);

    private static int Required(int seeds, int required, bool wasRemoved) => wasRemoved ? Math.Max(required, (seeds / 2) + 1) : required;

    private async Task<IReadOnlyList<Address>> SeedsAsync(CancellationToken cancellation)
    {
        var options = node.Context.Options;
        if (options.DiscoveryService is { } service) return await DiscoverAsync(service, cancellation).ConfigureAwait(false);
        return options.Seeds.Count == 0 ? [node.Self.Address] : [.. options.Seeds.Select(s => SeedAddress.Parse(options.SystemName, s, node.Self.Address.Protocol)!)];
    }

    private async Task<IReadOnlyList<Address>> DiscoverAsync(string service, CancellationToken cancellation)
    {
        try
        {
            var found = await Discovery.Get(node.System).Default.Lookup(service, TimeSpan.FromSeconds(3)).WaitAsync(cancellation).ConfigureAwait(false);
            var port = node.Self.Address.Port ?? AkkaClusterOptions.DefaultPort;
            return [.. found.Addresses.Select(a => new Address(node.Self.Address.Protocol, node.System.Name, a.Address?.ToString() ?? a.Host, a.Port is > 0 ? a.Port : port)).Distinct().Order()];
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
            return (await node.System.ActorSelection(NodeActor.PathAt(seed)).Ask<SeedAnswer>(SeedQuestion.Instance, AnswerLimit, cancellation).ConfigureAwait(false)).InCluster;
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
        catch (Exception e) when (e is OperationCanceledException or Akka.Cluster.ClusterJoinFailedException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
