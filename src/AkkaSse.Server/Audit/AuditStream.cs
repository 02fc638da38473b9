using System.Threading.Channels;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Appends lines to the stream of the audit, in order, and waits while the engine is away. Lines wait in a bounded queue; what does not fit
/// is refused to whoever offers it.
/// </summary>
internal sealed partial class AuditStream(EffectiveSettings settings, IHubEdge edge, TimeProvider time, ILogger<AuditStream> logger)
{
    /// <summary>Lines that wait for the engine.</summary>
    internal const int Capacity = 8_192;

    // A line of a call that names many streams has 50 KB: as many of them as there are places would have 400 MB.
    internal const long MaxBytes = 32L << 20;

    // Of one append: about 150 KB.
    private const int Run = 512;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Channel<SseEvent> _lines = Channel.CreateBounded<SseEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });
    private long _bytes;
    private bool _isTold;

    /// <summary>False: it is full.</summary>
    internal bool Offer(string kind, string line)
    {
        if (Interlocked.Add(ref _bytes, line.Length) <= MaxBytes && _lines.Writer.TryWrite(new SseEvent { Type = kind, Data = line }))
            return true;
        Interlocked.Add(ref _bytes, -line.Length);
        return false;
    }

    /// <summary>No line comes any more; <see cref="RunAsync"/> ends when it has written those that wait.</summary>
    internal void Close() => _lines.Writer.TryComplete();

    /// <param name="end">Ends the waiting for an engine that is away.</param>
    internal async Task RunAsync(CancellationToken end)
    {
        var run = new List<SseEvent>(Run);
        try
        {
            // From the start, so that a reader need not wait for the first entry to learn that there is such a stream.
            while (!await TryAsync(CreateAsync)) await Task.Delay(Retry, time, end);
            while (await _lines.Reader.WaitToReadAsync(end))
            {
                while (run.Count < Run && _lines.Reader.TryRead(out var line)) run.Add(line);
                while (run.Count > 0)
                {
                    if (!await TryAsync(() => AppendAsync(run))) await Task.Delay(Retry, time, end);
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (run.Count + _lines.Reader.Count is > 0 and var left) LogLost(logger, left);
        }
    }

    private async ValueTask<bool> CreateAsync()
    {
        var result = await edge.CreateAuditAsync(settings.Audit.StreamOptions, CancellationToken.None);
        return result.Status is CreateStreamStatus.Created or CreateStreamStatus.Updated or CreateStreamStatus.Unchanged;
    }

    private async ValueTask<bool> AppendAsync(List<SseEvent> run)
    {
        var done = await edge.AppendToAuditAsync(run, CancellationToken.None);
        for (var i = 0; i < done; i++) Interlocked.Add(ref _bytes, -run[i].Data!.Length);
        run.RemoveRange(0, done);
        return done > 0;
    }

    private async ValueTask<bool> TryAsync(Func<ValueTask<bool>> call)
    {
        Exception? fault = null;
        try
        {
            if (await call())
            {
                _isTold = false;
                return true;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            fault = e;
        }
        // Once for each time it is away; an engine that starts is no news.
        var isAway = edge.Phase == HubPhase.Running && edge.EngineState != EngineState.Starting;
        if (!_isTold && isAway) LogAway(logger, fault);
        _isTold = isAway;
        return false;
    }

    [LoggerMessage(3140, LogLevel.Warning, "The stream of the audit cannot be written now; entries wait, and those that find no place are "
        + "counted and named when it can be written again")]
    private static partial void LogAway(ILogger logger, Exception? fault);

    [LoggerMessage(3141, LogLevel.Error, "{Count} entries of the audit are lost: the hub stops, and the engine does not take them")]
    private static partial void LogLost(ILogger logger, int count);
}
