using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Protocol;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// Group commit: each lane commits whatever is pending of its share of the streams, on its own connection, one commit at a time; so the
/// order of a stream is the order of arrival. Streams that somebody else has locked are moved to a lane of their own, and the others go on.
/// </summary>
internal sealed class Appender
{
    // The lane apart looks at the time itself.
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromMilliseconds(100);

    private readonly HubOptions _hub;
    private readonly TimeProvider _time;
    private readonly AppendLane[] _lanes;
    private readonly AppendLane _stuck;
    private readonly Lock _gate = new();
    // Streams whose publishes wait apart, with how many do.
    private readonly Dictionary<string, int> _apart = new(StringComparer.Ordinal);
    private readonly ILogger _logger;

    internal Appender(PostgresOptions options, Database database, EngineClock clock, IEngineHost host, Follower follower, Notifier notifier,
        Action<string, SseEvent> transient, Action<string> broken, ILogger logger)
    {
        _hub = host.Options;
        _time = host.Time;
        _logger = logger;
        Transaction = new AppendTransaction(host.Options, clock, options.LockTimeout);
        Committed = plan => Announce(plan, clock, follower, notifier, transient);
        _lanes = [.. Enumerable.Range(0, options.Appenders).Select(
            _ => new AppendLane(this, options, database, broken, logger, isStuck: false))];
        _stuck = new AppendLane(this, options, database, broken, logger, isStuck: true);
    }

    /// <summary>A timestamp of the hub's clock, as deadlines of publishes are.</summary>
    internal long Now => _time.GetTimestamp();

    internal AppendTransaction Transaction { get; }

    /// <summary>After a commit: readers here, then other nodes.</summary>
    internal Action<AppendPlan> Committed { get; }

    internal IEnumerable<Task> Run(CancellationToken stopped) =>
        [.. _lanes.Select(l => l.RunAsync(stopped)), _stuck.RunAsync(stopped), ExpireAsync(stopped)];

    internal Task AppendAsync(string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results)
    {
        var append = new PendingAppend(stream, items, results, Now + (long)(_hub.PublishTimeout.TotalSeconds * _time.TimestampFrequency));
        lock (_gate)
        {
            // Under the gate, so that nothing overtakes a move to the lane apart.
            var apart = _apart.TryGetValue(stream, out var waiting);
            if ((apart ? _stuck : _lanes[(int)((uint)PgNames.HashOf(stream) % (uint)_lanes.Length)]).TryAdd(append))
            {
                if (apart) _apart[stream] = waiting + 1;
                return append.Done.Task;
            }
        }
        append.Fail(PublishStatus.Unavailable, "Too much waits for the database; nothing was appended.");
        return append.Done.Task;
    }

    /// <summary>
    /// The database is away: what waits was certainly not appended and is refused now. It stands behind commits whose answers were lost,
    /// which are asked for until their publishes' time is over.
    /// </summary>
    internal void RefuseWaiting()
    {
        var waiting = _lanes.SelectMany(static l => l.TakeAll()).ToList();
        var apart = _stuck.TakeAll();
        foreach (var append in waiting.Concat(apart)) append.Fail(PublishStatus.Unavailable, "The database is away; nothing was appended.");
        foreach (var append in apart) DoneApart(append.Stream);
    }

    /// <summary>From a lane: these wait apart, and with them everything of their streams that is still to come.</summary>
    internal void MoveApart(IReadOnlyList<PendingAppend> appends, AppendLane from)
    {
        Log.StreamLocked(_logger);
        lock (_gate)
        {
            var streams = appends.Select(static a => a.Stream).ToHashSet(StringComparer.Ordinal);
            foreach (var append in appends.Concat(from.TakeOf(streams)))
            {
                _apart[append.Stream] = _apart.GetValueOrDefault(append.Stream) + 1;
                _stuck.Add(append);
            }
        }
    }

    /// <summary>From the lane apart: so many publishes of the stream are done.</summary>
    internal void DoneApart(string stream)
    {
        lock (_gate)
        {
            if (--_apart[stream] == 0) _apart.Remove(stream);
        }
    }

    private async Task ExpireAsync(CancellationToken stopped)
    {
        while (true)
        {
            await Task.Delay(ExpiryInterval, stopped).ConfigureAwait(false);
            foreach (var lane in _lanes) lane.Expire(Now);
        }
    }

    private static void Announce(
        AppendPlan plan, EngineClock clock, Follower follower, Notifier notifier, Action<string, SseEvent> transient)
    {
        foreach (var change in plan.Changes)
        {
            if (change.Events.Count > 0)
            {
                var events = change.Events.ConvertAll(
                    e => e with { At = clock.ToNode(e.At), Expiry = e.Expiry == 0 ? 0 : clock.ToNode(e.Expiry) });
                follower.OnCommitted(change.Row, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(events));
                notifier.Changed(PgNames.HashOf(change.Row.Name), change.Row.Head);
            }
            if (change.Revived) notifier.Changed(PgNames.HashOf(change.Row.Name), -1);
            foreach (var e in change.Transients) transient(change.Row.Name, e);
        }
    }
}
