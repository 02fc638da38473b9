using System.Collections.Concurrent;
using Akka.Actor;
using AkkaSse.Cluster.Batching;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Replication;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// Logs over the cluster. Each stream has an owner, an entity that any node finds by the stream's name; this node talks with it directly
/// once it knows it.
/// </summary>
internal sealed class AkkaStreams : IRunKeyEngine, IClusterComponent
{
    /// <summary>What a message between nodes takes besides its events: Akka's envelope, names of actors, a stream's name.</summary>
    internal const int EnvelopeBytes = 64 << 10;

    private static readonly TimeSpan CareInterval = TimeSpan.FromSeconds(1);

    private readonly EngineContext _context;
    private readonly ConcurrentDictionary<string, NodeStream> _streams = new(StringComparer.Ordinal);
    private readonly LogBudget _budget;
    private readonly ColdCache _cache;
    private readonly UncleanCopies<StreamState> _unclean = new();
    private readonly ITimer _care;
    private volatile StreamContext? _running;
    private IActorRef _replicas = ActorRefs.Nobody;
    private long _ids;
    private volatile bool _stopped;

    internal AkkaStreams(EngineContext context)
    {
        _context = context;
        // Half for the copies of logs that this node holds, half for those that its readers read.
        _budget = new LogBudget(context.Host.Options, parts: 2);
        _cache = new ColdCache(context.Options.HistoryCacheBytes);
        AnswerTimeout = Math.Max(AppendTimeout, (long)context.Host.Options.PublishTimeout.TotalMilliseconds);
        _care = context.Time.CreateTimer(static s => ((AkkaStreams)s!).Care(), this, CareInterval, CareInterval);
    }

    /// <summary>How long something waits for an owner, in milliseconds.</summary>
    internal long AppendTimeout => (long)_context.Options.AppendTimeout.TotalMilliseconds;

    /// <summary>How long an owner may take to answer, in milliseconds.</summary>
    internal long AnswerTimeout { get; }

    internal bool AutoCreate => _context.Host.Options.AutoCreate;

    /// <summary>Largest message of events.</summary>
    internal long MostBytes => _context.MaxFrameBytes - EnvelopeBytes;

    internal StreamContext? Running => _running;

    /// <inheritdoc cref="EngineContext.LeavesNothingBehind"/>
    internal bool LeavesNothingBehind => _context.LeavesNothingBehind;

    /// <summary>Of what this node's readers read, and of the copies that it holds for the cluster.</summary>
    internal long LogBytes => _budget.Used + (_running?.CopyBytes ?? 0);

    private static Props Turns(Props props) => props.WithDispatcher(TurnExecutorConfigurator.Dispatcher);

    internal long NextId() => Interlocked.Increment(ref _ids);

    public IReadOnlyList<IActorRef> Start(ClusterNode node)
    {
        var kind = new StreamKind(_context.Host.Options)
        {
            Options = new ReplicationOptions
            {
                Voters = _context.Options.Backups + 1,
                RecoveryLimit = (long)_context.Options.RecoveryLimit.TotalMilliseconds,
            },
        };
        var running = new StreamContext(node, new ReplicaPeers(node, kind.HostName), kind, new StreamCensus(_context.Host.Options)
        {
            CopiesOfEach = _context.Options.Backups + 1,
        }) { AnswerTimeout = AnswerTimeout };
        _replicas = node.System.ActorOf(Turns(Props.Create<StreamReplicas>(running, _unclean)), kind.HostName);
        running.Region = node.StartRegion("streams", name => Turns(Props.Create<StreamOwner>(name, running)), StopOwner.Instance);
        _running = running;
        foreach (var (_, stream) in _streams) stream.Connect();
        return [running.Region];
    }

