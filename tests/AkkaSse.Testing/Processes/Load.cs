using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Shouldly;

namespace AkkaSse.Testing.Processes;

/// <summary>Publishers and readers over several nodes, and the check that nothing was lost, doubled or reordered.</summary>
public sealed class Load : IAsyncDisposable
{
    private readonly Func<IReadOnlyList<Uri>> _nodes;
    private readonly HttpClient _http = new(
        new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(20) };
    private readonly CancellationTokenSource _stopPublishing = new();
    private readonly CancellationTokenSource _stopReading = new();
    private readonly List<Task> _publishers = [];
    private readonly List<Reader> _readers = [];
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, string>> _acknowledged = new();

    /// <param name="nodes">Where the nodes are now.</param>
    public Load(Func<IReadOnlyList<Uri>> nodes) => _nodes = nodes;

    /// <summary>Publishes that were answered 202.</summary>
    public int Acknowledged => _acknowledged.Values.Sum(static a => a.Count);

    /// <summary>Those into one stream.</summary>
    public int AcknowledgedIn(string stream) => _acknowledged.TryGetValue(stream, out var acknowledged) ? acknowledged.Count : 0;

    /// <summary>Publishes that were answered 503.</summary>
    public int Refused => _refused;

    /// <summary>The longest that a 503 took.</summary>
    public TimeSpan SlowestRefusal { get; private set; }

    /// <summary>How long publishes took from the first attempt to the answer that accepted them, by when they began.</summary>
    public IEnumerable<(long Begun, TimeSpan Took)> Latencies => _latencies;

    public IReadOnlyList<string> Streams => [.. _readers.Select(static r => r.Stream).Distinct(StringComparer.Ordinal)];

    public int Readers => _readers.Count;

    public int Reconnects => _readers.Sum(static r => r.Reconnects);

    public int Gaps => _readers.Sum(static r => r.Gaps);

    private readonly ConcurrentQueue<(long Begun, TimeSpan Took)> _latencies = new();
    private readonly ConcurrentDictionary<string, Pace> _paces = new();
    private int _refused;

    /// <summary>The longest time between two acknowledged publishes into one stream so far.</summary>
    public TimeSpan LongestPause => _paces.Values.Select(static p => p.Longest).DefaultIfEmpty().Max();

    /// <summary>Begins to measure pauses anew.</summary>
    public void ForgetPauses()
    {
        foreach (var pace in _paces.Values) pace.Longest = TimeSpan.Zero;
    }

    public async Task ReadAsync(string stream, Uri first)
    {
        var reader = new Reader(stream, _nodes);
        _readers.Add(reader);
        await reader.StartAsync(first, _stopReading.Token);
    }

    /// <summary>Publishes one after the other until stopped, each with a key, and repeats what got no answer on another node.</summary>
    public void Publish(string name, IReadOnlyList<string> streams, int seed, TimeSpan? pause = null) =>
        _publishers.Add(Task.Run(async () =>
    {
        var random = new Random(seed);
        for (var i = 0; !_stopPublishing.IsCancellationRequested; i++)
        {
            await PublishAsync(streams[random.Next(streams.Count)], $"{name}/{i}", random);
            if (pause is { } p) await Task.Delay(p);
        }
    }));

