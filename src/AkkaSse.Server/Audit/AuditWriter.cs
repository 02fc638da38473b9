using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Brings entries from the queue to the log and to the stream, in batches and beside the requests. Entries that found no place are named
/// by an entry of their own.
/// </summary>
internal sealed partial class AuditWriter : BackgroundService
{
    // The time in which equal refusals are gathered.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);

    // Between two looks at the queue: it has to fill 8 192 places meanwhile to be full.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    // How long the end of the process waits for an engine that is away.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    private readonly AuditQueue _queue;
    private readonly AuditStream? _stream;
    private readonly ILogger? _log;
    private readonly TimeProvider _time;
    private readonly string _node;
    private readonly AuditBatch _batch = new();
    private long _taken;
    private readonly CancellationTokenSource _end = new();

    public AuditWriter(
        AuditQueue queue, AuditStream stream, EffectiveSettings settings, IHubEdge edge, TimeProvider time, ILoggerFactory loggers)
    {
        (_queue, _time, _node) = (queue, time, edge.Options.NodeName);
        _stream = settings.Audit.Stream ? stream : null;
        _log = settings.Audit.Log ? loggers.CreateLogger("AkkaSse.Audit") : null;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The hub has drained, and the last connections have ended.
        _queue.Close();
        _end.CancelAfter(StopTimeout);
        if (ExecuteTask is { } running) await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _end.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(GatherAsync(), _stream?.RunAsync(_end.Token) ?? Task.CompletedTask);

    // Ends when the queue is closed.
    private async Task GatherAsync()
    {
        while (await _queue.Entries.WaitToReadAsync())
        {
            var from = _time.GetTimestamp();
            do
            {
                Drain();
                // A batch is written when nobody else comes, too: the process may be about to end.
                if (_queue.Entries.Completion.IsCompleted || _batch.Count >= AuditQueue.Capacity) break;
                await Task.Delay(Look, _time);
            }
            while (_time.GetElapsedTime(from) < Gather);
            Drain();
            Write();
            while (_queue.Dropped > 0 && !NameDropped() && !_queue.Entries.TryPeek(out _) && !_end.IsCancellationRequested)
                await Task.Delay(Gather, _time);
        }
        NameDropped();
        _stream?.Close();
    }

    private void Drain()
    {
        while (_batch.Count < AuditQueue.Capacity && _queue.Entries.TryRead(out var entry))
        {
            _taken += AuditQueue.SizeOf(entry);
            _batch.Add(entry);
        }
    }

    private void Write()
    {
        foreach (var (entry, calls) in _batch.All)
        {
            var line = AuditJson.Write(entry, _node, calls);
            var kind = AuditJson.Name(entry.Kind);
            if (_log is not null) LogEntry(_log, kind, line);
            if (_stream?.Offer(kind, line) == false) _queue.Drop(calls ?? 1);
        }
        _batch.Clear();
        _queue.Release(_taken);
        _taken = 0;
        if (_queue.Dropped > 0) NameDropped();
    }

    // The place of the line that names them may be missing, too: they are named later then.
    private bool NameDropped()
    {
        var count = _queue.Dropped;
        if (count == 0) return true;
        var line = AuditJson.WriteDropped(_time.GetUtcNow(), _node, count);
        if (_stream?.Offer(AuditJson.Dropped, line) == false) return false;
        if (_log is not null) LogEntry(_log, AuditJson.Dropped, line);
        _queue.Named(count);
        return true;
    }

    // The entry as one value of ASCII: no name in it begins a line of its own.
    [LoggerMessage(3142, LogLevel.Information, "Audit {Kind}: {Entry}")]
    private static partial void LogEntry(ILogger logger, string kind, string entry);
}