    public async Task LeaveAsync(CancellationToken cancellation)
    {
        // The owners hear of it from the membership, and move what this node votes for.
        while (_running is { } running && _context.Options.HostsStreams)
        {
            if (!running.Node.View.HasSuccessor)
            {
                Log.NoSuccessor(_context.Logger);
                return;
            }
            var votes = await VotesAsync(_replicas, cancellation).ConfigureAwait(false);
            if (votes == 0) return;
            Log.VotesHeld(_context.Logger, votes);
            await Task.Delay(100, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>In how many logs a replica host has a vote; many when it is too busy to say.</summary>
    internal static async Task<int> VotesAsync(IActorRef replicas, CancellationToken cancellation)
    {
        try
        {
            return await replicas.Ask<int>(CountVotes.Instance, TimeSpan.FromSeconds(5), cancellation).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return int.MaxValue;
        }
    }

    public void Stop()
    {
        _running = null;
        _replicas = ActorRefs.Nobody;
        foreach (var (_, stream) in _streams) stream.Release();
    }

    /// <summary>The engine ends for good.</summary>
    internal void End()
    {
        _stopped = true;
        _care.Dispose();
        foreach (var (_, stream) in _streams) stream.Close(PublishStatus.Closed, "The hub has stopped.");
    }

    public ValueTask AppendAsync(
        string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (items.Length == 0) return ValueTask.CompletedTask;
        while (true)
        {
            if (_stopped || !_context.IsServing || _context.LeavesNothingBehind)
            {
                results.Span[..items.Length].Fill(Refusal());
                return ValueTask.CompletedTask;
            }
            if (Of(stream).TryAppend(items, results) is { } appended) return new(appended);
        }
    }

    private AppendResult Refusal() => _stopped || _context.IsOver
        ? new AppendResult(PublishStatus.Closed, StreamPosition.BeforeFirst) { Error = "The hub has stopped." }
        : new AppendResult(PublishStatus.Unavailable, StreamPosition.BeforeFirst)
        {
            Error = _context.LeavesNothingBehind ? NoOwner : $"The cluster is {_context.State} on this node; nothing was appended.",
        };

    /// <summary>Why an append that waited for an owner was given to none.</summary>
    internal string NoOwner => _context.LeavesNothingBehind
        ? "This node is leaving, and no node stays that could keep the event; nothing was appended."
        : "The stream has no owner that can be reached now; nothing was appended.";

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        // Nothing is decided without the owner.
        result = default;
        return false;
    }

    public async ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation)
    {
        var (defaults, budget) = (_context.Host.Options.DefaultsOf(stream), _budget.Of(stream));
        while (true)
        {
            var of = Of(stream);
            var followed = new FollowedStream(of, sink, defaults, budget, _cache, e => Log.Fault(_context.Logger, e, "read of history"));
            if (!of.TryFollow(followed))
            {
                if (_stopped) return followed;
                continue;
            }
            try
            {
                await followed.SyncAsync(cancellation).ConfigureAwait(false);
                return followed;
            }
            catch
            {
                await followed.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    public async ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        var question = new StreamQuestion(NextId(), StreamAsk.Read) { Text = after?.Epoch, From = after?.Offset ?? 0, Limit = limit };
        var answer = await AskAsync(stream, question, cancellation).ConfigureAwait(false);
        if (answer is not { Status: not (byte)HistoryState.NoStream, Header: { } header })
            return new HistoryPage
            {
                State = answer is null ? HistoryState.Unavailable : HistoryState.NoStream,
                Events = [],
                Head = StreamPosition.BeforeFirst,
            };
        var events = new List<HistoryEvent>(Math.Min(limit, 1000));
        foreach (var run in ReadRun.Of(answer.Runs))
        {
            foreach (var e in run.Events)
            {
                var expiry = e.Expiry != 0 ? e.Expiry : header.Options.Ttl is { } ttl ? e.At + (long)ttl.TotalMilliseconds : 0;
                if (expiry != 0 && expiry <= answer.Number) continue;
                events.Add(HistoryEvent.Of(header.Epoch, e));
            }
        }
        return new HistoryPage
        {
            State = (HistoryState)answer.Status,
            Events = events,
            Head = new StreamPosition(header.Epoch, header.Head),
            First = header.First,
            HasMore = answer.More,
        };
    }

    public async ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        if (StreamRules.CheckForSeveralNodes(options) is { } fault) return new CreateStreamResult(CreateStreamStatus.Invalid, null, fault);
        if (await AskAsync(stream, new StreamQuestion(NextId(), StreamAsk.Create) { Options = options }, cancellation)
            .ConfigureAwait(false) is not { } answer)
            return new CreateStreamResult(CreateStreamStatus.Unavailable, null, _stopped
                ? "The hub has stopped."
                : "The stream has no owner that can be reached now.");
        var status = (CreateStreamStatus)answer.Status;
        return status == CreateStreamStatus.LimitReached
            ? new CreateStreamResult(
                status, null, answer.Error ?? $"There are {_context.Host.Options.MaxStreams} streams, the most allowed.")
            : new CreateStreamResult(status, answer.Header!.Info(stream));
    }

    public ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation) =>
        DoneAsync(stream, StreamAsk.Remove, cancellation);

    public ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation) =>
        DoneAsync(stream, StreamAsk.Clear, cancellation);

