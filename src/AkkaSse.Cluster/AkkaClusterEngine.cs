using Akka.Actor;
using Akka.Cluster.Sharding;
using AkkaSse.Cluster.Clients;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Nodes;
using AkkaSse.Cluster.Streams;
using AkkaSse.Cluster.Values;
using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Cluster;

/// <summary>
/// The engine on an Akka.NET cluster: nodes find each other and need nothing else. Each stream has one owner at a time, and its log is held
/// by so many nodes that one may be lost (<see cref="AkkaEngineOptions.Backups"/>).
/// </summary>
/// <remarks>
/// Logs live in memory: when all nodes end, they are gone. While this node sees a minority, publishes are refused at once (certainly not
/// appended), established connections stay, and afterwards every stream with readers is synchronised. A node that the others have removed
/// comes back by itself, unless it works in an application's ActorSystem: that one has ended, and the engine is Down. Thread-safe.
/// </remarks>
public sealed class AkkaClusterEngine : IHubEngine
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan NameToldEvery = TimeSpan.FromSeconds(30);

    // For so long the holder of a name is given time to go: a node that restarts may meet itself leaving.
    private static readonly TimeSpan NameTakenLimit = TimeSpan.FromSeconds(5);

    // A greeting goes out every 250 ms: forty of them.
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(10);

    // A look at the view costs nothing, and what leaves waits for it.
    private static readonly TimeSpan LeavingEvery = TimeSpan.FromMilliseconds(100);

    private readonly AkkaEngineOptions _options;
    private readonly IActorSystemHost _host;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private EngineContext? _context;
    private AkkaNodes? _nodes;
    private AkkaClaims? _claims;
    private AkkaStreams? _streams;
    private AkkaValues? _values;
    private IClusterComponent[] _components = [];
    private IReadOnlyList<IActorRef> _regions = [];
    private Task _running = Task.CompletedTask;
    private Task? _drained;
    private bool _reached;
    private bool _wasReady;
    private bool _minority;
    private bool _isOver;
    private long _nameToldAt;
    private long _nameRefusedAt;
    private long _nameRefusedLast;
    private int _disposed;

    /// <summary>
    /// Makes an engine with an ActorSystem of its own, which it joins to the cluster, and replaces when the others have removed it; it
    /// works after <see cref="StartAsync"/>.
    /// </summary>
    /// <param name="options">Validated here.</param>
    /// <param name="loggers">Akka.NET's own lines go there too. Payloads are not logged.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public AkkaClusterEngine(AkkaClusterOptions options, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid(nameof(options));
        loggers ??= NullLoggerFactory.Instance;
        _options = options;
        _logger = loggers.CreateLogger<AkkaClusterEngine>();
        _host = new OwnedActorSystem(options, loggers, _logger);
    }

    /// <summary>
    /// Makes an engine that works in the application's ActorSystem, which was made with <c>WithSseHub</c>; it works after
    /// <see cref="StartAsync"/>. The application joins, leaves and ends the ActorSystem: when it has ended, the engine is Down for good.
    /// </summary>
    /// <param name="system">The application's.</param>
    /// <param name="loggers">The engine's own lines go there.</param>
    /// <exception cref="InvalidOperationException">The ActorSystem was made without <c>WithSseHub</c>.</exception>
    public AkkaClusterEngine(ActorSystem system, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        _options = system.Settings.Setup.Get<SseHubSetup>() is { HasValue: true } setup
            ? setup.Value.Options
            : throw new InvalidOperationException(
                $"The ActorSystem {system.Name} was made without the hub's settings; call WithSseHub in AddAkka, after WithRemoting and " +
                "WithClustering.");
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<AkkaClusterEngine>();
        _host = new GivenActorSystem(system, () => DrainAsync(CancellationToken.None).AsTask(), _logger);
    }

    /// <inheritdoc/>
    public string Name => "akka";

    /// <inheritdoc/>
    public EngineState State => _context?.State ?? EngineState.Starting;

    /// <inheritdoc/>
    public long LogBytes => _streams?.LogBytes ?? 0;

    /// <inheritdoc/>
    /// <remarks>The actors do it at times of their own.</remarks>
    public void Sweep()
    {
    }

    /// <inheritdoc/>
    public IStreamEngine Streams => _streams ?? throw NotStarted();

    /// <inheritdoc/>
    public IClaimEngine Claims => _claims ?? throw NotStarted();

    /// <inheritdoc/>
    public INodeEngine Nodes => _nodes ?? throw NotStarted();

    /// <inheritdoc/>
    public IKeyValueEngine Values => _values ?? throw NotStarted();

    /// <summary>The ActorSystem that runs now, for tests.</summary>
    internal ClusterNode? Node => _context?.Node;

    /// <summary>Streams in the cluster as this node counts them, for tests of the limit.</summary>
    internal int StreamCount => _streams?.Count ?? 0;

    /// <summary>What this node's sweeps would do at their own time, for tests that move the clock.</summary>
    internal Task SweepAsync() => _streams?.SweepAsync() ?? Task.CompletedTask;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It was started before; Akka.NET has a version that is known to put a shard on two nodes;
    /// or the application's ActorSystem is not one the hub can work in.</exception>
    /// <exception cref="EngineStartException">The port cannot be listened on; Akka.NET does not take the configuration; the hub's largest
    /// event does not fit into a message between nodes; or the options of its streams say that publishers wait for readers.</exception>
    public ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (_context is not null) throw new InvalidOperationException("An engine is started once.");
        if (AkkaVersions.Fault(AkkaVersions.Loaded) is { } bad) throw new InvalidOperationException(bad);
        StreamRules.ThrowUnlessForSeveralNodes(host.Options);
        var frame = _host.MaxFrameBytes;
        if (host.Options.MaxEventBytes + FrameReserve > frame)
            throw new EngineStartException(
                nameof(Hub.HubOptions.MaxEventBytes),
                $"MaxEventBytes is {host.Options.MaxEventBytes}; with messages between nodes of at most " +
                $"{frame} bytes ({(_host.Replaces ? "MaxFrameBytes" : "akka.remote.dot-netty.tcp.maximum-frame-size")}) " +
                $"at most {frame - FrameReserve} are allowed.");
        _context = new EngineContext(_options, host, _logger) { MaxFrameBytes = frame, OwnsSystem = _host.Replaces };
        _nodes = new AkkaNodes(_context) { ViewChanged = OnView, NameIsTaken = OnNameTaken, ShardsDiffer = OnShardsDiffer };
        _values = new AkkaValues(_context);
        _streams = new AkkaStreams(_context);
        _claims = new AkkaClaims(_context);
        _nodes.Claims = _claims;
        _components = [_nodes, _values, _streams, _claims];
        // Started here, so that a taken port is told to whoever starts; joining goes on in the background.
        _running = RunAsync(Begin());
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DrainAsync(CancellationToken cancellation)
    {
        lock (_gate)
            return new ValueTask(_drained ??= _context is null || Volatile.Read(ref _disposed) != 0
                ? Task.CompletedTask
                : Task.Run(LeaveAsync, CancellationToken.None));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        if (_context is { } context) (context.IsOver, context.State) = (true, EngineState.Down);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_context?.Node is { } node) await _host.EndAsync(node.System, _regions).ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_drained is { } drained) await drained.ConfigureAwait(false);
        // In an ActorSystem that goes on the node is a member still, and has to be heard before a log may begin: its name and its copies,
        // of which others have what they held, answer until it leaves.
        if (!_host.Replaces) _nodes?.SetDraining();
        foreach (var component in _components) component.Stop();
        _streams?.End();
        _host.Dispose();
        _stop.Dispose();
    }

    // An event of the largest size goes in a message of its own: with the envelope, and as much again for its fields besides the data.
    private const int FrameReserve = 2 * AkkaStreams.EnvelopeBytes;

    private ClusterNode Begin()
    {
        var system = _host.Begin(_context!);
        var regions = new List<IActorRef>();
        try
        {
            var node = new ClusterNode(_context!, system) { RefusalChanged = () => Decide(_context!.Node?.View) };
            _reached = false;
            _context!.Node = node;
            foreach (var component in _components) regions.AddRange(component.Start(node));
            _regions = regions;
            Log.Listening(_logger, _context.NodeName, node.Self.Address.ToString());
            return node;
        }
        catch (Exception e)
        {
            _context!.Node = null;
            _ = _host.EndAsync(system, regions);
            if (_host.Explain(e) is var told && told != e) throw told;
            throw;
        }
    }

    private async Task RunAsync(ClusterNode node)
    {
        var stopped = _stop.Token;
        var wasRemoved = false;
        while (true)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopped);
            var joining = JoinAsync(node, wasRemoved, ended.Token);
            await _host.EndedAsync(node, stopped).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            var joined = await joining.ConfigureAwait(false);
            if (stopped.IsCancellationRequested || _drained is not null) return;
            _context!.Node = null;
            if (!_host.Replaces)
            {
                Log.GuestEnded(_logger);
                End();
                foreach (var component in _components) component.Stop();
                return;
            }
            // The others have removed this node, and Akka's own shutdown has run: a removed incarnation never comes back, a new one does.
            // One that never joined was ended by this engine.
            if (joined)
            {
                // A node whose name another one has was not removed: it left, and has said why.
                if (!node.IsRefused) Log.Removed(_logger);
                wasRemoved = true;
            }
            Decide(null);
            foreach (var component in _components) component.Stop();
            if (await BeginAgainAsync(stopped).ConfigureAwait(false) is not { } next) return;
            node = next;
        }
    }

    private async Task<ClusterNode?> BeginAgainAsync(CancellationToken stopped)
    {
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                return Begin();
            }
            catch (Exception e) when (!stopped.IsCancellationRequested)
            {
                // The port may still be held by what has just ended.
                Log.StartFailed(_logger, e.InnerException?.Message ?? e.Message, delay);
            }
            catch (Exception e)
            {
                // The engine is ending: what was begun was terminated in the middle of it.
                Log.StartFailed(_logger, e.InnerException?.Message ?? e.Message, TimeSpan.Zero);
                return null;
            }
            try
            {
                await Task.Delay(delay, stopped).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    // Whether the node became a member.
    private async Task<bool> JoinAsync(ClusterNode node, bool wasRemoved, CancellationToken ended)
    {
        var joined = false;
        try
        {
            joined = await _host.JoinAsync(node, wasRemoved, ended).ConfigureAwait(false);
            if (!joined)
            {
                await _host.EndAsync(node.System, _regions).ConfigureAwait(false);
                return false;
            }
            foreach (var region in _regions) await ReachAsync(node, region, ended).ConfigureAwait(false);
            await GreetedAsync(node, ended).ConfigureAwait(false);
            Log.Up(_logger, node.Context.NodeName, node.View.Members.Length, node.View.StreamNodes.Count());
            lock (_gate) _reached = true;
            Decide(node.View);
            foreach (var component in _components) component.Reached();
        }
        catch (Exception e) when (ended.IsCancellationRequested
            && e is OperationCanceledException or Akka.Cluster.ClusterJoinFailedException)
        {
            // The ActorSystem has ended.
        }
        catch (Exception e)
        {
            Log.Fault(_logger, e, "joining");
            if (!_host.Replaces) End();
            await _host.EndAsync(node.System, _regions).ConfigureAwait(false);
        }
        return joined;
    }

    // A region that answers has its coordinator's answer; one that hosts entities must be registered itself.
    private static async Task ReachAsync(ClusterNode node, IActorRef region, CancellationToken ended)
    {
        while (true)
        {
            try
            {
                var known = await region.Ask<CurrentRegions>(
                    GetCurrentRegions.Instance, TimeSpan.FromSeconds(1), ended).ConfigureAwait(false);
                if (node.Context.Options.HostsStreams ? known.Regions.Contains(node.Self.Address) : known.Regions.Count > 0) return;
            }
            catch (AskTimeoutException)
            {
                // The coordinator is not there yet.
            }
            await Task.Delay(50, ended).ConfigureAwait(false);
        }
    }

    // Everybody that is there knows this node's name, and this node theirs. A member whose hub has ended, or never began, says nothing: it
    // is given no votes, and it is not waited for for ever.
    private async Task GreetedAsync(ClusterNode node, CancellationToken ended)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var silent = node.View.Members.FirstOrDefault(static m => m is { Name: null, IsMember: true, Reachable: true });
            if (silent is null) return;
            if (TimeProvider.System.GetElapsedTime(began) > GreetingLimit)
            {
                Log.SilentMember(_logger, silent.Unique.Address.ToString(), GreetingLimit);
                return;
            }
            await Task.Delay(20, ended).ConfigureAwait(false);
        }
    }

    private async Task LeaveAsync()
    {
        if (_context!.Node is not { } node) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(_options.LeaveLimit);
        try
        {
            // Also alone: from now on publishes that nobody would keep are refused at once, and do not wait for regions that end.
            _nodes!.SetDraining();
            // Alone there is nobody who could take over.
            if (State != EngineState.Starting && node.View.Members.Count(static m => m.IsMember) > 1)
            {
                foreach (var component in _components) await component.LeaveAsync(limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            if (!_stop.IsCancellationRequested) Log.LeaveLimit(_logger, _options.LeaveLimit);
        }
        catch (Exception e)
        {
            // What one component could not hand over must not keep the node in the cluster.
            Log.Fault(_logger, e, "leaving");
        }
        if (_stop.IsCancellationRequested) return;
        using (var left = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
        {
            var ended = EndRegionsWithoutSuccessorAsync(node, left.Token);
            await _host.LeaveAsync(node, _regions, _stop.Token).ConfigureAwait(false);
            await left.CancelAsync().ConfigureAwait(false);
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        End();
        foreach (var component in _components) component.Stop();
    }

    // A region that hands over waits for a home of each shard that it has asked for, up to 20 s. Where no node stays there will be none;
    // with it the last of several nodes that leave together sees it only after it has begun to hand over.
    private async Task EndRegionsWithoutSuccessorAsync(ClusterNode node, CancellationToken left)
    {
        while (node.View.HasSuccessor) await Task.Delay(LeavingEvery, left).ConfigureAwait(false);
        foreach (var region in _regions) region.Tell(PoisonPill.Instance, ActorRefs.NoSender);
    }

    // Down, whatever comes: no ActorSystem follows.
    private void End()
    {
        lock (_gate) _isOver = true;
        _context!.IsOver = true;
        Decide(null);
    }

    private void OnView(ClusterView view) => Decide(view);

    private void OnNameTaken(NameTaken taken, bool byHolder)
    {
        if (_context?.Node is not { } node) return;
        if (byHolder && _host.Replaces && !_wasReady) RefuseAfterLimit(taken);
        // It is said again every 250 ms, and to each new ActorSystem.
        var now = TimeProvider.System.GetTimestamp();
        if (_nameToldAt == 0 || TimeProvider.System.GetElapsedTime(_nameToldAt, now) > NameToldEvery)
        {
            _nameToldAt = now;
            Log.NameInUse(_logger, taken.Node, taken.By);
        }
        _host.OnNameTaken(node);
    }

    // An entity would be looked for in one shard by one node and in another one by the next: this node takes none and hands over what it
    // has. One with an ActorSystem of its own does not come so far: it asks before it joins.
    private void OnShardsDiffer(Nodes.Hello there, Address address)
    {
        lock (_gate)
        {
            if (_isOver) return;
            _isOver = true;
        }
        Log.ShardsDiffer(_logger, _options.Shards, there.Shards, there.Node, address.ToString());
        End();
        _ = DrainAsync(CancellationToken.None).AsTask();
    }

    private void RefuseAfterLimit(NameTaken taken)
    {
        var now = TimeProvider.System.GetTimestamp();
        // It is said every 250 ms; after a pause the holder was gone meanwhile.
        if (_nameRefusedAt == 0 || TimeProvider.System.GetElapsedTime(_nameRefusedLast, now) > NameTakenLimit) _nameRefusedAt = now;
        _nameRefusedLast = now;
        if (TimeProvider.System.GetElapsedTime(_nameRefusedAt, now) < NameTakenLimit) return;
        _context!.Host.OnRefused(new EngineStartException(nameof(Hub.HubOptions.NodeName),
            $"The node name {taken.Node} is in use by the node at {taken.By}, which is in this cluster; each node needs a NodeName of " +
            "its own."));
    }

    private void Decide(ClusterView? view)
    {
        EngineState before, now;
        bool minority;
        lock (_gate)
        {
            if (Volatile.Read(ref _disposed) != 0) return;
            now = _isOver ? EngineState.Down : EngineStates.Of(view, view is not null && _reached
                && _context!.Node?.IsRefused == false, _wasReady);
            _wasReady |= now == EngineState.Ready;
            minority = view?.IsMinority == true && !_minority;
            _minority = view?.IsMinority == true;
            before = _context!.Exchange(now);
        }
        if (minority) Log.Minority(_logger);
        if (before != now) _context.Host.OnStateChanged(now);
    }

    private static InvalidOperationException NotStarted() => new("The engine is not started.");
}
