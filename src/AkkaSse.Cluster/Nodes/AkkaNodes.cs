using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Clients;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// The other nodes: who they are, and requests to them. Requests go straight to the other node's actor, so they are in order per pair and
/// at most once; nothing is sent again.
/// </summary>
internal sealed class AkkaNodes(EngineContext context) : INodeEngine, IClusterComponent
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<ReadOnlyMemory<byte>?>> _asked = new();
    private readonly ConcurrentDictionary<Address, RequestLine> _lines = new();
    private readonly CancellationTokenSource _stopped = new();
    private long _correlation;
    private volatile IActorRef? _actor;

    /// <summary>Entities ask this node's actor about them.</summary>
    internal AkkaClaims Claims { get; set; } = null!;

    /// <summary>Told of every change of the membership, on the node's actor.</summary>
    internal Action<ClusterView> ViewChanged { get; set; } = static _ => { };

    /// <summary>Told that a reachable member has this node's name, and whether it says so itself: then it lives.</summary>
    internal Action<NameTaken, bool> NameIsTaken { get; set; } = static (_, _) => { };

    /// <summary>Told that an older member has another number of shards: its greeting and its address.</summary>
    internal Action<Hello, Address> ShardsDiffer { get; set; } = static (_, _) => { };

    internal DateTimeOffset StartedAt { get; } = context.Time.GetUtcNow();

    internal bool IsDraining => context.IsLeaving;

    public IReadOnlyList<IActorRef> Start(ClusterNode node)
    {
        _actor = node.System.ActorOf(Props.Create(() => new NodeActor(node, this)), NodeActor.Name);
        if (context.OwnsSystem)
        {
            node.System.ActorOf(Props.Create(() => new CrashWatcher(node)), CrashWatcher.Name);
            node.System.ActorOf(Props.Create(() => new PathWatcher(node)), PathWatcher.Name);
        }
        return [];
    }

    public Task LeaveAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Stop()
    {
        _actor = null;
        _lines.Clear();
        foreach (var (correlation, answer) in _asked)
        {
            if (_asked.TryRemove(correlation, out _)) answer.TrySetResult(null);
        }
    }

    /// <summary>Tells the members that this node is leaving.</summary>
    internal void SetDraining()
    {
        context.IsLeaving = true;
        _actor?.Tell(NodeActor.SayHello.Instance);
    }

    public ValueTask<NodeList> ListAsync(CancellationToken cancellation)
    {
        var nodes = new List<NodeInfo>
        {
            new(context.NodeName, context.IsLeaving ? "draining" : context.State == EngineState.Starting ? "starting" : "up")
            {
                Self = true,
                StartedAt = StartedAt,
                Address = context.Options.Address,
            },
        };
        var isComplete = false;
        if (context.Node is { } node)
        {
            // What this node sees; before it has joined, that is itself.
            isComplete = !context.IsOver && node.View.Me is { IsMember: true };
            foreach (var member in node.View.Members)
            {
                if (member.Name is null || member.Unique.Equals(node.Self)) continue;
                var state = member.Draining || member.Status is Akka.Cluster.MemberStatus.Leaving or Akka.Cluster.MemberStatus.Exiting
                    ? "draining"
                    : member.IsMember ? "up" : "starting";
                nodes.Add(new NodeInfo(member.Name, member.Reachable ? state : NodeInfo.Unreachable)
                {
                    StartedAt = member.StartedAt,
                    Address = member.PublicAddress,
                });
            }
        }
        nodes.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new(new NodeList(nodes, isComplete));
    }

    public async ValueTask<ReadOnlyMemory<byte>?> RequestAsync(
        string node, ReadOnlyMemory<byte> message, TimeSpan timeout, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (context.Node is not { } here || _actor is not { } self) return null;
        try
        {
            if (node == context.NodeName)
                return await context.Host.OnRequestAsync(node, message, cancellation).AsTask()
                    .WaitAsync(timeout, cancellation).ConfigureAwait(false);
            if (here.View.Named(node) is not { Actor: { } actor }) return null;
            var line = LineTo(actor, self);
            if (!line.Permits.Wait(0, CancellationToken.None) && !await line.Permits.WaitAsync(timeout, cancellation).ConfigureAwait(false))
                return null;
            var correlation = Interlocked.Increment(ref _correlation);
            var answer = new TaskCompletionSource<ReadOnlyMemory<byte>?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _asked[correlation] = answer;
            try
            {
                line.Add(new Request(correlation, context.NodeName, message));
                return await answer.Task.WaitAsync(timeout, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _asked.TryRemove(correlation, out _);
                line.Permits.Release();
            }
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    internal void OnView(ClusterView view) => ViewChanged(view);

    internal void OnNameTaken(NameTaken taken, bool byHolder) => NameIsTaken(taken, byHolder);

    internal void OnReply(Reply reply)
    {
        if (_asked.TryRemove(reply.Correlation, out var answer)) answer.TrySetResult(reply.Failed ? null : reply.Body);
    }

    internal void OnReplies(Replies replies, IActorRef sender)
    {
        foreach (var reply in replies.All) OnReply(reply);
        if (_lines.TryGetValue(sender.Path.Address, out var line)) line.Arrived();
    }

    // On the node's actor: what the host does before it first waits is done in the order of the requests.
    internal void OnRequest(Request request, IActorRef sender, IActorRef self)
    {
        if (Handle(request, sender, self) is { } reply) sender.Tell(reply, self);
    }

    internal void OnRequests(Requests requests, IActorRef sender, IActorRef self)
    {
        var replies = new List<Reply>(requests.All.Length);
        var bytes = 0;
        foreach (var request in requests.All)
        {
            if (Handle(request, sender, self) is not { } reply) continue;
            bytes += reply.Body.Length;
            // Lists may be long: together they could be larger than a frame.
            if (bytes <= RequestLine.MostBytes) replies.Add(reply);
            else sender.Tell(reply, self);
        }
        sender.Tell(new Replies([.. replies]), self);
    }

    // Null: the answer follows.
    private Reply? Handle(Request request, IActorRef sender, IActorRef self)
    {
        ValueTask<ReadOnlyMemory<byte>> handling;
        try
        {
            handling = context.Host.OnRequestAsync(request.From, request.Body, _stopped.Token);
        }
        catch (Exception e)
        {
            return Fail(e, request);
        }
        if (handling.IsCompletedSuccessfully) return new Reply(request.Correlation, false, handling.Result);
        _ = ReplyAsync(handling, request, sender, self);
        return null;
    }

    // A node that comes back has another actor.
    private RequestLine LineTo(IActorRef actor, IActorRef self)
    {
        while (true)
        {
            var line = _lines.GetOrAdd(actor.Path.Address, static (_, refs) => new RequestLine(refs.actor, refs.self), (actor, self));
            if (line.To.Equals(actor)) return line;
            _lines.TryRemove(new KeyValuePair<Address, RequestLine>(actor.Path.Address, line));
        }
    }

    private async Task ReplyAsync(ValueTask<ReadOnlyMemory<byte>> handling, Request request, IActorRef sender, IActorRef self)
    {
        try
        {
            sender.Tell(new Reply(request.Correlation, false, await handling.ConfigureAwait(false)), self);
        }
        catch (Exception e)
        {
            sender.Tell(Fail(e, request), self);
        }
    }

    private Reply Fail(Exception e, Request request)
    {
        Log.Fault(context.Logger, e, "a request of a node");
        return new Reply(request.Correlation, true, default);
    }
}
