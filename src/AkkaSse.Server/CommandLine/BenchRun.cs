using System.Diagnostics;
using System.Globalization;
using AkkaSse.Client;
using AkkaSse.Protocol;
using AkkaSse.Server.Hosting;
using Spectre.Console;

namespace AkkaSse.Server.CommandLine;

/// <summary>One run of <c>bench</c>.</summary>
internal sealed class BenchRun
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ArriveLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private const int PipeWidth = 1_000;

    private readonly LatencyHistogram _latency = new();
    private readonly TaskCompletionSource _allOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;
    private long _acknowledged;
    private long _delivered;
    private long _outOfOrder;
    private long _gaps;

    internal required Uri Url { get; init; }
    internal required string? Token { get; init; }
    internal required string Stream { get; init; }
    internal required int Readers { get; init; }
    internal required int Publishers { get; init; }
    internal required int Rate { get; init; }
    internal required int Size { get; init; }
    internal required TimeSpan Duration { get; init; }

    internal async Task<int> RunAsync(CancellationToken cancellation)
    {
        // Lines in a file or a pipe have no width to be wrapped to, and no colours.
        if (Console.IsOutputRedirected) (AnsiConsole.Profile.Width, AnsiConsole.Profile.Capabilities.Ansi) = (PipeWidth, false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = int.MaxValue,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        };
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var readers = Enumerable.Range(0, Readers).Select(_ => ReadAsync(http, stop.Token)).ToList();
        try
        {
            var failed = Task.WhenAny(readers);
            if (await Task.WhenAny(_allOpen.Task, failed, Task.Delay(ConnectLimit, cancellation)) != _allOpen.Task)
            {
                var reason = failed.IsCompleted ? ": " + (await failed).Exception?.InnerException?.Message : "";
                AnsiConsole.MarkupLineInterpolated($"[red]{Volatile.Read(ref _open)} of {Readers} readers connected[/]{reason}");
                return ExitCodes.Failed;
            }
            var elapsed = await PublishAsync(http, cancellation);
            await ArriveAsync(cancellation);
            return Report(elapsed);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is SseHubClientException or SseClientException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"akkasse: {e.Message}");
            return ExitCodes.Failed;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(readers).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ReadAsync(HttpClient http, CancellationToken cancellation)
    {
        await using var client = new SseClient(new SseClientOptions
        {
            Url = SubscribeCommand.Target(Url, [Stream], null),
            HttpClient = http,
            TokenProvider = Token is null ? null : (_, _) => ValueTask.FromResult<string?>(Token),
        });
        var next = new long[Publishers];
        var opened = false;
        await foreach (var notification in client.WatchAsync(cancellation))
        {
            switch (notification)
            {
                case HubOpened when !opened:
                    opened = true;
                    if (Interlocked.Increment(ref _open) == Readers) _allOpen.TrySetResult();
                    break;
                case HubGap:
                    Interlocked.Increment(ref _gaps);
                    break;
                case SseEventReceived { Event.Data: { } data }:
                    Arrived(data, next);
                    break;
                case SseClosed { Error: { } error }:
                    throw error;
            }
        }
    }

    // "publisher number timestamp padding", all of this process: one clock on both ends.
    private void Arrived(string data, long[] next)
    {
        var parts = data.AsSpan();
        Span<Range> fields = stackalloc Range[4];
        if (parts.Split(fields, ' ') < 3 || !int.TryParse(parts[fields[0]], out var publisher) || (uint)publisher >= (uint)next.Length
            || !long.TryParse(parts[fields[1]], out var number) || !long.TryParse(parts[fields[2]], out var sent)) return;
        _latency.Add(Stopwatch.GetElapsedTime(sent));
        if (number != next[publisher]) Interlocked.Increment(ref _outOfOrder);
        next[publisher] = number + 1;
        Interlocked.Increment(ref _delivered);
    }

    private async Task<TimeSpan> PublishAsync(HttpClient http, CancellationToken cancellation)
    {
        await using var publisher = new SseHubClient(new SseHubClientOptions
        {
            BaseAddress = Url,
            HttpClient = http,
            TokenProvider = Token is null ? null : (_, _) => ValueTask.FromResult<string?>(Token),
        });
        var start = Stopwatch.GetTimestamp();
        var table = new Table().AddColumns("seconds", "published/s", "delivered/s", "p50 ms", "p99 ms");
        var publishing = Task.WhenAll(Enumerable.Range(0, Publishers).Select(i => PublishAsync(publisher, i, start, cancellation)));
        if (Console.IsOutputRedirected)
        {
            await publishing;
            return Stopwatch.GetElapsedTime(start);
        }
        await AnsiConsole.Live(table).StartAsync(async live =>
        {
            using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1));
            long published = 0, delivered = 0;
            while (!publishing.IsCompleted && await tick.WaitForNextTickAsync(cancellation))
            {
                var (p, d) = (Interlocked.Read(ref _acknowledged), Interlocked.Read(ref _delivered));
                table.AddRow(Text(Stopwatch.GetElapsedTime(start).TotalSeconds), Text(p - published), Text(d - delivered),
                    Milliseconds(0.5), Milliseconds(0.99));
                (published, delivered) = (p, d);
                live.Refresh();
            }
        });
        await publishing;
        return Stopwatch.GetElapsedTime(start);
    }

    private async Task PublishAsync(SseHubClient client, int publisher, long start, CancellationToken cancellation)
    {
        var padding = new string('x', Size);
        var interval = Rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)Publishers / Rate);
        for (var number = 0L; Stopwatch.GetElapsedTime(start) < Duration; number++)
        {
            // By the schedule, not by the last answer: a slow server must not slow the clock that measures it.
            var early = (interval * number) - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.FromMilliseconds(1)) await Task.Delay(early, cancellation);
            var text = string.Create(CultureInfo.InvariantCulture, $"{publisher} {number} {Stopwatch.GetTimestamp()} ");
            var e = new SseEvent { Data = text.Length >= Size ? text : text + padding[..(Size - text.Length)] };
            (await client.PublishAsync(Stream, e, cancellation: cancellation)).EnsureAccepted();
            Interlocked.Increment(ref _acknowledged);
        }
    }

    private async Task ArriveAsync(CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(Poll);
        while (Interlocked.Read(ref _delivered) < Interlocked.Read(ref _acknowledged) * Readers
            && Stopwatch.GetElapsedTime(start) < ArriveLimit)
            await tick.WaitForNextTickAsync(cancellation);
    }

    private int Report(TimeSpan elapsed)
    {
        var expected = _acknowledged * Readers;
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{Text(_acknowledged)}[/] published, [bold]{Text(_delivered)}[/] of {Text(expected)} delivered to {Readers} readers");
        var (p50, p99, p999) = (Milliseconds(0.5), Milliseconds(0.99), Milliseconds(0.999));
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{Text(_delivered / elapsed.TotalSeconds)}[/] deliveries/s; latency p50 {p50} ms, p99 {p99} ms, p99.9 {p999} ms");
        AnsiConsole.MarkupLineInterpolated($"{_outOfOrder} out of order, {_gaps} gaps, {Text(expected - _delivered)} missing");
        return expected == _delivered && _outOfOrder == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private string Milliseconds(double part) => _latency.Percentile(part).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Text(double number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
