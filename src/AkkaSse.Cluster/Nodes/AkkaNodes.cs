using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Clients;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// The other nodes: who they are, and requests to them. Requests go straight to the other node's actor, so they are in order per pair and at most once; nothing is sent again.
/// </summary>
internal sealed class AkkaNodes(EngineContext context) : INodeEngine, IClusterRoom
{
    /// <summary>At most so many requests to one node are without an answer; the next ones wait here. An unbounded burst would hold up the heartbeats on the same connection.</summary>
    internal const int Window = 1_024;

    private readonly ConcurrentDictionary<long, TaskCompletionSource<ReadOnlyMemory<byte>?>> _asked = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _windows = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopped = new();
    private long _correlation;
    private volatile IActorRef? _actor;
    private volatile bool _draining;

    /// <summary>Entities ask this node's actor about them.</summary>
    internal AkkaClaims Claims { get; set; } = null!;

    /// <summary>Told of every change of the membership, on the node's actor.</summary>
    internal Action<ClusterView> ViewChanged { get; set; } = static _ => { };

    /// <summary>Told that a reachable member has this node's name.</summary>
    internal Action<NameTaken> NameIsTaken { get; set; } = static _ => { };

    internal DateTimeOffset StartedAt { get; } = context.Time.GetUtcNow();

    internal bool IsDraining => _draining;

    public IReadOnlyList<IActorRef> Start(ClusterNode node)
    {
        _actor = node.System.ActorOf(Props.Create(() => new NodeActor(node, this)), NodeActor.Name);
        return [];
    }

    public Task LeaveAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Stop()
    {
        _actor = null;
        foreach (var (correlation, answer) in _asked)
        {
            if (_asked.TryRemove(correlation, out _)) answer.TrySetResult(null);
        }
    }

    /// <summary>Tells the members that this node is leaving.</summary>
    internal void SetDraining()
    {
        _draining = true;
        _actor?.Tell(NodeActor.SayHello.Instance);
    }

    public ValueTask<IReadOnlyList<NodeInfo>> ListAsync(CancellationToken cancellation)
    {
        var nodes = new List<NodeInfo>
        {
            new(context.NodeName, _draining ? "draining" : context.State == EngineState.Starting ? "starting" : "up") { Self = true, StartedAt = StartedAt, Address = context.Options.Address },
        };
        if (context.Node is { } node)
        {
            foreach (var member in node.View.Members)
            {
                if (member.Name is null || member.Unique.Equals(node.Self)) continue;
                var state = member.Draining || member.Status is Akka.Cluster.MemberStatus.Leaving or Akka.Cluster.MemberStatus.Exiting ? "draining" : member.IsMember ? "up" : "starting";
                nodes.Add(new NodeInfo(member.Name, member.Reachable ? state : "unreachable") { StartedAt = member.StartedAt, Address = member.PublicAddress });
            }
        }
        nodes.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return ValueTask.FromResult<IReadOnlyList<NodeInfo>>(nodes);
    }

    public async ValueTask<ReadOnlyMemory<byte>?> RequestAsync(string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (context.Node is not { } here || _actor is not { } self) return null;
        try
        {
            if (node == context.NodeName) return await context.Host.OnRequestAsync(node, message, cancellation).AsTask().WaitAsync(timeout, cancellation).ConfigureAwait(false);
            if (here.View.Named(node) is not { Actor: { } actor }) return null;
            var window = _windows.GetOrAdd(node, static _ => new SemaphoreSlim(Window));
            if (!window.Wait(0, CancellationToken.None) && !await window.WaitAsync(timeout, cancellation).ConfigureAwait(false)) return null;
            var correlation = Interlocked.Increment(ref _correlation);
            var answer = new TaskCompletionSource<ReadOnlyMemory<byte>?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _asked[correlation] = answer;
            try
            {
                actor.Tell(new Request(correlation, context.NodeName, message), self);
                return await answer.Task.WaitAsync(timeout, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _asked.TryRemove(correlation, out _);
                window.Release();
            }
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    internal void OnView(ClusterView view) => ViewChanged(view);

    internal void OnNameTaken(NameTaken taken) => NameIsTaken(taken);

    internal void OnReply(Reply reply)
    {
        if (_asked.TryRemove(reply.Correlation, out var answer)) answer.TrySetResult(reply.Failed ? null : reply.Body);
    }

    // On the node's actor: what the host does before it first waits is done in the order of the requests.
    internal void OnRequest(Request request, IActorRef sender, IActorRef self)
    {
        ValueTask<ReadOnlyMemory<byte>> handling;
        try
        {
            handling = context.Host.OnRequestAsync(request.From, request.Body, _stopped.Token);
        }
        catch (Exception e)
        {
            Fail(e, request, sender, self);
            return;
        }
        if (handling.IsCompletedSuccessfully) sender.Tell(new Reply(request.Correlation, false, handling.Result), self);
        else _ = ReplyAsync(handling, request, sender, self);
    }

    private async Task ReplyAsync(ValueTask<ReadOnlyMemory<byte>> handling, Request request, IActorRef sender, IActorRef self)
    {
        try
        {
            sender.Tell(new Reply(request.Correlation, false, await handling.ConfigureAwait(false)), self);
        }
        catch (Exception e)
        {
            Fail(e, request, sender, self);
        }
    }

    private void Fail(Exception e, Request request, IActorRef sender, IActorRef self)
    {
        Log.Fault(context.Logger, e, "a request of a node");
        sender.Tell(new Reply(request.Correlation, true, default), self);
    }
}