    public async Task PublishAsync(string stream, string data, Random random)
    {
        var first = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var nodes = _nodes();
            var begun = TimeProvider.System.GetTimestamp();
            try
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Post, new Uri(nodes[random.Next(nodes.Count)], $"/v1/streams/{stream}/events")) { Content =
                    new StringContent(data) };
                request.Headers.Add("Idempotency-Key", data);
                using var response = await _http.SendAsync(request);
                if (response.StatusCode == HttpStatusCode.Accepted)
                {
                    using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
                    _acknowledged.GetOrAdd(stream, static _ => new())[data] = answer.RootElement.GetProperty("id").GetString()!;
                    _latencies.Enqueue((first, TimeProvider.System.GetElapsedTime(first)));
                    _paces.GetOrAdd(stream, static _ => new()).Beat();
                    return;
                }
                if (response.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
                    throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
                if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    Interlocked.Increment(ref _refused);
                    if (TimeProvider.System.GetElapsedTime(begun) is var took && took > SlowestRefusal) SlowestRefusal = took;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // No answer: the key makes it safe to repeat, as often as it takes. Whoever waits for this one has the deadline.
            }
            await Task.Delay(50);
        }
    }

    /// <summary>Ends the publishers and returns what each reader has seen so far.</summary>
    public async Task<List<(string Stream, List<(string Id, string Data)> Seen)>> StopAsync()
    {
        await _stopPublishing.CancelAsync();
        await PublishersEndAsync();
        foreach (var reader in _readers)
        {
            if (reader.Fault is { } fault) throw new InvalidOperationException($"The reader of {reader.Stream} failed.", fault);
        }
        return [.. _readers.Select(static r => (r.Stream, r.Seen.ToList()))];
    }

    /// <summary>Ends the publishers, waits until every reader has what was acknowledged, and checks.</summary>
    /// <param name="allowOthers">Whether somebody else publishes into these streams too.</param>
    public async Task<Dictionary<string, List<(string Id, string Data)>>> FinishAsync(bool allowOthers = false)
    {
        await _stopPublishing.CancelAsync();
        await PublishersEndAsync();
        var byStream = new Dictionary<string, List<(string Id, string Data)>>();
        foreach (var reader in _readers)
        {
            var expected = _acknowledged.TryGetValue(reader.Stream, out var acknowledged) ? acknowledged : [];
            await Eventually.Until(
                () => reader.Fault is not null || (reader.Seen.Count >= expected.Count
                && (!allowOthers || !expected.Keys.Except(reader.Seen.Select(static s => s.Data)).Any())),
                () => $"{expected.Count} events of {reader.Stream}; {reader.Seen.Count} came, {reader.Reconnects} reconnects",
                () => reader.Seen.Count);
            if (reader.Fault is { } fault) throw new InvalidOperationException($"The reader of {reader.Stream} failed.", fault);
            var seen = reader.Seen.ToList();
            // Tens of thousands of events at full counts: nothing here may look at each for each.
            var ids = new Dictionary<string, string>();
            foreach (var (id, data) in seen) ids.TryAdd(data, id).ShouldBeTrue($"{reader.Stream}: {data} came as {id} and before");
            foreach (var (data, id) in expected) ids.GetValueOrDefault(data).ShouldBe(id, $"{reader.Stream}: {data}");
            if (!allowOthers) seen.Count.ShouldBe(expected.Count, $"{reader.Stream}: events that nobody published");
            seen.Select(static s => long.Parse(s.Id.Split('-')[0], null)).SequenceEqual(
                Enumerable.Range(1, seen.Count).Select(static i => (long)i)).ShouldBeTrue($"{reader.Stream}: dense and in order");
            if (byStream.TryGetValue(reader.Stream, out var before))
            {
                var common = Math.Min(before.Count, seen.Count);
                seen.Take(common).SequenceEqual(before.Take(common)).ShouldBeTrue($"two readers of {reader.Stream}");
                if (before.Count >= seen.Count) continue;
            }
            byStream[reader.Stream] = seen;
        }
        return byStream;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopPublishing.CancelAsync();
        await _stopReading.CancelAsync();
        foreach (var reader in _readers) await reader.DisposeAsync();
        _http.Dispose();
        _stopPublishing.Dispose();
        _stopReading.Dispose();
    }

    /// <summary>Reads a stream's whole history from every node; it must be what the readers have seen.</summary>
    public async Task ReplayAsync(string stream, IReadOnlyList<(string Id, string Data)> expected)
    {
        foreach (var url in _nodes())
        {
            await using var reader = await RawSseClient.OpenAsync(url, $"/v1/streams/{stream}/events?since=earliest");
            foreach (var (id, data) in expected)
            {
                var e = await reader.NextEventAsync();
                if (e.Id != id || e.Data != data) (e.Id, e.Data).ShouldBe((id, data), $"the history of {stream} at {url}");
            }
        }
    }

    // Each first has the event that it is about accepted.
    private Task PublishersEndAsync()
    {
        var all = Task.WhenAll(_publishers);
        return Eventually.Until(
            () => all.IsCompleted, () => $"the publishers to end; {_publishers.Count(static p => !p.IsCompleted)} have not",
            () => Acknowledged);
    }

    private sealed class Pace
    {
        private long _last;

        private readonly Lock _gate = new();

        internal TimeSpan Longest { get; set; }

        internal void Beat()
        {
            lock (_gate)
            {
                var now = TimeProvider.System.GetTimestamp();
                if (_last != 0 && TimeProvider.System.GetElapsedTime(_last, now) is var pause && pause > Longest) Longest = pause;
                _last = now;
            }
        }
    }

    private sealed class Reader(string stream, Func<IReadOnlyList<Uri>> nodes) : IAsyncDisposable
    {
        private RawSseClient? _client;
        private Task? _reading;

        internal string Stream => stream;

        internal ConcurrentQueue<(string Id, string Data)> Seen { get; } = new();

        internal int Reconnects { get; private set; }

        internal int Gaps { get; private set; }

        internal Exception? Fault { get; private set; }

        internal async Task StartAsync(Uri first, CancellationToken stopped)
        {
            _client = await RawSseClient.OpenAsync(first, $"/v1/streams/{stream}/events?since=earliest");
            _reading = Task.Run(() => ReadAsync(stopped), CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            if (_client is { } client) await client.DisposeAsync();
            if (_reading is { } reading) await reading;
        }

        private async Task ReadAsync(CancellationToken stopped)
        {
            string? last = null;
            var random = new Random(stream.GetHashCode(StringComparison.Ordinal));
            while (!stopped.IsCancellationRequested)
            {
                try
                {
                    _client ??= await RawSseClient.OpenAsync(
                        nodes()[random.Next(nodes().Count)], $"/v1/streams/{stream}/events?since=earliest", last is null
                        ? []
                        : [$"Last-Event-ID: {last}"]);
                    if (_client.Head.Status != 200) throw new IOException($"status {_client.Head.Status}");
                    while (await _client.ReadAsync(stopped) is { } block)
                    {
                        if (block.Id is { } id) last = id;
                        if (block.Type == "hub.gap") Gaps++;
                        if (block.Type?.StartsWith("hub.", StringComparison.Ordinal) != true && block.Data is { } data)
                            Seen.Enqueue((block.Id!, data));
                    }
                }
                catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException
                    or TimeoutException)
                {
                    // The node is gone: the next one has the rest.
                }
                catch (Exception e)
                {
                    Fault = e;
                    return;
                }
                if (stopped.IsCancellationRequested) return;
                if (_client is { } client) await client.DisposeAsync();
                _client = null;
                Reconnects++;
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }
}