    public async ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation)
    {
        // A stream with readers here is followed.
        if (_streams.TryGetValue(stream, out var of) && of.IsKnownToExist) return new(true);
        return (await HeaderAsync(stream, cancellation).ConfigureAwait(false)).Select(static header => header.Present);
    }

    public async ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation) =>
        (await HeaderAsync(stream, cancellation).ConfigureAwait(false)).Select(
            header => header.Present ? header.Info(stream) : null);

    public async ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation) =>
        (await HeaderAsync(stream, cancellation).ConfigureAwait(false)).Select(
            header => header is { Present: false, RemovedExplicitly: true }
                && _context.Time.GetUtcNow().ToUnixTimeMilliseconds() - header.ChangedAt
                < (long)_context.Host.Options.RemovedStreamMemory.TotalMilliseconds);

    public async ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation) =>
        _running is { } running && _context.IsServing
            ? await StreamLists.ListAsync(running, prefix ?? "", after, limit, cancellation).ConfigureAwait(false)
            : default;

    /// <summary>Streams in the cluster, as far as this node knows.</summary>
    internal int Count => _running?.Census.Streams ?? 0;

    /// <summary>What the sweeps of this node would do at their own time.</summary>
    internal Task SweepAsync() => _running is null ? Task.CompletedTask : _replicas.Ask(SweepNow.Instance, TimeSpan.FromSeconds(30));

    /// <summary>From a stream, under its lock: its actor in the present ActorSystem, or null when there is none.</summary>
    internal IActorRef? Begin(NodeStream stream)
    {
        if (_running is not { } running) return null;
        try
        {
            return running.Node.System.ActorOf(Turns(Props.Create<NodeStreamActor>(stream, running)), $"akkasse-stream-{NextId()}");
        }
        catch (InvalidOperationException)
        {
            // The ActorSystem is ending; the next one begins with the streams that are used.
            return null;
        }
    }

    /// <summary>From a stream that nobody uses any more.</summary>
    internal void End(NodeStream stream) => _streams.TryRemove(new KeyValuePair<string, NodeStream>(stream.Name, stream));

    internal NodeStream Of(string name)
    {
        while (true)
        {
            var stream = _streams.GetOrAdd(name, static (n, self) => new NodeStream(n, self), this);
            if (!stream.IsClosed || _stopped) return stream;
            End(stream);
        }
    }

    private async ValueTask<EngineAnswer<StreamHeader>> HeaderAsync(string stream, CancellationToken cancellation) =>
        await AskAsync(stream, new StreamQuestion(NextId(), StreamAsk.Header), cancellation).ConfigureAwait(false) is { Header: { } header }
            ? new(header)
            : default;

    private async ValueTask<EngineAnswer<bool>> DoneAsync(string stream, StreamAsk ask, CancellationToken cancellation) =>
        await AskAsync(stream, new StreamQuestion(NextId(), ask), cancellation).ConfigureAwait(false) is { } answer
            ? new(answer.Status == 1)
            : default;

    // Null: nobody can say now. Never an exception.
    private async ValueTask<StreamAnswer?> AskAsync(string stream, StreamQuestion question, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        while (!_stopped && _context.IsServing)
        {
            var work = new AskWork(question, ReplicaPeers.Now + AppendTimeout);
            if (Of(stream).TryAsk(work)) return await work.Done.ConfigureAwait(false);
        }
        return null;
    }

    // The owners keep what is dropped here.
    private void Care() => _budget.Shrink(
        _streams.SelectMany(static s => s.Value.Followed).Select(static f => f.Log), _context.Time.GetUtcNow().ToUnixTimeMilliseconds());
}
